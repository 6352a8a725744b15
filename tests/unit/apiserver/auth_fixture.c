/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_fixture.h"

#include "base/clock.h"
#include "base/fs.h"
#include "data/json/json.h"

#define NOW INT64_C(1795225597)

/* ---- the world: bob may get pods in g1 and impersonate jane; rb-missing names a role that is not there ---- */

static const char world[] =
        "[{\"kind\":\"Role\",\"metadata\":{\"name\":\"role\",\"namespace\":\"g1\"},\"rules\":[{\"apiGroups\":[\"\"],"
        "\"resources\":[\"pods\"],\"verbs\":[\"get\"]},{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":"
        "[\"roles\",\"rolebindings\"],\"verbs\":[\"create\",\"update\"]}]},"
        "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"rb\",\"namespace\":\"g1\"},\"roleRef\":{\"kind\":\"Role\","
        "\"name\":\"role\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"}]},"
        "{\"kind\":\"RoleBinding\",\"metadata\":{\"name\":\"rb-missing\",\"namespace\":\"g2\"},\"roleRef\":{\"kind\":"
        "\"Role\",\"name\":\"missing\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"}]},"
        "{\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"as-jane\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":"
        "[\"users\"],\"resourceNames\":[\"jane\"],\"verbs\":[\"impersonate\"]}]},"
        "{\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"as-jane\"},\"roleRef\":{\"kind\":\"ClusterRole\","
        "\"name\":\"as-jane\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"}]}]";

static const char objects[] =
        "{\"serviceaccounts/g1/sa\":{\"metadata\":{\"name\":\"sa\",\"namespace\":\"g1\",\"uid\":\"sa-uid\"}},"
        "\"serviceaccounts/g1/default\":{\"metadata\":{\"name\":\"default\",\"namespace\":\"g1\",\"uid\":\"d-uid\"}},"
        "\"pods/g1/"
        "pod\":{\"metadata\":{\"name\":\"pod\",\"uid\":\"pod-uid\"},\"spec\":{\"serviceAccountName\":\"default\","
        "\"nodeName\":\"n1\"}},"
        "\"nodes//n1\":{\"metadata\":{\"name\":\"n1\",\"uid\":\"n1-uid\"}}}";

struct value json(struct fixture *f, const char *text) {
        struct value v;
        if (json_parse(f->a, text, strlen(text), 0, NULL, &v, NULL) < 0)
                fail_msg("%s", text);
        return v;
}

int lookup(void *context, struct arena *a, const char *resource, const char *namespace_, const char *name,
           struct value *ret, struct err *err) {
        struct fixture *f = context;
        const struct value *v = value_get(&f->objects, arena_printf(a, "%s/%s/%s", resource, namespace_, name));
        if (value_is_null(v))
                return err_set(err, ERR_NOT_FOUND, "%s \"%s\" not found", resource, name);
        *ret = *v;
        return 0;
}

void publish(struct fixture *f) {
        _cleanup_rbac_index_ const struct rbac_index *x = NULL;
        assert_int_equal(rbac_world_snapshot(f->world, &x, NULL), 0);
        auth_use_index(f->auth, x);
}

int setup(void **state) {
        static const char *const masters[] = {"system:masters", NULL};
        static const struct rbac_user local = {.name = "system:local", .uid = "", .groups = masters};
        static const char csv[] = "bob-token,bob,bob-uid,\"team-b,devs\"\r\nalice-token,alice,,\"team \"\"a\"\"\"\n\n";
        struct fixture *f = calloc(1, sizeof(*f));
        f->a = arena_new(0);
        snprintf(f->dir, sizeof(f->dir), "/tmp/weir-auth-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        char path[64];
        snprintf(path, sizeof(path), "%s/tokens.csv", f->dir);
        assert_int_equal(fs_write_atomic(path, csv, sizeof(csv) - 1, 0600, NULL), 0);
        struct pki_options pki = {.dir = f->dir, .now = NOW};
        assert_int_equal(pki_load(&pki, &f->pki, NULL), 0);
        struct auth_options o = {.token_auth_file = path, .unix_user = &local, .pki = f->pki, .lookup = {lookup, f}};
        assert_int_equal(auth_new(&o, &f->auth, NULL), 0);
        f->objects = json(f, objects);
        assert_int_equal(rbac_world_new(&f->world, NULL), 0);
        struct value all = json(f, world);
        VALUE_EACH_ITEM(item, &all)
                assert_int_equal(rbac_world_put(f->world, item, NULL), 0);
        publish(f);
        f->peer =
                (struct http_peer){.address = "127.0.0.1:1", .organizations = rbac_no_strings, .unix_uid = UINT32_MAX};
        f->r = (struct http_request){.arena = f->a, .method = "GET", .path = "/", .query = "", .peer = &f->peer};
        *state = f;
        return 0;
}

int teardown(void **state) {
        struct fixture *f = *state;
        auth_free(f->auth);
        rbac_world_free(f->world);
        pki_free(f->pki);
        fs_remove_tree(f->dir, NULL);
        arena_free(f->a);
        free(f);
        return 0;
}

void set_headers(struct fixture *f, const struct http_header *headers, size_t n) {
        f->r.headers = headers;
        f->r.n_headers = n;
}

const char *text(struct fixture *f, const struct value *v) {
        struct buf b = BUF_INIT(1 << 20);
        json_write(&b, v, 0);
        const char *copy = arena_strdup(f->a, buf_str(&b));
        buf_done(&b);
        return copy;
}

/* The caller as UserInfo, or "CODE message". */
const char *who(struct fixture *f) {
        struct rbac_user u;
        struct value status, v;
        if (auth_authenticate(f->auth, &f->r, &u, &status) < 0)
                return arena_printf(f->a, "%lld %s", (long long)value_int_or(value_get(&status, "code"), 0),
                                    value_get_str(&status, "message"));
        assert_int_equal(rbac_user_value(f->a, &u, &v, NULL), 0);
        return text(f, &v);
}

const char *with_token(struct fixture *f, const char *token) {
        struct http_header *h = arena_alloc(f->a, sizeof(*h));
        *h = (struct http_header){"authorization", arena_printf(f->a, "Bearer %s", token)};
        set_headers(f, h, 1);
        return who(f);
}

const char *issue(struct fixture *f, struct sa_token t) {
        static const char *const own[] = {SA_TOKEN_ISSUER, NULL};
        const char *token;
        t.namespace_ = "g1";
        if (!t.audiences)
                t.audiences = own;
        if (!t.now)
                t.now = clock_realtime_ns() / NSEC_PER_SEC;
        if (!t.seconds)
                t.seconds = 3600;
        assert_int_equal(sa_token_issue(f->auth, f->a, &t, &token, NULL), 0);
        return token;
}
