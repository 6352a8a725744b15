/* SPDX-License-Identifier: Apache-2.0 */
/* The harness of the corpus runners: goes through the rows of a table, asks the runner for a verdict on each, prints
 * one TAP line for the table with its counts and, as comments, what the first failing rows expected and found.
 *
 * The corpora are unpacked beneath $WEIR_CORPUS; without it every table is skipped. A failing row that stands in
 * known-failures.txt ("table/case-id: reason") is counted but does not fail the test; a row that stands there and
 * passes, or does not exist, fails it, so that the list stays honest.
 * WEIR_CORPUS_CASE=id runs one row alone; WEIR_CORPUS_SHOW=n shows n failing rows instead of 10 (known ones too).
 *
 * Usage:
 *      static const struct corpus_table tables[] = {{"json/decode", check_decode}, …};
 *      int main(void) { return corpus_main(tables, ARRAY_LEN(tables)); } */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "data/value.h"

/* One row. Everything in it and in the arena lives until the check returns. */
struct corpus_case {
        const char *table;       /* "json/decode" */
        const char *id;          /* the row's "id", or its line number */
        const struct value *row; /* a map */
        struct arena *arena;
        struct buf expected; /* shown when the row fails; the check may fill them itself */
        struct buf found;
};

enum corpus_verdict { CORPUS_PASS, CORPUS_FAIL, CORPUS_SKIP /* the row is no case for this runner */ };

typedef enum corpus_verdict corpus_check(struct corpus_case *c);

/* Sees rows that are no cases but hold data shared by the others ("out": "not a case: …"). */
typedef void corpus_keep(const struct corpus_case *c);

struct corpus_table {
        const char *name; /* the file $WEIR_CORPUS/NAME.jsonl */
        corpus_check *check;
        corpus_keep *keep; /* NULL: such rows are passed over */
};

/* Runs the tables, prints TAP; answers the program's exit status. */
int corpus_main(const struct corpus_table *tables, size_t n);

/* ---- for checks ---- */

/* The bytes at map.key: a string, or map.key_b64 decoded, or {"repeat": [[text, n], …]} written out. -1 when there is
 * none of them. */
int corpus_bytes(struct corpus_case *c, const struct value *map, const char *key, const char **ret, size_t *ret_len);

/* The same as a C string, or NULL. */
const char *corpus_text(struct corpus_case *c, const struct value *map, const char *key);

/* Byte-equal or not, filling expected and found ("what: text") when not. NULL means "nothing". */
enum corpus_verdict corpus_same(struct corpus_case *c, const char *what, const char *expected, const char *found);
enum corpus_verdict corpus_same_bytes(struct corpus_case *c, const char *what, const char *expected,
                                      size_t expected_len, const char *found, size_t found_len);

/* Equal trees or not; both shown as JSON. */
enum corpus_verdict corpus_same_value(struct corpus_case *c, const char *what, const struct value *expected,
                                      const struct value *found);

/* Fails with formatted text as what was found. */
enum corpus_verdict corpus_fail(struct corpus_case *c, const char *fmt, ...) _printf_(2, 3);

/* Appends the corpora's typed notation of a value: i(1), f(3ff0000000000000), "text", [..], {key:value}. */
void corpus_typed(struct buf *b, const struct value *v);

/* True when the row's "tags" hold the tag. */
bool corpus_has_tag(const struct corpus_case *c, const char *tag);

/* ---- for runners whose cases are not rows of a file (folders, recordings) ---- */

struct corpus_run;

/* Opens the count of one table. NULL, and a SKIP line is printed, when WEIR_CORPUS is unset. */
struct corpus_run *corpus_begin(const char *table);

/* False when WEIR_CORPUS_CASE asks for another case. */
bool corpus_wants(const struct corpus_run *run, const char *id);

/* Counts one verdict; expected and found may be NULL. */
void corpus_result(struct corpus_run *run, const char *id, enum corpus_verdict verdict, const char *expected,
                   const char *found);

/* Prints the TAP line and frees run; answers whether the table is fine (NULL: yes). */
bool corpus_end(struct corpus_run *run);

/* $WEIR_CORPUS, or NULL. */
const char *corpus_root(void);

/* Prints the TAP plan: once, before the first corpus_begin(), by programs that do not use corpus_main(). */
void corpus_plan(size_t tables);
