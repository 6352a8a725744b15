/* SPDX-License-Identifier: Apache-2.0 */
/* spec.ignore: fields that others manage. Patterns match whole texts; an empty one matches everything. */
#include "data/patch/pointer.h"
#include "kube/flux/drift.h"
#include "kube/flux/drift_internal.h"

#include "base/buf.h"

enum { GROUP, VERSION, KIND, NAME, NAMESPACE };

static const char *const pattern_names[DRIFT_PATTERNS] = {"group", "version", "kind", "name", "namespace"};

void drift_rules_done(struct drift_rules *rules) {
        for (size_t i = 0; i < rules->n; i++)
                for (size_t j = 0; j < DRIFT_PATTERNS; j++)
                        rules->items[i].patterns[j] = regex_free(rules->items[i].patterns[j]);
        rules->n = 0;
}

static int compile_pattern(const char *name, const char *text, struct regex **ret, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(strlen(text) + 16);
        if (!*text)
                return 0;
        buf_addf(&b, "^(?:%s)$", text);
        if (regex_new(buf_str(&b), b.len, ret, err) == 0)
                return 0;
        return err_wrap(err, "failed to create ignore rule selector: invalid %s regex", name);
}

static int compile_selector(struct arena *a, const struct value *target, const char *key, const char *name,
                            struct label_selector *ret, struct err *err) {
        const char *text = value_string_or(value_get(target, key), "");
        if (!*text)
                return 0;
        if (label_selector_parse(a, text, ret, err) < 0)
                return err_wrap(err, "failed to create ignore rule selector: invalid %s selector", name);
        return 0;
}

static int compile_rule(struct arena *a, const struct value *ignore, struct drift_rule *rule, struct err *err) {
        const struct value *target = value_get(ignore, "target");
        rule->paths = value_get(ignore, "paths");
        for (size_t i = 0; i < DRIFT_PATTERNS; i++) {
                const char *text = value_string_or(value_get(target, pattern_names[i]), "");
                if (compile_pattern(pattern_names[i], text, &rule->patterns[i], err) < 0)
                        return -1;
        }
        if (compile_selector(a, target, "labelSelector", "label", &rule->labels, err) < 0)
                return -1;
        return compile_selector(a, target, "annotationSelector", "annotation", &rule->annotations, err);
}

int drift_rules_compile(struct arena *a, const struct value *ignore, struct drift_rules *ret, struct err *err) {
        struct drift_rules rules = {NULL, 0};
        if (value_is_list(ignore) && ignore->len) {
                rules.items = arena_zalloc(a, ignore->len, sizeof(struct drift_rule));
                if (!rules.items)
                        return err_oom(err);
                VALUE_EACH_ITEM(item, ignore) {
                        if (compile_rule(a, item, &rules.items[rules.n++], err) < 0) {
                                drift_rules_done(&rules);
                                return -1;
                        }
                }
        }
        *ret = rules;
        return 0;
}

static bool pattern_matches(const struct regex *pattern, const char *text, size_t n) {
        return !pattern || regex_match(pattern, text, n);
}

bool drift_rule_matches(const struct drift_rule *rule, const struct value *object) {
        const char *api_version = value_string_or(value_get(object, "apiVersion"), "");
        const char *kind = value_string_or(value_get(object, "kind"), "");
        const struct value *metadata = value_get(object, "metadata");
        const char *name = value_string_or(value_get(metadata, "name"), "");
        const char *namespace_ = value_string_or(value_get(metadata, "namespace"), "");
        const char *slash = strchr(api_version, '/'), *version = slash ? slash + 1 : api_version;
        size_t group_len = slash ? (size_t)(slash - api_version) : 0;
        return pattern_matches(rule->patterns[GROUP], api_version, group_len) &&
               pattern_matches(rule->patterns[VERSION], version, strlen(version)) &&
               pattern_matches(rule->patterns[KIND], kind, strlen(kind)) &&
               pattern_matches(rule->patterns[NAME], name, strlen(name)) &&
               pattern_matches(rule->patterns[NAMESPACE], namespace_, strlen(namespace_)) &&
               label_selector_matches_map(&rule->labels, value_get(metadata, "labels")) &&
               label_selector_matches_map(&rule->annotations, value_get(metadata, "annotations"));
}

/* Removes what a JSON Pointer names; nothing when it names nothing. */
void drift_remove(struct value *document, const struct pointer *p) {
        struct value *at = document;
        for (size_t i = 0; at && i + 1 < p->n; i++) {
                struct pointer one = {&p->tokens[i], 1};
                at = pointer_get(at, &one);
        }
        if (!at || !p->n)
                return;
        struct pointer last = {&p->tokens[p->n - 1], 1};
        if (value_is_map(at))
                value_removen(at, last.tokens[0].text, last.tokens[0].len);
        else if (value_is_list(at)) {
                const struct value *item = pointer_get(at, &last);
                if (item)
                        value_remove_at(at, (size_t)(item - at->items));
        }
}

static int remove_ignored(struct arena *a, const struct drift_rule *rule, struct value *object, struct err *err) {
        if (!value_is_list(rule->paths))
                return 0;
        VALUE_EACH_ITEM(path, rule->paths) {
                struct pointer p;
                if (!value_is_string(path))
                        continue;
                if (pointer_split(a, path->str, path->len, &p, err) < 0)
                        return -1;
                drift_remove(object, &p);
        }
        return 0;
}

int drift_differs_ignoring(struct arena *a, const struct value *live, const struct value *dry_run,
                           const struct drift_rules *rules, bool *ret, struct err *err) {
        struct value x, y;
        if (value_clone(a, live, &x, err) < 0 || value_clone(a, dry_run, &y, err) < 0)
                return -1;
        for (size_t i = 0; i < rules->n; i++) {
                if (!drift_rule_matches(&rules->items[i], dry_run))
                        continue;
                if (remove_ignored(a, &rules->items[i], &x, err) < 0 ||
                    remove_ignored(a, &rules->items[i], &y, err) < 0)
                        return -1;
        }
        *ret = drift_differs(&x, &y);
        return 0;
}
