/* SPDX-License-Identifier: Apache-2.0 */
/* Corpus kstatus/: the status of an object from the object alone. Rows of the readers "cel" and "celread" need CEL
 * health expressions and are skipped. */
#include "corpus.h"

#include "base/clock.h"
#include "kube/flux/kstatus.h"

/* The condition that the library would add, as [{type, status, reason, message}]; empty texts are left out. */
static int condition_value(struct arena *a, const struct kstatus_result *r, struct value *ret) {
        struct value c = value_map(), list = value_list();
        *ret = value_null();
        if (!r->condition)
                return 0;
        if (!value_set(a, &c, "type", value_str(r->condition)) || !value_set(a, &c, "status", value_str("True")) ||
            (*r->reason && !value_set(a, &c, "reason", value_str(r->reason))) ||
            (*r->condition_message && !value_set(a, &c, "message", value_str(r->condition_message))) ||
            !value_append(a, &list, c))
                return -1;
        *ret = list;
        return 0;
}

static enum corpus_verdict check(struct corpus_case *c) {
        const struct value *in = value_get(c->row, "in"), *out = value_get(c->row, "out");
        const char *reader = value_get_str(in, "reader"), *error = value_get_str(c->row, "error");
        if (reader && str_has_prefix(reader, "cel"))
                return CORPUS_SKIP;
        struct kstatus_result r = {0};
        _cleanup_err_ struct err err = ERR_INIT;
        int64_t now = clock_realtime_ns() / NSEC_PER_SEC;
        int failed =
                (reader ? kstatus_compute_flux : kstatus_compute_at)(c->arena, value_get(in, "object"), now, &r, &err);
        if (corpus_has_tag(c, "panic"))
                return CORPUS_PASS; /* the Go code panics: it is enough that this one came back */
        if (error)
                return corpus_same(c, "error", error, failed < 0 ? err_message(&err) : NULL);
        if (failed < 0)
                return corpus_fail(c, "error: %s", err_message(&err));
        if (corpus_same(c, "status", value_get_str(out, "status"), kstatus_name(r.status)) != CORPUS_PASS)
                return CORPUS_FAIL;
        if (corpus_same(c, "message", value_string_or(value_get(out, "message"), ""), r.message) != CORPUS_PASS)
                return CORPUS_FAIL;
        const struct value *conditions = value_get(out, "conditions");
        struct value found;
        if (!conditions || !conditions->len)
                return reader || !r.condition ? CORPUS_PASS : corpus_fail(c, "condition %s", r.condition);
        if (condition_value(c->arena, &r, &found) < 0)
                return corpus_fail(c, "out of memory");
        return corpus_same_value(c, "conditions", conditions, &found);
}

int main(void) {
        static const struct corpus_table tables[] = {{.name = "kstatus/kstatus", .check = check}};
        return corpus_main(tables, ARRAY_LEN(tables));
}
