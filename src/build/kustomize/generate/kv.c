/* SPDX-License-Identifier: Apache-2.0 */
/* Where the pairs of ConfigMaps and Secrets come from. */
#include "build/kustomize/generate/generate.h"
#include "build/kustomize/load/loader.h"
#include "build/kustomize/field/quote.h"
#include "data/text/utf8.h"

struct pairs {
        struct target *t;
        struct value *map;
        struct strmap seen;
        const char *name;
};

static int add_pair(struct pairs *p, const char *key, size_t key_len, const char *text, size_t n, struct err *err) {
        struct arena *a = p->t->e->arena;
        const char *own = arena_strndup(a, key, key_len);
        if (!own)
                return err_oom(err);
        int there = strmap_add(&p->seen, own, key_len, p, NULL);
        if (there > 0)
                return err_set(err, ERR_INVALID, "configmap %s illegally repeats the key `%s`", p->name, own);
        if (there < 0 || !value_add(a, p->map, own, key_len, value_strn(text, n)))
                return err_oom(err);
        return 0;
}

/* The list as Go's %v prints it. */
static int wrap_sources(const char *what, const struct value *list, struct err *err) {
        _cleanup_buf_ struct buf text = BUF_INIT(65536);
        VALUE_EACH_ITEM(item, list)
                buf_addf(&text, "%s%s", item == list->items ? "" : " ", item->str);
        return err_wrap(err, "%s [%s]", what, buf_str(&text));
}

/* ---- env files ---- */

/* Bytes of the white space rune that a line begins with, 0 when there is none (Go's unicode.IsSpace). */
static unsigned space_at(const char *p, const char *end) {
        uint32_t rune;
        if (p >= end)
                return 0;
        unsigned len = utf8_decode(p, end, &rune);
        bool space = (rune >= '\t' && rune <= '\r') || rune == ' ' || rune == 0x85 || rune == 0xA0 || rune == 0x1680 ||
                     (rune >= 0x2000 && rune <= 0x200A) || rune == 0x2028 || rune == 0x2029 || rune == 0x202F ||
                     rune == 0x205F || rune == 0x3000;
        return space ? len : 0;
}

static int add_env_line(struct pairs *p, const char *line, size_t n, bool first, struct err *err) {
        struct arena *a = p->t->e->arena;
        const char *end = line + n;
        if (!utf8_valid(line, n)) {
                _cleanup_buf_ struct buf bytes = BUF_INIT(65536);
                for (size_t i = 0; i < n; i++)
                        buf_addf(&bytes, "%s%u", i ? " " : "", (uint8_t)line[i]);
                return err_set(err, ERR_INVALID, "line [%s] has invalid utf8 bytes : %.*s", buf_str(&bytes), (int)n,
                               line);
        }
        if (first && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
                line += 3;
        for (unsigned len; (len = space_at(line, end));)
                line += len;
        if (line == end || *line == '#')
                return 0;
        const char *equals = memchr(line, '=', (size_t)(end - line));
        size_t key_len = (size_t)((equals ? equals : end) - line);
        if (!key_len)
                return 0;
        const char *text = equals ? arena_strndup(a, equals + 1, (size_t)(end - equals - 1)) : "";
        if (!text)
                return err_oom(err);
        return add_pair(p, line, key_len, text, equals ? (size_t)(end - equals - 1) : 0, err);
}

static int add_env_file(struct pairs *p, const char *path, struct err *err) {
        const char *text;
        size_t n;
        if (loader_read(p->t->e, &p->t->loader, path, &text, &n, err) < 0)
                return -1;
        const char *at = text, *end = text + n;
        while (at < end) {
                const char *eol = memchr(at, '\n', (size_t)(end - at));
                size_t len = (size_t)((eol ? eol : end) - at);
                if (len && at[len - 1] == '\r')
                        len--;
                if (add_env_line(p, at, len, at == text, err) < 0)
                        return -1;
                at = eol ? eol + 1 : end;
        }
        return 0;
}

/* ---- literals and files ---- */

static int add_literal(struct pairs *p, const char *source, struct err *err) {
        struct arena *a = p->t->e->arena;
        const char *equals = strchr(source, '=');
        if (!equals || equals == source)
                return err_set(err, ERR_INVALID, "invalid literal source %s, expected key=value", source);
        const char *text = equals + 1;
        size_t n = strlen(text);
        if (n >= 2 && text[0] == text[n - 1] && (text[0] == '"' || text[0] == '\'')) {
                text = arena_strndup(a, text + 1, n - 2);
                n -= 2;
        }
        return text ? add_pair(p, source, (size_t)(equals - source), text, n, err) : err_oom(err);
}

static int add_file(struct pairs *p, const char *source, struct err *err) {
        struct arena *a = p->t->e->arena;
        const char *equals = strchr(source, '='), *path = source, *key;
        size_t key_len, n;
        if (equals && strchr(equals + 1, '='))
                return err_set(err, ERR_INVALID, "source %s key name or file path contains '='", quote_text(a, source));
        if (equals == source)
                return err_set(err, ERR_INVALID, "missing key name for file path %s in source %s",
                               quote_text(a, source + 1), quote_text(a, source));
        if (equals && !equals[1])
                return err_set(err, ERR_INVALID, "missing file path for key name %s in source %s",
                               quote_text(a, arena_strndup(a, source, (size_t)(equals - source))),
                               quote_text(a, source));
        if (equals) {
                key = source;
                key_len = (size_t)(equals - source);
                path = equals + 1;
        } else { /* Go's path.Base */
                key_len = strlen(source);
                while (key_len > 1 && source[key_len - 1] == '/')
                        key_len--;
                key = source + key_len;
                while (key > source && key[-1] != '/')
                        key--;
                key_len -= (size_t)(key - source);
        }
        const char *text;
        if (loader_read(p->t->e, &p->t->loader, path, &text, &n, err) < 0)
                return -1;
        return add_pair(p, key, key_len, text, n, err);
}

static int add_all(struct pairs *p, const struct value *args, struct err *err) {
        static const struct {
                const char *field, *what;
                int (*add)(struct pairs *p, const char *source, struct err *err);
        } sources[] = {
                {"envs", "env source files:", add_env_file},
                {"literals", "literal sources", add_literal},
                {"files", "file sources:", add_file},
        };
        bool repeated = false;
        for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
                const struct value *list = value_get(args, sources[i].field);
                if (!value_is_list(list))
                        continue;
                VALUE_EACH_ITEM(item, list)
                        if (sources[i].add(p, item->str, err) < 0) {
                                repeated = err && strstr(err_message(err), "illegally repeats the key");
                                return repeated ? -1 : wrap_sources(sources[i].what, list, err);
                        }
        }
        return 0;
}

int kv_load(struct target *t, const struct value *args, struct value *ret, struct err *err) {
        struct pairs p = {.t = t, .map = ret, .name = value_string_or(value_get(args, "name"), "")};
        *ret = value_map();
        int failed = add_all(&p, args, err);
        strmap_done(&p.seen);
        if (failed && err && !strstr(err_message(err), "illegally repeats the key"))
                return err_wrap(err, "loading KV pairs");
        return failed;
}
