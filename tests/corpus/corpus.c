/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include "base/fs.h"
#include "base/strmap.h"
#include "data/json/json.h"

#define MAX_FILE ((size_t)512 << 20)
#define MAX_SHOWN_BYTES ((size_t)1 << 20)
#define SHOWN_LINES 6
#define SHOWN_BYTES 400

struct corpus_run {
        char *table;
        const char *only;    /* the one case that is wanted, or NULL */
        struct strmap known; /* case id to reason: this table's lines of known-failures.txt */
        char *known_text;
        size_t passed, failed, known_failed, skipped, unexpected, shown, show_max;
};

static unsigned tap_number;

const char *corpus_root(void) {
        const char *root = getenv("WEIR_CORPUS");
        return root && *root ? root : NULL;
}

void corpus_plan(size_t tables) {
        printf("1..%zu\n", tables);
}

/* Keeps this table's lines of the list: "table/id: reason". */
static void load_known(struct corpus_run *run) {
        size_t n;
        _cleanup_err_ struct err err = ERR_INIT;
        if (fs_read(AT_FDCWD, CORPUS_KNOWN_FAILURES, MAX_FILE, &run->known_text, &n, &err) < 0)
                return;
        size_t table_len = strlen(run->table);
        for (char *line = run->known_text, *next; line && *line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                char *colon = strstr(line, ": ");
                if (*line == '#' || !colon || strncmp(line, run->table, table_len) != 0 || line[table_len] != '/')
                        continue;
                *colon = '\0';
                char *id = line + table_len + 1;
                if (strmap_set(&run->known, id, strlen(id), colon + 2) < 0)
                        abort();
        }
}

struct corpus_run *corpus_begin(const char *table) {
        tap_number++;
        if (!corpus_root()) {
                printf("ok %u - %s # SKIP WEIR_CORPUS is unset\n", tap_number, table);
                return NULL;
        }
        struct corpus_run *run = calloc(1, sizeof(*run));
        if (!run || !(run->table = strdup(table)))
                abort();
        const char *show = getenv("WEIR_CORPUS_SHOW");
        run->show_max = show ? strtoul(show, NULL, 10) : 10;
        run->only = getenv("WEIR_CORPUS_CASE");
        load_known(run);
        return run;
}

bool corpus_wants(const struct corpus_run *run, const char *id) {
        return !run->only || streq(run->only, id);
}

static void show_text(const char *name, const char *text) {
        size_t lines = 0, bytes = 0;
        printf("#   %s: ", name);
        for (; *text && lines < SHOWN_LINES && bytes < SHOWN_BYTES; text++, bytes++) {
                putchar(*text == '\0' ? '?' : *text);
                if (*text == '\n' && text[1]) {
                        fputs("#     ", stdout);
                        lines++;
                }
        }
        puts(*text ? " …" : "");
}

void corpus_result(struct corpus_run *run, const char *id, enum corpus_verdict verdict, const char *expected,
                   const char *found) {
        const char *reason = strmap_remove(&run->known, id, strlen(id));
        if (verdict == CORPUS_SKIP) {
                run->skipped++;
        } else if (verdict == CORPUS_PASS) {
                run->passed++;
                if (reason) {
                        run->unexpected++;
                        printf("# %s/%s passes but stands in known-failures.txt\n", run->table, id);
                }
        } else {
                run->failed++;
                run->known_failed += reason != NULL;
                bool show = !reason || getenv("WEIR_CORPUS_SHOW") || run->only;
                if (!show || run->shown++ >= run->show_max)
                        return;
                printf("# %s/%s%s%s\n", run->table, id, reason ? " known: " : "", reason ? reason : "");
                if (expected)
                        show_text("expected", expected);
                if (found)
                        show_text("found   ", found);
        }
}

bool corpus_end(struct corpus_run *run) {
        if (!run)
                return true;
        size_t at = 0;
        for (const struct strmap_entry *e; !run->only && (e = strmap_next(&run->known, &at));) {
                printf("# %s/%s stands in known-failures.txt but is no case\n", run->table, e->key);
                run->unexpected++;
        }
        bool fine = run->failed == run->known_failed && !run->unexpected && (run->passed || run->failed);
        printf("%s %u - %s: %zu passed, %zu failed (%zu known)", fine ? "ok" : "not ok", tap_number, run->table,
               run->passed, run->failed, run->known_failed);
        if (run->skipped)
                printf(", %zu not applicable", run->skipped);
        putchar('\n');
        fflush(stdout);
        strmap_done(&run->known);
        free(run->known_text);
        free(run->table);
        free(run);
        return fine;
}

/* Parses one line and hands it to the check. */
static void run_row(struct corpus_run *run, const struct corpus_table *table, struct arena *arena, const char *line,
                    size_t n, size_t number) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct value row;
        const char *id = arena_printf(arena, "%zu", number);
        if (json_parse(arena, line, n, JSON_KUBERNETES, NULL, &row, &err) < 0) {
                corpus_result(run, id, CORPUS_FAIL, "a row of JSON", err_message(&err));
                return;
        }
        if (value_get_str(&row, "id"))
                id = value_get_str(&row, "id");
        struct corpus_case c = {
                .table = table->name,
                .id = id,
                .row = &row,
                .arena = arena,
                .expected = BUF_INIT(MAX_SHOWN_BYTES),
                .found = BUF_INIT(MAX_SHOWN_BYTES),
        };
        const char *out = value_get_str(&row, "out");
        if (out && str_has_prefix(out, "not a case:")) {
                if (table->keep)
                        table->keep(&c);
                return;
        }
        if (!corpus_wants(run, id))
                return;
        enum corpus_verdict verdict = table->check(&c);
        corpus_result(run, id, verdict, c.expected.len ? buf_str(&c.expected) : NULL,
                      c.found.len ? buf_str(&c.found) : NULL);
        buf_done(&c.expected);
        buf_done(&c.found);
}

static void run_table(struct corpus_run *run, const struct corpus_table *table) {
        _cleanup_arena_ struct arena *arena = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_free_ char *text = NULL;
        char *path = arena ? arena_printf(arena, "%s/%s.jsonl", corpus_root(), table->name) : NULL;
        size_t n;
        if (!path || fs_read(AT_FDCWD, path, MAX_FILE, &text, &n, &err) < 0) {
                corpus_result(run, "file", CORPUS_FAIL, "a table", err_message(&err));
                return;
        }
        size_t number = 0;
        for (char *line = text, *end = text + n, *next; line < end; line = next) {
                char *nl = memchr(line, '\n', (size_t)(end - line));
                next = nl ? nl + 1 : end;
                number++;
                arena_reset(arena);
                if (nl != line)
                        run_row(run, table, arena, line, (size_t)((nl ? nl : end) - line), number);
        }
}

int corpus_main(const struct corpus_table *tables, size_t n) {
        bool fine = true;
        corpus_plan(n);
        for (size_t i = 0; i < n; i++) {
                struct corpus_run *run = corpus_begin(tables[i].name);
                if (run)
                        run_table(run, &tables[i]);
                fine = corpus_end(run) && fine;
        }
        return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
