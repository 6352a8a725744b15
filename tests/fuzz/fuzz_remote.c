/* SPDX-License-Identifier: Apache-2.0 */
/* A remote entry. The folder it names is inside the repository, and only http and https are ever fetched. */
#include "fuzz.h"

#include "build/kustomize/load/remote.h"

const char *const fuzz_seeds[] = {
        "https://user@host.example:8443/org/repo//deploy/base?ref=v1.0&timeout=2m&submodules=false",
        "git@github.com:org/repo.git/base?version=x",
        "git::ssh://git@host.example/a/b/../c",
        "https://me:hush@dev.example/org/project/_git/repo/deploy",
        "GitHub.com/org/repo/deploy.yaml?ref=%2F+;",
        "file:///srv/repo//../x",
        NULL,
};

static bool leads_out(const char *path) {
        int depth = 0;
        for (const char *p = path; *p && depth >= 0;) {
                size_t n = strcspn(p, "/");
                depth += n == 2 && p[0] == '.' && p[1] == '.' ? -1 : n > 1 || (n == 1 && *p != '.');
                p += n + (p[n] == '/');
        }
        return depth < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)16 << 20);
        char *entry = a ? arena_strndup(a, (const char *)data, n) : NULL;
        struct remote r;
        if (!entry)
                return 0;
        const char *what_to_do, *shown = remote_redact(a, entry);
        if (!shown || strlen(shown) > strlen(entry))
                abort();
        remote_is_http_file(entry);
        if (remote_parse(a, entry, &r) != 1)
                return 0;
        bool http = str_has_prefix(r.url, "http://") || str_has_prefix(r.url, "https://");
        if (leads_out(r.path) || r.timeout_ns <= 0 || http == (remote_why_not(&r, &what_to_do) != NULL))
                abort();
        return 0;
}
