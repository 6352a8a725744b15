/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/table/table.h"
#include "base/clock.h"

char *table_human_duration(char text[static 24], int64_t ns) {
        int64_t seconds = ns / NSEC_PER_SEC;
        /* a clock that runs a little behind is no error */
        if (seconds < -1) {
                snprintf(text, 24, "<invalid>");
                return text;
        }
        if (seconds < 0)
                seconds = 0;
        long long s = seconds, m = s / 60, h = s / 3600, d = h / 24;
        if (s < 120)
                snprintf(text, 24, "%llds", s);
        else if (m < 10 && s % 60)
                snprintf(text, 24, "%lldm%llds", m, s % 60);
        else if (m < 180)
                snprintf(text, 24, "%lldm", m);
        else if (h < 8 && m % 60)
                snprintf(text, 24, "%lldh%lldm", h, m % 60);
        else if (h < 48)
                snprintf(text, 24, "%lldh", h);
        else if (h < 192 && h % 24)
                snprintf(text, 24, "%lldd%lldh", d, h % 24);
        else if (h < 24 * 365 * 2)
                snprintf(text, 24, "%lldd", d);
        else if (h < 24 * 365 * 8 && d % 365)
                snprintf(text, 24, "%lldy%lldd", d / 365, d % 365);
        else
                snprintf(text, 24, "%lldy", d / 365);
        return text;
}
