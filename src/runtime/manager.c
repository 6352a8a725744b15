/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/manager.h"

#include "base/clock.h"
#include "base/random.h"

int64_t manager_jitter(const struct manager *m, int64_t interval_ns) {
        if (m->jitter_percent == 0 || interval_ns <= 0)
                return interval_ns;
        uint32_t r;
        random_bytes(&r, sizeof(r));
        double share = ((double)r / (double)UINT32_MAX * 2 - 1) * m->jitter_percent / 100;
        return interval_ns + (int64_t)((double)interval_ns * share);
}

int64_t manager_duration(const struct value *v, int64_t fallback_ns) {
        int64_t ns;
        if (!value_is_string(v) || duration_parse(v->str, &ns, NULL) < 0 || ns < 0)
                return fallback_ns;
        return ns;
}

const char *manager_requested_at(const struct value *object) {
        return value_path_str(object, "metadata", "annotations", "reconcile.fluxcd.io/requestedAt", NULL);
}

bool manager_should_reconcile(const struct value *before, const struct value *after) {
        if (!before)
                return true;
        if (!value_equal(value_path(before, "metadata", "generation", NULL),
                         value_path(after, "metadata", "generation", NULL)) ||
            !value_equal(value_path(before, "metadata", "deletionTimestamp", NULL),
                         value_path(after, "metadata", "deletionTimestamp", NULL)))
                return true;
        const char *was = manager_requested_at(before), *is = manager_requested_at(after);
        return is && (!was || !streq(was, is));
}
