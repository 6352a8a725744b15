/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting names and establishing (apiextensions naming_controller and establishing_controller, 1.36). Plurals,
 * singulars and short names of a group share one space, kinds and list kinds another. */
#include "apiserver/crd/crd.h"

#include "base/buf.h"
#include "base/clock.h"
#include "kube/flux/condition.h"

#define PASSES_MAX 3

struct naming {
        struct arena *arena;
        const struct value *crd;
        const struct value *all;
        const char *reason; /* of the last conflict; NULL: none */
        char *message;
};

static const struct value *accepted_of(const struct value *crd) {
        return value_path(crd, "status", "acceptedNames", NULL);
}

static bool holds(const struct value *names, bool kinds, const char *text) {
        static const char *const fields[][2] = {{"plural", "singular"}, {"kind", "listKind"}};
        for (size_t i = 0; i < 2; i++)
                if (value_equals_str(value_get(names, fields[kinds][i]), text))
                        return true;
        return !kinds && value_list_has(value_get(names, "shortNames"), text);
}

/* Some CRD of the group, this one included, holds the name already. */
static bool taken(const struct naming *n, bool kinds, const char *text) {
        const struct value *group = value_path(n->crd, "spec", "group", NULL);
        const char *own = value_string_or(value_path(n->crd, "metadata", "name", NULL), "");
        if (holds(accepted_of(n->crd), kinds, text))
                return true;
        if (!value_is_list(n->all))
                return false;
        VALUE_EACH_ITEM(other, n->all) {
                const struct value *other_group = value_path(other, "spec", "group", NULL);
                if (value_equals_str(value_path(other, "metadata", "name", NULL), own))
                        continue;
                if (group && other_group && value_equal(group, other_group) && holds(accepted_of(other), kinds, text))
                        return true;
        }
        return false;
}

/* Takes one name into accepted when it is free or ours already. */
static int take_name(struct naming *n, struct value *accepted, const char *field, bool kinds, const char *conflict,
                     struct err *err) {
        const struct value *wanted = value_path(n->crd, "spec", "names", field, NULL);
        const char *text = value_string_or(wanted, "");
        const char *have = value_string_or(value_get(accepted, field), "");
        if (text[0] && !streq(text, have) && taken(n, kinds, text)) {
                n->reason = conflict;
                n->message = arena_printf(n->arena, "\"%s\" is already in use", text);
                return n->message ? 0 : err_oom(err);
        }
        if (!text[0])
                return 0;
        return value_set(n->arena, accepted, field, *wanted) ? 0 : err_oom(err);
}

static int take_short_names(struct naming *n, struct value *accepted, struct err *err) {
        const struct value *wanted = value_path(n->crd, "spec", "names", "shortNames", NULL);
        const struct value *have = value_get(accepted, "shortNames");
        _cleanup_buf_ struct buf b = BUF_INIT(65536);
        size_t conflicts = 0;
        if (!value_is_list(wanted)) {
                value_remove(accepted, "shortNames");
                return 0;
        }
        VALUE_EACH_ITEM(item, wanted) {
                const char *text = value_string_or(item, "");
                if (!value_list_has(have, text) && taken(n, false, text))
                        buf_addf(&b, "%s\"%s\" is already in use", conflicts++ ? ", " : "", text);
        }
        if (!conflicts)
                return value_set(n->arena, accepted, "shortNames", *wanted) ? 0 : err_oom(err);
        n->reason = "ShortNamesConflict";
        n->message = arena_printf(n->arena, conflicts > 1 ? "[%s]" : "%s", buf_str(&b));
        return n->message ? 0 : err_oom(err);
}

static int take_names(struct naming *n, struct value *accepted, struct err *err) {
        n->reason = NULL;
        if (take_name(n, accepted, "plural", false, "PluralConflict", err) < 0 ||
            take_name(n, accepted, "singular", false, "SingularConflict", err) < 0 ||
            take_short_names(n, accepted, err) < 0 || take_name(n, accepted, "kind", true, "KindConflict", err) < 0 ||
            take_name(n, accepted, "listKind", true, "ListKindConflict", err) < 0)
                return -1;
        const struct value *categories = value_path(n->crd, "spec", "names", "categories", NULL);
        if (!value_is_list(categories)) {
                value_remove(accepted, "categories");
                return 0;
        }
        return value_set(n->arena, accepted, "categories", *categories) ? 0 : err_oom(err);
}

int crd_set_condition(struct arena *a, struct value *crd, const char *type, const char *status, const char *reason,
                      const char *message, int64_t now, bool *ret_changed, struct err *err) {
        struct value *state = value_obtain_map(a, crd, "status");
        if (!state)
                return err_oom(err);
        struct value *list = value_get(state, "conditions");
        if (!value_is_list(list))
                list = value_set(a, state, "conditions", value_list());
        if (!list)
                return err_oom(err);
        struct value *condition = NULL;
        VALUE_EACH_ITEM(item, list)
                if (value_equals_str(value_get(item, "type"), type))
                        condition = item;
        if (!condition)
                condition = value_append(a, list, value_map());
        if (!condition)
                return err_oom(err);
        bool same_status = value_equals_str(value_get(condition, "status"), status);
        if (same_status && value_equals_str(value_get(condition, "reason"), reason) &&
            value_equals_str(value_get(condition, "message"), message))
                return 0;
        char text[TIME_TEXT_MAX];
        const struct value *since = value_get(condition, "lastTransitionTime");
        struct value time = same_status && since ? *since : value_strf(a, "%s", time_format_rfc3339(text, now));
        const char *kept_message = arena_strdup(a, message);
        if (value_is_null(&time) || !kept_message || !value_set(a, condition, "type", value_str(type)) ||
            !value_set(a, condition, "status", value_str(status)) ||
            !value_set(a, condition, "lastTransitionTime", time) ||
            !value_set(a, condition, "reason", value_str(reason)) ||
            !value_set(a, condition, "message", value_str(kept_message)))
                return err_oom(err);
        *ret_changed = true;
        return 0;
}

bool crd_established(const struct value *crd) {
        return condition_is(crd, "Established", "True");
}

int crd_settle(struct arena *a, struct value *crd, const struct value *all, int64_t now, bool *ret_changed,
               struct err *err) {
        struct naming n = {.arena = a, .crd = crd, .all = all};
        bool changed = false;
        /* Names accepted in one pass count as taken in the next: that is how a short name comes to conflict with its
         * own singular. Every pass only takes what is free, so this ends at once. */
        for (int pass = 0; pass < PASSES_MAX; pass++) {
                struct value *status = value_obtain_map(a, crd, "status");
                struct value accepted = value_map();
                if (!status)
                        return err_oom(err);
                if (value_clone(a, value_get(status, "acceptedNames"), &accepted, err) < 0)
                        return -1;
                if (!value_is_map(&accepted))
                        accepted = value_map();
                if (take_names(&n, &accepted, err) < 0)
                        return -1;
                const struct value *before = value_get(status, "acceptedNames");
                if (before && value_equal(before, &accepted))
                        break;
                if (!value_set(a, status, "acceptedNames", accepted))
                        return err_oom(err);
                changed = true;
        }
        bool established = crd_established(crd);
        if (crd_set_condition(a, crd, "NamesAccepted", n.reason ? "False" : "True", n.reason ? n.reason : "NoConflicts",
                              n.reason ? n.message : "no conflicts found", now, &changed, err) < 0)
                return -1;
        /* once established it stays so: its objects are there */
        if (!n.reason && crd_set_condition(a, crd, "Established", "True", "InitialNamesAccepted",
                                           "the initial names have been accepted", now, &changed, err) < 0)
                return -1;
        if (n.reason && !established &&
            crd_set_condition(a, crd, "Established", "False", "NotAccepted", "not all names are accepted", now,
                              &changed, err) < 0)
                return -1;
        *ret_changed = changed;
        return 0;
}

int crd_established_list(struct arena *a, const struct value *all, struct value *ret, struct err *err) {
        struct value list = value_list();
        VALUE_EACH_ITEM(crd, all)
                if (crd_established(crd) && !value_append(a, &list, *crd))
                        return err_oom(err);
        *ret = list;
        return 0;
}
