/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/schema/schema_table.h"

#include "kube/schema/schema_types.h"

/* One pass registers the names, so that types may refer to later ones; a second reads the fields. */
struct loader {
        struct arena *a;
        struct schema_table *table;
        struct schema_types types;
        char *at, *end; /* the text, cut into lines in place */
        unsigned line;
        struct err *err;
};

static int bad(const struct loader *l, const char *what) {
        err_set(l->err, ERR_INTERNAL, "schema table: line %u: %s", l->line, what);
        return -1;
}

static const struct {
        const char *shorter, *longer;
} prefixes[] = {
        {"meta.", "io.k8s.apimachinery.pkg.apis.meta."},
        {"apiextensions.", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions."},
        {"apiregistration.", "io.k8s.kube-aggregator.pkg.apis.apiregistration."},
        {"runtime.", "io.k8s.apimachinery.pkg.runtime."},
        {"api.resource.", "io.k8s.apimachinery.pkg.api.resource."},
        {"util.intstr.", "io.k8s.apimachinery.pkg.util.intstr."},
        {"", "io.k8s.api."},
};

const char *schema_short_name(const char *name, char *text, size_t size) {
        if (!str_has_prefix(name, "io.k8s."))
                return name;
        for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
                if (!str_has_prefix(name, prefixes[i].longer))
                        continue;
                int n = snprintf(text, size, "%s%s", prefixes[i].shorter, name + strlen(prefixes[i].longer));
                return n >= 0 && (size_t)n < size ? text : NULL;
        }
        return NULL;
}

const char *schema_long_name(struct arena *a, const char *short_name) {
        size_t i = 0;
        while (!str_has_prefix(short_name, prefixes[i].shorter)) /* the last prefix is empty */
                i++;
        return arena_printf(a, "%s%s", prefixes[i].longer, short_name + strlen(prefixes[i].shorter));
}

/* "core.v1.PodSpec": Go prints the last package element and the type, "v1.PodSpec". */
static const char *go_name(const char *name) {
        const char *dots[2] = {NULL, NULL};
        for (const char *p = name; *p; p++)
                if (*p == '.') {
                        dots[0] = dots[1];
                        dots[1] = p;
                }
        return dots[0] ? dots[0] + 1 : name;
}

/* The default: "", "x", {}, a number or a boolean. */
static int read_default(struct loader *l, char *text, struct schema_field *f) {
        struct value *v = arena_make(l->a, struct value);
        size_t n = strlen(text);
        if (!v)
                return err_oom(l->err);
        if (*text == '"' && n >= 2) {
                text[n - 1] = '\0';
                *v = value_strn(text + 1, n - 2);
        } else if (streq(text, "{}"))
                *v = value_map();
        else if (streq(text, "true") || streq(text, "false"))
                *v = value_bool(*text == 't');
        else
                *v = value_int(strtoll(text, NULL, 10));
        f->fallback = v;
        return 0;
}

static int read_patch(char *text, struct schema_field *f) {
        char *strategies = strchr(text, ':');
        if (!strategies)
                return -1;
        *strategies++ = '\0';
        f->patch_key = *text ? text : NULL;
        if (strstr(strategies, "merge"))
                f->patch |= SCHEMA_PATCH_MERGE;
        if (strstr(strategies, "replace"))
                f->patch |= SCHEMA_PATCH_REPLACE;
        if (strstr(strategies, "retainKeys"))
                f->patch |= SCHEMA_PATCH_RETAIN_KEYS;
        return 0;
}

/* Cuts the next word off a line: NULL at its end. */
static char *next_word(char **at) {
        char *word = *at;
        if (!word)
                return NULL;
        char *space = strchr(word, ' ');
        if (space)
                *space++ = '\0';
        *at = space;
        return word;
}

static int read_field(struct loader *l, char *text, struct schema_field *f) {
        char *rest = text, *word, *go = NULL;
        f->name = next_word(&rest);
        char *type = next_word(&rest);
        if (!type)
                return bad(l, "field without a type");
        while ((word = next_word(&rest))) {
                switch (*word) {
                case '#':
                        f->number = (uint16_t)strtoul(word + 1, NULL, 10);
                        break;
                case '.':
                        f->always = true;
                        break;
                case '^':
                        f->optional = true;
                        break;
                case '*':
                        f->required = true;
                        break;
                case '~':
                        go = word + 1;
                        break;
                case '!':
                        if (read_patch(word + 1, f) < 0)
                                return bad(l, "patch strategy");
                        break;
                case '=':
                        if (read_default(l, word + 1, f) < 0)
                                return -1;
                        break;
                default:
                        return bad(l, "unknown mark");
                }
        }
        if (schema_types_read(&l->types, type, go, &f->schema) < 0)
                return err_wrap(l->err, "schema table: line %u", l->line);
        return 0;
}

static int index_numbers(struct loader *l, struct schema *s) {
        size_t max = 0;
        for (size_t i = 0; i < s->n_fields; i++)
                if (s->fields[i].number > max)
                        max = s->fields[i].number;
        if (!max)
                return 0;
        uint16_t *by_number = arena_zalloc(l->a, max + 1, sizeof(*by_number));
        if (!by_number)
                return err_oom(l->err);
        for (size_t i = 0; i < s->n_fields; i++)
                if (s->fields[i].number)
                        by_number[s->fields[i].number] = (uint16_t)(i + 1);
        s->by_number = by_number;
        s->n_by_number = max + 1;
        return 0;
}

/* ---- blocks ---- */

/* The next line, without its end; NULL at the end of the text. */
static char *next_line(struct loader *l) {
        if (l->at >= l->end)
                return NULL;
        char *line = l->at, *end = memchr(line, '\n', (size_t)(l->end - line));
        l->at = end ? end + 1 : l->end;
        if (end)
                *end = '\0';
        l->line++;
        return line;
}

/* Looks ahead from the first field: lines until the empty one. */
static size_t count_lines(const struct loader *l) {
        size_t n = 0;
        for (const char *p = l->at; p < l->end && *p != '\n';) {
                const char *end = memchr(p, '\n', (size_t)(l->end - p));
                p = end ? end + 1 : l->end;
                n++;
        }
        return n;
}

/* First pass: the names of all blocks. */
static int register_names(struct loader *l) {
        bool head = true;
        for (const char *p = l->at; p < l->end;) {
                const char *end = memchr(p, '\n', (size_t)(l->end - p));
                size_t n = end ? (size_t)(end - p) : (size_t)(l->end - p);
                if (head && n && *p != '#') {
                        size_t len = 0;
                        while (len < n && p[len] != ' ')
                                len++;
                        struct schema *s = arena_make(l->a, struct schema);
                        const char *name = arena_strndup(l->a, p, len);
                        if (!s || !name || !(s->name = schema_long_name(l->a, name)))
                                return err_oom(l->err);
                        s->type = SCHEMA_STRUCT;
                        s->go_type = go_name(name);
                        if (strmap_set(&l->table->by_name, name, len, s) < 0)
                                return err_oom(l->err);
                }
                head = n == 0 || (head && *p == '#');
                p += n + 1;
        }
        return 0;
}

static int read_inline(struct loader *l, char *text, struct schema_inline *in) {
        char *rest = text, *name = next_word(&rest), *number = next_word(&rest);
        in->schema = strmap_get(&l->table->by_name, name, strlen(name));
        if (!in->schema || !number || *number != '#')
                return bad(l, "inline message");
        in->number = (uint16_t)strtoul(number + 1, NULL, 10);
        return 0;
}

/* A block's fields, after its head line. */
static int read_fields(struct loader *l, struct schema *s) {
        size_t n = count_lines(l);
        struct schema_field *fields = arena_zalloc(l->a, n + 1, sizeof(*fields));
        struct schema_inline *inlines = arena_zalloc(l->a, 4, sizeof(*inlines));
        if (!fields || !inlines)
                return err_oom(l->err);
        s->fields = fields;
        s->inlines = inlines;
        for (; n > 0; n--) {
                char *line = next_line(l);
                if (*line == '+' && s->n_inlines < 4) {
                        if (read_inline(l, line + 1, &inlines[s->n_inlines++]) < 0)
                                return -1;
                } else if (read_field(l, line, &fields[s->n_fields++]) < 0)
                        return -1;
        }
        return index_numbers(l, s);
}

static int read_block(struct loader *l, char *head) {
        char *name = next_word(&head), *word;
        struct schema *s = strmap_get(&l->table->by_name, name, strlen(name));
        while ((word = next_word(&head))) {
                if (*word == 'a')
                        s->topology = SCHEMA_ATOMIC;
                else if (*word == '=' && strmap_set(&l->table->by_kind, word + 1, strlen(word + 1), s) < 0)
                        return err_oom(l->err);
        }
        return read_fields(l, s);
}

static int load(struct loader *l) {
        if (schema_types_register(&l->types) < 0 || register_names(l) < 0)
                return -1;
        for (char *line; (line = next_line(l));)
                if (*line && *line != '#' && read_block(l, line) < 0)
                        return -1;
        return 0;
}

int schema_table_load(struct arena *a, const char *text, size_t n, struct schema_table *ret, struct err *err) {
        struct schema_table table = {0};
        struct loader l = {
                .a = a, .table = &table, .err = err, .types = {.arena = a, .by_name = &table.by_name, .err = err}};
        l.at = arena_strndup(a, text, n);
        if (!l.at)
                return err_oom(err);
        l.end = l.at + n;
        int r = load(&l);
        schema_types_done(&l.types);
        if (r < 0)
                schema_table_done(&table);
        else
                *ret = table;
        return r;
}

void schema_table_done(struct schema_table *t) {
        strmap_done(&t->by_name);
        strmap_done(&t->by_kind);
}
