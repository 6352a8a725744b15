/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/tar.h"

#define NAME_MAX_USTAR 100
#define PREFIX_MAX_USTAR 155

/* POSIX.1-1988 ustar. */
struct header {
        char name[NAME_MAX_USTAR];
        char mode[8];
        char uid[8];
        char gid[8];
        char size[12];
        char mtime[12];
        char checksum[8];
        char type;
        char link[100];
        char magic[6];
        char version[2];
        char user[32];
        char group[32];
        char major[8];
        char minor[8];
        char prefix[PREFIX_MAX_USTAR];
        char padding[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a tar header is one block");

static bool is_ascii(const char *s) {
        for (; *s; s++)
                if ((unsigned char)*s >= 0x80)
                        return false;
        return true;
}

static void put_octal(char *to, size_t size, uint64_t v) {
        to[size - 1] = '\0';
        for (size_t i = size - 1; i-- > 0; v /= 8)
                to[i] = (char)('0' + v % 8);
}

/* Zeroes everything and fills what all headers share. */
static void header_init(struct header *h, char type, unsigned mode, uint64_t size) {
        *h = (struct header){.type = type};
        put_octal(h->mode, sizeof(h->mode), mode);
        put_octal(h->uid, sizeof(h->uid), 0);
        put_octal(h->gid, sizeof(h->gid), 0);
        put_octal(h->size, sizeof(h->size), size);
        put_octal(h->mtime, sizeof(h->mtime), 0);
        memcpy(h->magic, "ustar", 6);
        memcpy(h->version, "00", 2);
}

static void add_header(struct buf *b, struct header *h) {
        unsigned sum = 0;
        memset(h->checksum, ' ', sizeof(h->checksum));
        for (size_t i = 0; i < sizeof(*h); i++)
                sum += ((const unsigned char *)h)[i];
        put_octal(h->checksum, 7, sum);
        buf_add(b, h, sizeof(*h));
}

size_t tar_padding(uint64_t size) {
        return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

/* Where USTAR splits a long name into prefix and name: the index of a slash, or 0. */
static size_t split_at(const char *name) {
        size_t len = strlen(name);
        size_t last = len > PREFIX_MAX_USTAR + 1 ? PREFIX_MAX_USTAR + 1 : len;
        while (last > 0 && name[last - 1] != '/')
                last--;
        if (last <= 1)
                return 0;
        size_t rest = len - last;
        return rest == 0 || rest > NAME_MAX_USTAR ? 0 : last - 1;
}

/* The name of a PAX header: "PaxHeaders.0" put before the last part; bytes beyond ASCII dropped, cut, no slash last. */
static void put_pax_name(char to[NAME_MAX_USTAR], const char *name) {
        const char *slash = strrchr(name, '/');
        const char *parts[] = {name, "PaxHeaders.0/", slash ? slash + 1 : name};
        size_t lengths[] = {slash ? (size_t)(slash + 1 - name) : 0, strlen(parts[1]), strlen(parts[2])};
        size_t at = 0;
        for (size_t part = 0; part < ARRAY_LEN(parts); part++)
                for (size_t i = 0; i < lengths[part] && at < NAME_MAX_USTAR; i++)
                        if ((unsigned char)parts[part][i] < 0x80)
                                to[at++] = parts[part][i];
        while (at > 0 && to[at - 1] == '/')
                to[--at] = '\0';
}

/* "<length> path=<name>\n", where the length counts its own digits. */
static void add_pax(struct buf *b, const char *name) {
        size_t rest = strlen(" path=\n") + strlen(name), total = rest + 1;
        for (;;) {
                char digits[24];
                size_t with_digits = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", total);
                if (with_digits == total)
                        break;
                total = with_digits;
        }
        struct header h;
        header_init(&h, 'x', 0, total);
        put_pax_name(h.name, name);
        add_header(b, &h);
        buf_addf(b, "%zu path=%s\n", total, name);
        char *zero = buf_reserve(b, tar_padding(total));
        if (zero) {
                memset(zero, 0, tar_padding(total));
                b->len += tar_padding(total);
        }
}

/* The ASCII bytes of a name, cut to the field; a slash where it was cut would read as a directory. */
static void put_plain_name(char to[NAME_MAX_USTAR], const char *name) {
        size_t at = 0;
        const char *s = name;
        for (; *s && at < NAME_MAX_USTAR; s++)
                if ((unsigned char)*s < 0x80)
                        to[at++] = *s;
        while (*s && (unsigned char)*s >= 0x80)
                s++;
        if (*s)
                while (at > 0 && to[at - 1] == '/')
                        to[--at] = '\0';
}

void tar_header(struct buf *b, const struct tar_entry *entry) {
        struct header h;
        size_t len = strlen(entry->name), split = 0;
        bool ascii = is_ascii(entry->name);
        if (ascii && len > NAME_MAX_USTAR)
                split = split_at(entry->name);
        if (!ascii || (len > NAME_MAX_USTAR && split == 0))
                add_pax(b, entry->name);
        header_init(&h, entry->directory ? '5' : '0', entry->mode, entry->directory ? 0 : entry->size);
        put_octal(h.major, sizeof(h.major), 0);
        put_octal(h.minor, sizeof(h.minor), 0);
        if (split) {
                memcpy(h.prefix, entry->name, split);
                memcpy(h.name, entry->name + split + 1, len - split - 1);
        } else {
                put_plain_name(h.name, entry->name);
        }
        add_header(b, &h);
}
