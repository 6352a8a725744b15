/* SPDX-License-Identifier: Apache-2.0 */
#include "data/yaml/yaml_scalar.h"

#include <math.h>

/* The double with the fewest digits that is the same float32: those digits are then its shortest too. */
static double shortest_float32(double f) {
        char text[32];
        for (int digits = 1; digits < 10; digits++) {
                snprintf(text, sizeof(text), "%.*g", digits, f);
                if (strtof(text, NULL) == (float)f)
                        break;
        }
        return strtod(text, NULL);
}

size_t yaml_format_float(char to[static YAML_FLOAT_MAX], double f, unsigned bits) {
        if (bits == 32)
                f = (double)(float)f;
        if (isnan(f) || isinf(f))
                return (size_t)snprintf(to, YAML_FLOAT_MAX, "%s", isnan(f) ? ".nan" : f < 0 ? "-.inf" : ".inf");
        return decimal_format_go(to, bits == 32 ? shortest_float32(f) : f);
}
