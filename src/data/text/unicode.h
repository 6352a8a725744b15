/* SPDX-License-Identifier: Apache-2.0 */
/* Classes and cases of runes, as Go's unicode package has them (Unicode 15.0). */
#pragma once

#include "base/buf.h"

bool unicode_is_letter(uint32_t rune); /* category L */
bool unicode_is_digit(uint32_t rune);  /* category Nd */
bool unicode_is_print(uint32_t rune);  /* what %q and strconv.Quote leave as it is */
uint32_t unicode_lower(uint32_t rune);
uint32_t unicode_upper(uint32_t rune);

/* Appends n bytes of text with every rune in lower or upper case (strings.ToLower, ToUpper); bad bytes become U+FFFD.
 */
void unicode_add_lower(struct buf *b, const char *text, size_t n);
void unicode_add_upper(struct buf *b, const char *text, size_t n);
