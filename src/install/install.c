/* SPDX-License-Identifier: Apache-2.0 */
#include "install/install.h"

#include "base/buf.h"
#include "base/clock.h"
#include "data/json/json.h"
#include "data/yaml/yaml.h"
#include "kube/flux/condition.h"

#include <time.h>

#define SERVED_TIMEOUT (30 * NSEC_PER_SEC)

/* The files of data/install, put into the program by tools/embed.py. */
extern const char install_deployment[], install_deployment_end[];
extern const char install_rbac[], install_rbac_end[];
extern const char install_crd_gitrepositories[], install_crd_gitrepositories_end[];
extern const char install_crd_kustomizations[], install_crd_kustomizations_end[];
extern const char install_crd_sourcegrants[], install_crd_sourcegrants_end[];

static const struct {
        const char *from, *to;
} files[] = {
        {install_crd_gitrepositories, install_crd_gitrepositories_end},
        {install_crd_kustomizations, install_crd_kustomizations_end},
        {install_crd_sourcegrants, install_crd_sourcegrants_end},
        {install_rbac, install_rbac_end},
};

/* The Deployment with that image. */
static int make_deployment(struct arena *a, const char *image, struct value *ret, struct err *err) {
        struct yaml_options options = {.dialect = YAML_SIGS};
        struct value *containers;
        if (yaml_parse(a, install_deployment, (size_t)(install_deployment_end - install_deployment), &options, ret,
                       err) < 0)
                return -1;
        containers = value_path(ret, "spec", "template", "spec", "containers", NULL);
        return value_set(a, &containers->items[0], "image", value_str(image)) ? 0 : err_oom(err);
}

const char *install_manifests(struct arena *a, const char *image, struct err *err) {
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 22);
        struct value deployment;
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
                buf_adds(&b, "---\n");
                buf_add(&b, files[i].from, (size_t)(files[i].to - files[i].from));
        }
        if (image) {
                if (make_deployment(a, image, &deployment, err) < 0)
                        return NULL;
                buf_adds(&b, "---\n");
                yaml_write(&b, &deployment, YAML_SIGS);
        }
        char *text = buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
        if (!text)
                err_oom(err);
        return text;
}

static int wait_established(struct client *c, struct arena *a, const char *name, struct err *err) {
        for (int64_t deadline = clock_monotonic_ns() + SERVED_TIMEOUT;;) {
                struct value crd;
                if (client_get(c, a, NULL, "apiextensions.k8s.io/v1", "CustomResourceDefinition", NULL, name, &crd,
                               err) < 0)
                        return -1;
                if (condition_is(&crd, "Established", "True"))
                        return 0;
                if (clock_monotonic_ns() > deadline)
                        return err_set(err, ERR_TIMEOUT, "CustomResourceDefinition %s was not established in 30s",
                                       name);
                nanosleep(&(struct timespec){.tv_nsec = 10 * NSEC_PER_MSEC}, NULL);
        }
}

int install_apply(struct client *c, const char *image, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        const char *text = a ? install_manifests(a, image, err) : NULL;
        struct yaml_options options = {.dialect = YAML_SIGS};
        struct client_apply_options apply = {.field_manager = "weir", .force = true};
        struct value objects;
        if (!text || yaml_parse_all(a, text, strlen(text), &options, &objects, err) < 0)
                return -1;
        VALUE_EACH_ITEM(o, &objects) {
                const char *kind = value_get_str(o, "kind"), *name = value_path_str(o, "metadata", "name", NULL);
                if (value_is_null(o))
                        continue;
                if (client_apply(c, a, NULL, o, &apply, NULL, err) < 0)
                        return err_wrap(err, "%s/%s", kind, name);
        }
        VALUE_EACH_ITEM(o, &objects)
                if (value_equals_str(value_get(o, "kind"), "CustomResourceDefinition") &&
                    wait_established(c, a, value_path_str(o, "metadata", "name", NULL), err) < 0)
                        return -1;
        return 0;
}

int install_own_deployment(struct client *c, struct err *err) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
        _cleanup_err_ struct err failed = ERR_INIT;
        struct value deployment;
        if (!a)
                return err_oom(err);
        if (make_deployment(a, OWN_IMAGE, &deployment, err) < 0)
                return -1;
        json_write(&b, &deployment, 0);
        if (buf_failed(&b))
                return err_oom(err);
        struct client_request request = {.method = "POST",
                                         .path = "/apis/apps/v1/namespaces/" OWN_NAMESPACE "/deployments",
                                         .query = "fieldManager=weir",
                                         .body = buf_str(&b),
                                         .body_len = b.len};
        if (client_do(c, a, &request, NULL, &failed) < 0 && failed.class != ERR_EXISTS)
                return err_move(err, &failed);
        return 0;
}
