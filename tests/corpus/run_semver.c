/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, constraints and Flux's choice against Masterminds/semver and fluxcd/pkg/version. */
#include "corpus.h"

#include "lang/semver.h"

typedef int parse_function(struct arena *a, const char *text, struct semver *ret, struct err *err);

static enum corpus_verdict check_number(struct corpus_case *c, const struct value *out, const char *name,
                                        uint64_t found) {
        const struct value *v = value_get(out, name);
        bool same = v && (v->type == VALUE_FLOAT ? v->f == (double)found : v->u == found); /* JSON has no uint64 */
        return same ? CORPUS_PASS : corpus_fail(c, "%s: %llu", name, (unsigned long long)found);
}

static enum corpus_verdict check_parser(struct corpus_case *c, const char *name, parse_function *parse) {
        const struct value *out = value_path(c->row, "out", name, NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        struct semver v;
        if (parse(c->arena, corpus_text(c, c->row, "in"), &v, &err) < 0)
                return corpus_same(c, name, corpus_text(c, out, "error"), err_message(&err));
        enum corpus_verdict verdict = corpus_same(c, name, value_get_str(out, "string"), semver_string(c->arena, &v));
        if (verdict == CORPUS_PASS)
                verdict = corpus_same(c, "prerelease", value_get_str(out, "prerelease"), v.prerelease);
        if (verdict == CORPUS_PASS)
                verdict = corpus_same(c, "metadata", value_get_str(out, "metadata"), v.metadata);
        if (verdict == CORPUS_PASS)
                verdict = corpus_same(c, "original", value_get_str(out, "original"), v.original);
        if (verdict == CORPUS_PASS)
                verdict = check_number(c, out, "major", v.major);
        if (verdict == CORPUS_PASS)
                verdict = check_number(c, out, "minor", v.minor);
        return verdict == CORPUS_PASS ? check_number(c, out, "patch", v.patch) : verdict;
}

static enum corpus_verdict check_parse(struct corpus_case *c) {
        if (strlen(corpus_text(c, c->row, "in")) != value_get(c->row, "in")->len)
                return CORPUS_SKIP; /* a NUL inside: our texts are C strings */
        enum corpus_verdict v = check_parser(c, "NewVersion", semver_parse);
        if (v == CORPUS_PASS)
                v = check_parser(c, "StrictNewVersion", semver_parse_strict);
        return v == CORPUS_PASS ? check_parser(c, "flux_ParseVersion", semver_parse_flux) : v;
}

static enum corpus_verdict check_compare(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in");
        struct semver x, y;
        if (semver_parse(c->arena, in->items[0].str, &x, NULL) < 0 ||
            semver_parse(c->arena, in->items[1].str, &y, NULL) < 0)
                return corpus_fail(c, "a version does not parse");
        int64_t expected = value_int_or(value_path(c->row, "out", "compare", NULL), 99);
        int found = semver_compare(&x, &y);
        return found == expected ? CORPUS_PASS : corpus_fail(c, "%d", found);
}

static struct value versions_std; /* the list that constraint rows name, in an arena of its own */
static struct arena *versions_arena;

static void keep_versions(const struct corpus_case *c) {
        versions_arena = arena_free(versions_arena);
        versions_arena = arena_new(0);
        if (!versions_arena || value_copy(versions_arena, value_get(c->row, "in"), &versions_std, NULL) < 0)
                abort();
}

static struct value matches(struct corpus_case *c, const struct semver_range *r, bool include_prerelease) {
        struct value list = value_list();
        VALUE_EACH_ITEM(text, &versions_std) {
                struct semver v;
                if (semver_parse(c->arena, text->str, &v, NULL) == 0 &&
                    semver_range_contains(r, &v, include_prerelease))
                        value_append(c->arena, &list, *text);
        }
        return list;
}

static enum corpus_verdict check_reasons(struct corpus_case *c, const struct semver_range *r,
                                         const struct value *validate) {
        VALUE_EACH_MEMBER(m, validate) {
                struct semver v;
                if (semver_parse(c->arena, m->key, &v, NULL) < 0)
                        return corpus_fail(c, "%s does not parse", m->key);
                struct value found = value_list();
                for (const char *const *reason = semver_range_explain(c->arena, r, &v); *reason; reason++)
                        value_append(c->arena, &found, value_str(*reason));
                if (corpus_same_value(c, m->key, &m->value, &found) != CORPUS_PASS)
                        return CORPUS_FAIL;
        }
        return CORPUS_PASS;
}

static enum corpus_verdict check_constraint(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        const char *text = corpus_text(c, in, "constraint");
        _cleanup_err_ struct err err = ERR_INIT;
        struct semver_range *r;
        if (semver_range_parse(c->arena, text, &r, &err) < 0)
                return corpus_same(c, "", corpus_text(c, c->row, "error"), err_message(&err));
        if (!out)
                return corpus_fail(c, "accepted: %s", text);
        enum corpus_verdict v =
                corpus_same(c, "string", value_get_str(out, "string"), semver_range_string(c->arena, r));
        struct value found = matches(c, r, false), found_pre = matches(c, r, true);
        if (v == CORPUS_PASS)
                v = corpus_same_value(c, "match", value_get(out, "match"), &found);
        if (v == CORPUS_PASS)
                v = corpus_same_value(c, "match_include_prerelease", value_get(out, "match_include_prerelease"),
                                      &found_pre);
        return v == CORPUS_PASS && value_get(out, "validate") ? check_reasons(c, r, value_get(out, "validate")) : v;
}

static enum corpus_verdict check_select(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        const struct value *tags = value_get(in, "tags");
        _cleanup_err_ struct err err = ERR_INIT;
        struct semver_range *r;
        if (semver_range_parse(c->arena, value_get_str(in, "constraint"), &r, &err) < 0)
                return corpus_same(c, "", corpus_text(c, c->row, "error"), err_message(&err));
        const char **texts = arena_zalloc(c->arena, tags->len + 1, sizeof(*texts));
        size_t *indexes = arena_zalloc(c->arena, tags->len + 1, sizeof(*indexes));
        for (uint32_t i = 0; i < tags->len; i++)
                texts[i] = tags->items[i].str;
        long n = semver_sort_flux(r, texts, tags->len, indexes, &err);
        struct value sorted = value_list(), pick = value_null();
        for (long i = 0; i < n; i++)
                value_append(c->arena, &sorted, tags->items[indexes[i]]);
        if (n > 0)
                pick = sorted.items[0];
        enum corpus_verdict v = corpus_same_value(c, "flux_sort", value_get(out, "flux_sort"), &sorted);
        return v == CORPUS_PASS ? corpus_same_value(c, "flux_pick", value_get(out, "flux_pick"), &pick) : v;
}

int main(void) {
        static const struct corpus_table tables[] = {
                {"semver/parse", check_parse},
                {"semver/compare", check_compare},
                {"semver/constraint", check_constraint, keep_versions},
                {"semver/select", check_select},
        };
        int status = corpus_main(tables, ARRAY_LEN(tables));
        arena_free(versions_arena);
        return status;
}
