/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/signature.h"

#include "data/base64.h"

#define ARMOR_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define ARMOR_END "-----END PGP PUBLIC KEY BLOCK-----"

/* How signatures begin (git's gpg-interface). */
static const struct {
        const char *prefix;
        enum git_signature_type type;
} formats[] = {
        {"-----BEGIN PGP SIGNATURE-----", GIT_SIGNATURE_PGP},
        {"-----BEGIN PGP MESSAGE-----", GIT_SIGNATURE_PGP},
        {"-----BEGIN SSH SIGNATURE-----", GIT_SIGNATURE_SSH},
};

static enum git_signature_type type_of(const char *signature) {
        for (size_t i = 0; i < ARRAY_LEN(formats); i++)
                if (str_has_prefix(signature, formats[i].prefix))
                        return formats[i].type;
        return *signature ? GIT_SIGNATURE_UNKNOWN : GIT_SIGNATURE_NONE;
}

/* The line at p without its newline; answers where the next one begins. */
static const char *line_end(const char *p, const char *end, size_t *ret_len) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        *ret_len = (size_t)((newline ? newline : end) - p);
        return newline ? newline + 1 : end;
}

static bool begins(const char *line, size_t len, const char *prefix) {
        size_t n = strlen(prefix);
        return len >= n && memcmp(line, prefix, n) == 0;
}

/* ---- objects ---- */

static int finish(struct arena *a, struct buf *payload, struct buf *signature, struct git_signed *ret,
                  struct err *err) {
        *ret = (struct git_signed){
                .payload = arena_strndup(a, buf_str(payload), payload->len),
                .payload_len = payload->len,
                .signature = arena_strndup(a, buf_str(signature), signature->len),
        };
        if (buf_failed(payload) || buf_failed(signature) || !ret->payload || !ret->signature)
                return err_oom(err);
        ret->type = type_of(ret->signature);
        return 0;
}

/* Header lines that begin with a space continue the one before. Both spellings of the header are no part of what was
 * signed; the one that signs SHA-1 objects is the signature. */
int git_signed_commit(struct arena *a, const char *object, size_t n, struct git_signed *ret, struct err *err) {
        _cleanup_buf_ struct buf payload = BUF_INIT(n);
        _cleanup_buf_ struct buf signature = BUF_INIT(n);
        const char *end = object + n, *next;
        bool in_signature = false, in_other = false;
        size_t len;
        for (const char *line = object; line < end; line = next) {
                next = line_end(line, end, &len);
                if (len == 0) { /* the message begins */
                        buf_add(&payload, line, (size_t)(end - line));
                        break;
                }
                bool continued = *line == ' ';
                if (!continued) {
                        in_signature = begins(line, len, "gpgsig ");
                        in_other = begins(line, len, "gpgsig-sha256 ");
                }
                if (in_signature) {
                        size_t skip = continued ? 1 : strlen("gpgsig ");
                        buf_add(&signature, line + skip, len - skip);
                        buf_addc(&signature, '\n');
                } else if (!in_other) {
                        buf_add(&payload, line, (size_t)(next - line));
                }
        }
        return finish(a, &payload, &signature, ret, err);
}

/* The last line that looks like the beginning of a signature ends what was signed, as git decides it. */
int git_signed_tag(struct arena *a, const char *object, size_t n, struct git_signed *ret, struct err *err) {
        _cleanup_buf_ struct buf payload = BUF_INIT(n);
        _cleanup_buf_ struct buf signature = BUF_INIT(n);
        const char *end = object + n, *split = end, *next;
        size_t len;
        for (const char *line = object; line < end; line = next) {
                next = line_end(line, end, &len);
                for (size_t i = 0; i < ARRAY_LEN(formats); i++)
                        if (begins(line, len, formats[i].prefix))
                                split = line;
        }
        buf_add(&payload, object, (size_t)(split - object));
        buf_add(&signature, split, (size_t)(end - split));
        return finish(a, &payload, &signature, ret, err);
}

/* ---- keys ---- */

static int bad_keyring(const char *why, struct err *err) {
        return err_set(err, ERR_INVALID, "unable to read armored key ring: %s", why);
}

/* One block: headers up to an empty line, base64, a checksum behind '=' that gpgv does not need either. */
static int add_block(const char *text, const char *end, struct buf *ret, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf base64 = BUF_INIT((size_t)(end - text));
        size_t len, n;
        char *bytes;
        bool body = false;
        if (!a)
                return err_oom(err);
        for (const char *line = text, *next; line < end; line = next) {
                next = line_end(line, end, &len);
                while (len && strchr(" \t\r", line[len - 1]))
                        len--;
                if (body && *line == '=')
                        break;
                if (body)
                        buf_add(&base64, line, len);
                body = body || len == 0;
        }
        if (buf_failed(&base64))
                return err_oom(err);
        if (base64_decode(a, buf_str(&base64), base64.len, &bytes, &n, NULL) < 0 || n == 0)
                return bad_keyring("invalid base64", err);
        buf_add(ret, bytes, n);
        return buf_failed(ret) ? err_set(err, ERR_TOO_LARGE, "the key rings are too large") : 0;
}

int git_keyring(const struct value *texts, struct buf *ret, struct err *err) {
        VALUE_EACH_ITEM(text, texts) {
                const char *at = strstr(text->str, ARMOR_BEGIN);
                if (!at)
                        return bad_keyring("no public key block", err);
                for (; at; at = strstr(at, ARMOR_BEGIN)) {
                        const char *end = strstr(at, ARMOR_END);
                        if (!end)
                                return bad_keyring("unexpected EOF", err);
                        size_t first;
                        if (add_block(line_end(at, end, &first), end, ret, err) < 0)
                                return -1;
                        at = end;
                }
        }
        return 0;
}

/* "ssh-ed25519", "sk-ecdsa-sha2-nistp256@openssh.com": a known beginning, then nothing but a name. */
static bool is_key_type(const char *word, size_t n) {
        static const char *const types[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"};
        static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-@.";
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
                known = known || begins(word, n, types[i]);
        for (size_t i = 0; known && i < n; i++)
                known = memchr(alphabet, word[i], sizeof(alphabet) - 1);
        return known;
}

/* Where the word ends: at a blank that does not stand in quotes. */
static const char *word_end(const char *word, const char *end) {
        bool quoted = false;
        for (; word < end && (quoted || !strchr(" \t", *word)); word++)
                if (*word == '"')
                        quoted = !quoted;
                else if (*word == '\\' && quoted && word + 1 < end)
                        word++;
        return word;
}

static const char *skip_blanks(const char *p, const char *end) {
        while (p < end && strchr(" \t", *p))
                p++;
        return p;
}

static size_t count_base64(const char *p, const char *end) {
        static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
        size_t n = 0;
        while (p + n < end && memchr(alphabet, p[n], sizeof(alphabet) - 1))
                n++;
        return n;
}

/* "[options] type base64 [comment]": only the type and the key are taken over. Options may hold anything in quotes,
 * another key as well, which must not become trusted by it. */
static int add_signer(const char *line, size_t len, struct buf *ret, struct err *err) {
        const char *end = line + len, *type = line, *type_end = word_end(line, end);
        if (!is_key_type(type, (size_t)(type_end - type))) {
                type = skip_blanks(type_end, end);
                type_end = word_end(type, end);
        }
        const char *key = skip_blanks(type_end, end);
        size_t n = count_base64(key, end);
        if (!is_key_type(type, (size_t)(type_end - type)) || n == 0)
                return err_set(err, ERR_INVALID, "unable to parse authorized key: ssh: no key found");
        buf_addf(ret, "git namespaces=\"git\" %.*s %.*s\n", (int)(type_end - type), type, (int)n, key);
        return 0;
}

int git_allowed_signers(const struct value *texts, struct buf *ret, struct err *err) {
        VALUE_EACH_ITEM(text, texts) {
                const char *end = text->str + text->len;
                size_t len;
                for (const char *line = text->str, *next; line < end; line = next) {
                        next = line_end(line, end, &len);
                        while (len && strchr(" \t\r", line[len - 1]))
                                len--;
                        while (len && strchr(" \t", *line)) {
                                line++;
                                len--;
                        }
                        if (len && *line != '#' && add_signer(line, len, ret, err) < 0)
                                return -1;
                }
        }
        return buf_failed(ret) ? err_set(err, ERR_TOO_LARGE, "the authorized keys are too large") : 0;
}
