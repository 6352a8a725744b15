/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#define COLUMNS_MAX 16

/* Columns a text takes: characters, not bytes. */
static size_t width_of(const struct value *cell) {
        size_t n = 0;
        for (uint32_t i = 0; i < cell->len; i++)
                n += ((unsigned char)cell->str[i] & 0xc0) != 0x80;
        return n;
}

/* The cell with control characters as '?', so that a tenant's text cannot move the cursor. */
static void print_cell(const struct value *cell, size_t width) {
        for (uint32_t i = 0; i < cell->len; i++) {
                unsigned char c = (unsigned char)cell->str[i];
                putchar(c == '\n' ? ' ' : c < 0x20 || c == 0x7f ? '?' : c);
        }
        for (size_t n = width_of(cell); n < width; n++)
                putchar(' ');
}

void table_print(const struct value *header, const struct value *rows) {
        size_t widths[COLUMNS_MAX] = {0};
        for (uint32_t r = 0; r < rows->len + (header ? 1 : 0); r++) {
                const struct value *row = r < rows->len ? &rows->items[r] : header;
                for (uint32_t c = 0; c < row->len && c < COLUMNS_MAX; c++) {
                        size_t w = width_of(&row->items[c]);
                        if (w > widths[c])
                                widths[c] = w;
                }
        }
        for (uint32_t c = 0; header && c < header->len && c < COLUMNS_MAX; c++) {
                print_cell(&header->items[c], widths[c]);
                fputs(c + 1 < header->len ? "\t" : " \n", stdout);
        }
        VALUE_EACH_ITEM(row, rows) {
                for (uint32_t c = 0; c < row->len && c < COLUMNS_MAX; c++) {
                        print_cell(&row->items[c], widths[c]);
                        putchar('\t');
                }
                putchar('\n');
        }
}
