/* SPDX-License-Identifier: Apache-2.0 */
/* A request's path and query, on a line each, and the query as selectors. What is printed parses again to the same. */
#include "fuzz.h"

#include "kube/rbac/requestinfo.h"
#include "kube/select/selector.h"

const char *const fuzz_seeds[] = {
        "/apis/apps/v1/namespaces/a/deployments/b/status\nlabelSelector=a%3Db&watch=1",
        "/api/v1/watch/pods\na=b,c in (d,,e),!f,g>5,h notin ()",
        "/api/v1/namespaces/x/finalize\nmetadata.name=a\\,b,spec.x!=\\=",
        NULL,
};

static void check_labels(struct arena *a, const char *text) {
        struct label_selector s, again;
        if (label_selector_parse(a, text, &s, NULL) < 0)
                return;
        const char *first = label_selector_text(a, &s);
        if (!first || label_selector_parse(a, first, &again, NULL) < 0 || !streq(first, label_selector_text(a, &again)))
                abort();
        struct value none = value_map();
        if (label_selector_matches_map(&s, &none) != label_selector_matches_map(&again, NULL))
                abort();
}

static void check_fields(struct arena *a, const char *text) {
        struct field_selector s, again;
        if (field_selector_parse(a, text, &s, NULL) < 0)
                return;
        const char *first = field_selector_text(a, &s);
        if (!first || field_selector_parse(a, first, &again, NULL) < 0 || again.n != s.n)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)32 << 20);
        const char *first, *second;
        size_t first_len, second_len;
        fuzz_split(data, n < 16384 ? n : 16384, &first, &first_len, &second, &second_len);
        char *path = a ? arena_strndup(a, first, first_len) : NULL;
        char *query = a ? arena_strndup(a, second, second_len) : NULL;
        struct request_info info;
        if (!path || !query)
                return 0;
        if (request_info_parse(a, "GET", path, query, &info, NULL) == 0 &&
            (strchr(info.resource, '/') || strchr(info.namespace_, '/') || (info.is_resource && !info.version)))
                abort();
        check_labels(a, query);
        check_fields(a, query);
        return 0;
}
