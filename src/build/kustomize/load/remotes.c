/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/load/remotes.h"

#include "base/clock.h"
#include "base/fs.h"
#include "build/kustomize/load/remote.h"

void remotes_init(struct remotes *r, struct arena *a, int fd, const struct value *fetched) {
        bool some = fetched && value_is_list(fetched);
        *r = (struct remotes){.a = a, .fd = fd, .fetched = some ? fetched : NULL, .wanted = value_list()};
}

void remotes_done(struct remotes *r) {
        while (r->n_open)
                close(r->open[--r->n_open].fd);
}

bool remotes_same(const struct value *a, const struct value *b) {
        static const char *const keys[] = {"url", "ref", "submodules"};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
                if (!value_equal(value_get(a, keys[i]), value_get(b, keys[i])))
                        return false;
        return true;
}

static const struct value *find_same(const struct value *list, const struct value *entry) {
        if (list)
                VALUE_EACH_ITEM(item, list)
                        if (remotes_same(item, entry))
                                return item;
        return NULL;
}

static int want(struct remotes *r, struct value *entry, const struct remote *remote, struct err *err) {
        int64_t seconds = (remote->timeout_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
        if (find_same(&r->wanted, entry))
                return 0;
        if (r->wanted.len + (r->fetched ? r->fetched->len : 0) >= LIMIT_REMOTES) {
                r->failed = true;
                return err_set(err, ERR_TOO_LARGE, "the build names more than %d repositories", LIMIT_REMOTES);
        }
        if (!value_set(r->a, entry, "seconds", value_int(seconds)) || !value_append(r->a, &r->wanted, *entry))
                return err_oom(err);
        return 0;
}

static int open_fetched(struct remotes *r, const struct value *entry, int *ret_fd, struct err *err) {
        for (size_t i = 0; i < r->n_open; i++)
                if (r->open[i].entry == entry) {
                        *ret_fd = r->open[i].fd;
                        return 1;
                }
        if (r->n_open == LIMIT_REMOTES)
                return err_set(err, ERR_TOO_LARGE, "the build names more than %d repositories", LIMIT_REMOTES);
        int fd = fs_open_dir(r->fd, value_string_or(value_get(entry, "directory"), ""), err);
        if (fd < 0)
                return -1;
        r->open[r->n_open].entry = entry;
        r->open[r->n_open++].fd = *ret_fd = fd;
        return 1;
}

int remotes_find(void *context, const struct remote *remote, int *ret_fd, struct err *err) {
        struct remotes *r = context;
        struct value entry = value_map();
        if (!value_set(r->a, &entry, "url", value_str(remote->url)) ||
            !value_set(r->a, &entry, "ref", value_str(remote->ref)) ||
            !value_set(r->a, &entry, "submodules", value_bool(remote->submodules)))
                return err_oom(err);
        const struct value *known = find_same(r->fetched, &entry);
        if (!known)
                return want(r, &entry, remote, err);
        const char *message = value_get_str(known, "message");
        r->failed = r->failed || message;
        if (message)
                return err_set(err, (enum err_class)value_int_or(value_get(known, "class"), ERR_IO), "%s", message);
        return open_fetched(r, known, ret_fd, err);
}
