/* SPDX-License-Identifier: Apache-2.0 */
#include "data/text/utf8.h"
#include "data/yaml/yaml_emitter.h"
#include "data/yaml/yaml_scalar.h"

/* Indentation inside collections, and so the hint of block scalars that begin with white space. */
#define BEST_INDENT 2

static void put(struct yaml_emitter *e, char c) {
        buf_addc(e->out, c);
        e->column++;
}

/* Copies the bytes at the start of s that yaml_is_word() knows; answers how many. */
static size_t put_word(struct yaml_emitter *e, const char *s, size_t n) {
        size_t len = 0;
        while (len < n && yaml_word_bytes[(uint8_t)s[len]])
                len++;
        buf_add(e->out, s, len);
        e->column += (int)len;
        return len;
}

static void put_break(struct yaml_emitter *e) {
        buf_addc(e->out, '\n');
        e->column = 0;
        if (e->dialect == YAML_KYAML)
                e->indention = true;
}

/* Copies one rune; answers its bytes. */
static size_t put_rune(struct yaml_emitter *e, const char *s, size_t n) {
        size_t len = yaml_rune_len(*s);
        if (len > n)
                len = n;
        buf_add(e->out, s, len);
        e->column++;
        return len;
}

/* Copies one line break as it is; answers its bytes. */
static size_t copy_break(struct yaml_emitter *e, const char *s, size_t n) {
        unsigned len = yaml_break_len(s, n);
        buf_add(e->out, s, len);
        e->column = 0;
        e->indention = true;
        return len;
}

void yaml_emit_indent(struct yaml_emitter *e) {
        int indent = e->indent < 0 ? 0 : e->indent;
        if (!e->indention || e->column > indent || (e->column == indent && !e->whitespace))
                put_break(e);
        static const char spaces[] = "                                ";
        while (e->column < indent) {
                size_t n = (size_t)(indent - e->column);
                n = n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1;
                buf_add(e->out, spaces, n);
                e->column += (int)n;
        }
        e->whitespace = e->indention = true;
}

void yaml_emit_indicator(struct yaml_emitter *e, const char *text, bool need_space, bool is_space, bool is_indention) {
        if (need_space && !e->whitespace)
                put(e, ' ');
        for (; *text; text++)
                put(e, *text);
        e->whitespace = is_space;
        e->indention = e->indention && is_indention;
}

/* A space that may become a line break: nothing else does, so long words stay whole. */
static bool folds(const struct yaml_emitter *e, const char *s, size_t n, size_t i, enum yaml_place place, bool spaces) {
        return place == YAML_PLACE_VALUE && !spaces && e->column > e->width && i + 1 < n && s[i + 1] != ' ';
}

/* Plain and single-quoted texts differ in the quote, and in that a quoted text does not fold its first space. */
static void write_flowing(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place, char quote) {
        bool spaces = false, breaks = false;
        for (size_t i = 0; i < n;) {
                if (s[i] == ' ') {
                        if (folds(e, s, n, i, place, spaces) && (!quote || i > 0)) {
                                yaml_emit_indent(e);
                                i++;
                        } else
                                i += put_rune(e, s + i, n - i);
                        spaces = true;
                } else if (yaml_break_len(s + i, n - i)) {
                        if (!breaks && s[i] == '\n')
                                put_break(e);
                        i += copy_break(e, s + i, n - i);
                        breaks = true;
                } else {
                        if (breaks)
                                yaml_emit_indent(e);
                        if (quote && s[i] == quote)
                                put(e, quote);
                        size_t word = put_word(e, s + i, n - i);
                        i += word ? word : put_rune(e, s + i, n - i);
                        e->indention = spaces = breaks = false;
                }
        }
}

void yaml_emit_plain(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place) {
        if (!e->whitespace && (n || e->dialect == YAML_SIGS))
                put(e, ' ');
        write_flowing(e, s, n, place, '\0');
        e->whitespace = e->indention = false;
}

/* A word, or one like an image or a digest: in block style ':' and '@' are letters too where another one follows. */
static bool needs_no_thought(const struct yaml_emitter *e, const char *s, size_t n) {
        if (yaml_is_word(s, n))
                return true;
        if (e->flow || !n || !yaml_is_word(s, 1))
                return false;
        for (size_t i = 1; i < n; i++) {
                bool joins = (s[i] == ':' || s[i] == '@') && i + 1 < n && yaml_word_bytes[(uint8_t)s[i + 1]];
                if (!joins && !yaml_word_bytes[(uint8_t)s[i]])
                        return false;
        }
        return true;
}

bool yaml_emit_word(struct yaml_emitter *e, const char *s, size_t n) {
        if (!needs_no_thought(e, s, n) || !yaml_plain_is_string(s, n, e->dialect))
                return false;
        if (!e->whitespace)
                put(e, ' ');
        buf_add(e->out, s, n);
        e->column += (int)n;
        e->whitespace = e->indention = false;
        return true;
}

static void write_single(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place) {
        yaml_emit_indicator(e, "'", true, false, false);
        write_flowing(e, s, n, place, '\'');
        yaml_emit_indicator(e, "'", false, false, false);
        e->whitespace = e->indention = false;
}

static void write_escape(struct yaml_emitter *e, uint32_t rune) {
        static const struct {
                uint32_t rune;
                char letter;
        } letters[] = {{0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
                       {11, 'v'},    {12, 'f'},   {13, 'r'},   {27, 'e'},     {'"', '"'},
                       {'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
        put(e, '\\');
        for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
                if (letters[i].rune == rune) {
                        put(e, letters[i].letter);
                        return;
                }
        }
        char text[12];
        if (rune <= 0xFF)
                snprintf(text, sizeof(text), "x%02X", rune);
        else if (rune <= 0xFFFF)
                snprintf(text, sizeof(text), "u%04X", rune);
        else
                snprintf(text, sizeof(text), "U%08X", rune);
        for (const char *p = text; *p; p++)
                put(e, *p);
}

static void write_double(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place) {
        bool spaces = false;
        /* go-yaml looks for a byte order mark at the start of the text whatever the position it asks for: behind a
         * leading one every character is escaped. */
        bool marked = n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0;
        yaml_emit_indicator(e, "\"", true, false, false);
        for (size_t i = 0; i < n;) {
                if (marked || !yaml_printable(s + i, n - i) || yaml_break_len(s + i, n - i) || s[i] == '"' ||
                    s[i] == '\\') {
                        uint32_t rune;
                        unsigned len = utf8_decode(s + i, s + n, &rune);
                        write_escape(e, rune);
                        i += len ? len : 1;
                        spaces = false;
                } else if (s[i] == ' ') {
                        if (place == YAML_PLACE_VALUE && !spaces && e->column > e->width && i > 0 && i + 1 < n) {
                                yaml_emit_indent(e);
                                if (s[i + 1] == ' ')
                                        put(e, '\\');
                                i++;
                        } else
                                i += put_rune(e, s + i, n - i);
                        spaces = true;
                } else {
                        i += put_rune(e, s + i, n - i);
                        spaces = false;
                }
        }
        yaml_emit_indicator(e, "\"", false, false, false);
        e->whitespace = e->indention = false;
}

/* The length of the line break that ends s[0..n); 0: none does. */
static unsigned last_break_len(const char *s, size_t n) {
        for (unsigned len = 1; len <= 3 && len <= n; len++)
                if (yaml_break_len(s + n - len, len) == len)
                        return len;
        return 0;
}

static void write_hints(struct yaml_emitter *e, const char *s, size_t n) {
        if (*s == ' ' || yaml_break_len(s, n))
                yaml_emit_indicator(e, (const char[]){'0' + BEST_INDENT, '\0'}, false, false, false);
        unsigned last = last_break_len(s, n);
        if (!last)
                yaml_emit_indicator(e, "-", false, false, false);
        else if (last == n || last_break_len(s, n - last))
                yaml_emit_indicator(e, "+", false, false, false);
        put_break(e);
        e->indention = e->whitespace = true;
}

static void write_literal(struct yaml_emitter *e, const char *s, size_t n) {
        yaml_emit_indicator(e, "|", true, false, false);
        write_hints(e, s, n);
        bool breaks = true;
        for (size_t i = 0; i < n;) {
                if (yaml_break_len(s + i, n - i)) {
                        i += copy_break(e, s + i, n - i);
                        breaks = true;
                } else {
                        if (breaks)
                                yaml_emit_indent(e);
                        size_t word = put_word(e, s + i, n - i);
                        i += word ? word : put_rune(e, s + i, n - i);
                        e->indention = breaks = false;
                }
        }
}

/* Only where styles are kept, and there lines are never folded. A line feed is written twice unless lines around it
 * begin with white space; go-yaml looks for that at the start of the whole text only, and so does this. */
static void write_folded(struct yaml_emitter *e, const char *s, size_t n) {
        yaml_emit_indicator(e, ">", true, false, false);
        write_hints(e, s, n);
        size_t first = 0;
        while (first < n && yaml_break_len(s + first, n - first))
                first += yaml_break_len(s + first, n - first);
        bool doubles = first < n && s[first] != ' ' && s[first] != '\t';
        bool breaks = true, indented = true;
        for (size_t i = 0; i < n;) {
                if (yaml_break_len(s + i, n - i)) {
                        if (!breaks && !indented && s[i] == '\n' && doubles)
                                put_break(e);
                        i += copy_break(e, s + i, n - i);
                        breaks = true;
                } else {
                        if (breaks) {
                                yaml_emit_indent(e);
                                indented = s[i] == ' ' || s[i] == '\t';
                        }
                        i += put_rune(e, s + i, n - i);
                        e->indention = breaks = false;
                }
        }
}

/* The style that is wanted, before it is known what the text allows. */
static enum value_style choose_style(const struct yaml_emitter *e, const char *s, size_t n, enum value_style style) {
        if (e->styled && style > VALUE_STYLE_PLAIN && style < VALUE_STYLE_FLOW)
                return style;
        if (memchr(s, '\n', n))
                return VALUE_STYLE_LITERAL;
        bool plain = e->styled ? yaml_scalar_resolve(s, n, e->dialect).type == YAML_SCALAR_STRING
                               : yaml_plain_is_string(s, n, e->dialect);
        return plain ? VALUE_STYLE_PLAIN : VALUE_STYLE_DOUBLE;
}

void yaml_emit_string(struct yaml_emitter *e, const char *s, size_t n, enum yaml_place place, enum value_style style) {
        struct yaml_analysis can = yaml_analyze(s, n, e->dialect);
        bool simple = place == YAML_PLACE_SIMPLE_KEY;
        int indent = e->indent;
        e->indent = indent < 0 ? BEST_INDENT : indent + BEST_INDENT;
        style = choose_style(e, s, n, style);
        if (simple && can.multiline)
                style = VALUE_STYLE_DOUBLE;
        if (style == VALUE_STYLE_PLAIN && !(e->flow ? can.flow_plain : can.block_plain))
                style = VALUE_STYLE_SINGLE;
        if (style == VALUE_STYLE_SINGLE && !can.single_quoted)
                style = VALUE_STYLE_DOUBLE;
        if ((style == VALUE_STYLE_LITERAL || style == VALUE_STYLE_FOLDED) && (!can.block || e->flow || simple))
                style = VALUE_STYLE_DOUBLE;
        if (style == VALUE_STYLE_PLAIN)
                yaml_emit_plain(e, s, n, place);
        else if (style == VALUE_STYLE_SINGLE)
                write_single(e, s, n, place);
        else if (style == VALUE_STYLE_LITERAL)
                write_literal(e, s, n);
        else if (style == VALUE_STYLE_FOLDED)
                write_folded(e, s, n);
        else
                write_double(e, s, n, place);
        e->indent = indent;
}

bool yaml_key_is_simple(const char *s, size_t n, enum yaml_dialect dialect) {
        return n <= YAML_SIMPLE_KEY_MAX && !yaml_analyze(s, n, dialect).multiline;
}
