/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/strategy/qos.h"

/* A quantity that is zero in any spelling: no digit but 0 in it. */
static bool is_zero(const struct value *quantity) {
        const char *text = value_string_or(quantity, "0");
        return strpbrk(text, "123456789") == NULL;
}

struct tally {
        bool any;        /* some container asks for something */
        bool guaranteed; /* all containers limit both resources and ask for exactly that */
};

static void count_container(struct tally *t, const struct value *container) {
        static const char *const resources[] = {"cpu", "memory"};
        const struct value *limits = value_path(container, "resources", "limits", NULL);
        const struct value *requests = value_path(container, "resources", "requests", NULL);
        for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
                const struct value *limit = value_get(limits, resources[i]);
                const struct value *request = value_get(requests, resources[i]);
                bool limited = limit && !is_zero(limit), requested = request && !is_zero(request);
                t->any = t->any || limited || requested;
                /* quantities were made canonical when the object was decoded */
                if (!limited || !request || !value_equal(limit, request))
                        t->guaranteed = false;
        }
}

const char *qos_class(const struct value *pod_spec) {
        struct tally t = {.guaranteed = true};
        static const char *const lists[] = {"containers", "initContainers"};
        for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
                const struct value *list = value_get(pod_spec, lists[i]);
                if (!value_is_list(list))
                        continue;
                VALUE_EACH_ITEM(container, list)
                        count_container(&t, container);
        }
        if (!t.any)
                return "BestEffort";
        return t.guaranteed ? "Guaranteed" : "Burstable";
}
