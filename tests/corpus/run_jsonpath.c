/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl's JSONPath templates against client-go. */
#include "corpus.h"

#include "data/json/json.h"
#include "data/jsonpath/jsonpath.h"

/* The documents that rows name, kept as JSON between rows. */
static struct { char *doc, *mdoc; } documents;

static void keep_document(char **slot, const struct value *row) {
        struct buf text = BUF_INIT(1 << 20);
        json_write(&text, value_get(row, "in"), 0);
        free(*slot);
        *slot = buf_take(&text);
}

static int compare_words(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The words of a text in order, so that texts in the order of a Go map can be compared. */
static const char *sorted_words(struct corpus_case *c, const char *text) {
        char *words[256], *rest = arena_strdup(c->arena, text), *word;
        size_t n = 0;
        while ((word = strsep(&rest, " \n")) && n < ARRAY_LEN(words))
                words[n++] = word;
        qsort(words, n, sizeof(*words), compare_words);
        struct buf b = BUF_INIT(1 << 20);
        for (size_t i = 0; i < n; i++)
                buf_addf(&b, "%s ", words[i]);
        const char *sorted = arena_strdup(c->arena, buf_str(&b));
        buf_done(&b);
        return sorted;
}

static enum corpus_verdict check_one(struct corpus_case *c, const char *name, unsigned flags, const char *in,
                                     const struct value *doc) {
        const struct value *out = value_path(c->row, "out", name, NULL);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
        struct jsonpath *path;
        if (jsonpath_parse(c->arena, in, strlen(in), &path, &err) < 0)
                err_wrap(&err, "parse");
        else if (jsonpath_execute(c->arena, path, doc, flags, &text, &err) == 0) {
                const char *expected = corpus_text(c, out, "out");
                if (expected && corpus_has_tag(c, "unstable"))
                        return corpus_same(c, name, sorted_words(c, expected), sorted_words(c, buf_str(&text)));
                return corpus_same(c, name, expected, buf_str(&text));
        }
        return corpus_same(c, name, corpus_text(c, out, "error"), err_message(&err));
}

static enum corpus_verdict check_template(struct corpus_case *c) {
        const char *data = value_get_str(c->row, "data");
        const char *in = corpus_text(c, c->row, "in");
        struct value doc;
        if (!documents.doc || !documents.mdoc || !in)
                return corpus_fail(c, "no document or no input");
        const char *json = data ? documents.mdoc : documents.doc;
        if (json_parse(c->arena, json, strlen(json), 0, NULL, &doc, NULL) < 0)
                return corpus_fail(c, "the document does not parse");
        enum corpus_verdict v = check_one(c, "strict", 0, in, &doc);
        return v == CORPUS_PASS ? check_one(c, "allow_missing", JSONPATH_ALLOW_MISSING, in, &doc) : v;
}

static enum corpus_verdict check_relaxed(struct corpus_case *c) {
        _cleanup_err_ struct err err = ERR_INIT;
        const char *found;
        if (jsonpath_relaxed(c->arena, value_get_str(c->row, "in"), &found, &err) < 0)
                return corpus_same(c, "", value_get_str(c->row, "error"), err_message(&err));
        return corpus_same(c, "", value_get_str(c->row, "out"), found);
}

static void keep_data(const struct corpus_case *c) {
        if (streq(c->id, "doc"))
                keep_document(&documents.doc, c->row);
        else
                keep_document(&documents.mdoc, c->row);
}

int main(void) {
        static const struct corpus_table tables[] = {
                {"jsonpath/template", check_template, keep_data},
                {"jsonpath/relaxed", check_relaxed},
        };
        int status = corpus_main(tables, ARRAY_LEN(tables));
        free(documents.doc);
        free(documents.mdoc);
        return status;
}
