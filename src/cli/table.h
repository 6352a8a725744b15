/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as the flux CLI prints them: upper-case headers, cells padded with blanks and parted by tabs (corpus cli). */
#pragma once

#include "data/value.h"

/* header: list of strings; rows: list of lists of strings. header NULL: --no-header. */
void table_print(const struct value *header, const struct value *rows);
