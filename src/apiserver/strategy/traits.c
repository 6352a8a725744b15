/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/traits.h"

#include "data/json/json.h"

#include <pthread.h>

extern const char kubernetes_strategy_json[], kubernetes_strategy_json_end[];
extern const char kubernetes_defaults_json[], kubernetes_defaults_json_end[];
extern const char kubernetes_validation_json[], kubernetes_validation_json_end[];

/* One embedded document: a map whose members are looked up by key. */
struct table {
        struct value root;
        struct value_index index;
};

static struct {
        pthread_once_t once;
        struct arena *arena; /* lives as long as the process */
        struct table strategy, defaults, rules;
        struct traits *traits; /* one for each member of strategy.root */
} tables = {.once = PTHREAD_ONCE_INIT};

static const struct traits ordinary = {.unconditional_update = true};
static const struct traits custom = {.generation = GENERATION_SPEC};

static void table_load(struct table *t, const char *start, const char *end) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (json_parse(tables.arena, start, (size_t)(end - start), JSON_KUBERNETES, NULL, &t->root, &err) < 0 ||
            value_index_init(tables.arena, &t->index, &t->root) < 0) {
                /* our own file, parsed by a test as well: broken only in a broken build */
                fprintf(stderr, "weir: embedded table: %s\n", err_message(&err));
                abort();
        }
}

static enum name_form name_form_of(const char *text) {
        static const struct {
                const char *text;
                enum name_form form;
        } forms[] = {{"label", NAME_LABEL}, {"label1035", NAME_LABEL_1035}, {"path", NAME_PATH},
                     {"any", NAME_ANY},     {"cronjob", NAME_CRONJOB},      {"ip", NAME_IP},
                     {"crd", NAME_CRD}};
        for (size_t i = 0; i < ARRAY_LEN(forms); i++)
                if (streq(forms[i].text, text))
                        return forms[i].form;
        return NAME_SUBDOMAIN;
}

static void traits_read(struct traits *t, const struct value *row) {
        const struct value *generation = value_get(row, "generation");
        t->name = name_form_of(value_string_or(value_get(row, "name"), ""));
        if (value_bool_or(value_get(row, "annotationsBump"), false))
                t->generation = GENERATION_ANNOTATIONS;
        else if (value_equals_str(generation, "fixed"))
                t->generation = GENERATION_FIXED;
        else if (value_bool_or(generation, false))
                t->generation = GENERATION_SPEC;
        t->create_on_update = value_bool_or(value_get(row, "createOnUpdate"), false);
        t->unconditional_update = value_bool_or(value_get(row, "unconditional"), true);
        t->keep_status = value_bool_or(value_get(row, "keepStatus"), false);
        t->keep_labels = value_bool_or(value_get(row, "keepLabels"), false);
        t->status = value_get(row, "status");
        t->fields = value_get(row, "fields");
        t->aliases = value_get(row, "aliases");
}

static void tables_load(void) {
        tables.arena = arena_new(0);
        if (!tables.arena)
                abort();
        table_load(&tables.strategy, kubernetes_strategy_json, kubernetes_strategy_json_end);
        table_load(&tables.defaults, kubernetes_defaults_json, kubernetes_defaults_json_end);
        table_load(&tables.rules, kubernetes_validation_json, kubernetes_validation_json_end);
        tables.traits = arena_zalloc(tables.arena, tables.strategy.root.len, sizeof(*tables.traits));
        if (!tables.traits)
                abort();
        for (size_t i = 0; i < tables.strategy.root.len; i++)
                traits_read(&tables.traits[i], &tables.strategy.root.members[i].value);
}

const struct traits *traits_of(const struct kind *k) {
        if (k->custom)
                return &custom;
        pthread_once(&tables.once, tables_load);
        char key[256];
        int n = snprintf(key, sizeof(key), "%s/%s", k->group, k->resource);
        if (n < 0 || (size_t)n >= sizeof(key))
                return &ordinary;
        const struct value *row = value_index_get(&tables.strategy.index, &tables.strategy.root, key, (size_t)n);
        if (!row)
                return &ordinary;
        const struct member *member = (const struct member *)((const char *)row - offsetof(struct member, value));
        return &tables.traits[member - tables.strategy.root.members];
}

static const struct value *row_of_type(const struct table *t, const char *name) {
        if (str_has_prefix(name, "io.k8s.api."))
                name += strlen("io.k8s.api.");
        else if (str_has_prefix(name, "io.k8s."))
                name += strlen("io.k8s.");
        return value_index_get(&t->index, &t->root, name, strlen(name));
}

const struct value *traits_defaults(const char *type_name) {
        pthread_once(&tables.once, tables_load);
        return row_of_type(&tables.defaults, type_name);
}

const struct value *traits_rules(const char *type_name) {
        pthread_once(&tables.once, tables_load);
        return row_of_type(&tables.rules, type_name);
}

bool traits_has_status(const struct kind *k) {
        return kind_subresource(k, "status") != NULL;
}
