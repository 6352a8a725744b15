/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/revision.h"

const char *revision_named(struct arena *a, const char *revision) {
        const char *at = strrchr(revision, '@');
        if (at)
                return arena_strndup(a, revision, (size_t)(at - revision));
        const char *slash = strrchr(revision, '/');
        size_t n = slash ? (size_t)(slash - revision) : 0;
        if (n == strlen("HEAD") && strncmp(revision, "HEAD", n) == 0) /* what the old form wrote for no pointer */
                n = 0;
        return arena_strndup(a, revision, n);
}

const char *revision_hash(struct arena *a, const char *revision) {
        const char *from = strrchr(revision, ':');
        if (!from)
                from = strrchr(revision, '/');
        return arena_strdup(a, from ? from + 1 : revision);
}

const char *revision_hash_algorithm(const char *hash) {
        return strlen(hash) == 40 ? "sha1" : "<unknown>";
}

const char *revision_transform(struct arena *a, const char *revision) {
        if (*revision == '\0' || strchr(revision, ':'))
                return arena_strdup(a, revision);
        const char *named = revision_named(a, revision), *hash = revision_hash(a, revision);
        if (!named || !hash)
                return NULL;
        const char *at = *named ? "@" : "";
        if (*hash == '\0')
                return arena_printf(a, "%s%s", named, at);
        return arena_printf(a, "%s%s%s:%s", named, at, revision_hash_algorithm(hash), hash);
}
