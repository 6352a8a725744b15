/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet.h"

#include "base/fs.h"
#include "data/json/json.h"
#include "sandbox/jobs.h"
#include "unit/test.h"

#include <sys/stat.h>

void fleet_start(struct fleet *f, const char *history) {
        static const job_function functions[JOB_KINDS] = {
                [JOB_FETCH_GIT] = job_fetch_git, [JOB_UNPACK] = job_unpack, [JOB_ARCHIVE] = job_archive};
        _cleanup_err_ struct err err = ERR_INIT;
        *f = (struct fleet){.a = arena_new(0)};
        if (broker_start(functions, &f->broker, &err) < 0)
                fail_msg("%s", err_message(&err));
        place_make(&f->place);
        if (forge_start(&(struct forge_options){.dir = f->place.path}, &f->forge, &err) < 0)
                fail_msg("%s", err_message(&err));
        assert_int_equal(forge_create(f->forge, "fleet", NULL), 0);
        f->url = forge_url(f->forge, f->a, "fleet");
        place_must(&f->place, arena_printf(f->a, "URL=%s; %s", f->url, history));
}

void fleet_stop(struct fleet *f) {
        f->forge = forge_stop(f->forge);
        f->broker = broker_stop(f->broker);
        place_done(&f->place);
        f->a = arena_free(f->a);
}

const char *fleet_hash(struct fleet *f, const char *what) {
        _cleanup_buf_ struct buf out = BUF_INIT(4096);
        assert_int_equal(place_run(&f->place, arena_printf(f->a, "git -C work rev-parse %s", what), &out), 0);
        return arena_strndup(f->a, buf_str(&out), 40);
}

int fleet_fetch(struct fleet *f, const char *request, struct value *ret, struct err *err) {
        snprintf(f->staging, sizeof(f->staging), "%s/staging", f->place.path);
        fs_remove_tree(f->staging, NULL);
        assert_int_equal(mkdir(f->staging, 0700), 0);
        _cleanup_close_ int dir = fs_open_dir(AT_FDCWD, f->staging, NULL);
        _cleanup_buf_ struct buf text = BUF_INIT(1 << 20);
        for (const char *p = request; *p; p++)
                if (str_has_prefix(p, "$URL")) {
                        buf_adds(&text, f->url);
                        p += 3;
                } else {
                        buf_addc(&text, *p == '\'' ? '"' : *p);
                }
        struct job job = {
                .kind = JOB_FETCH_GIT, .input = buf_str(&text), .input_len = text.len, .fds = {dir}, .n_fds = 1};
        _cleanup_free_ char *out = NULL;
        size_t n;
        if (broker_run(f->broker, &job, &out, &n, err) < 0)
                return -1;
        char *kept = arena_strndup(f->a, out, n);
        return json_parse(f->a, kept, n, JSON_KUBERNETES, NULL, ret, err);
}

void fleet_assert_revision(struct fleet *f, const char *request, const char *expected) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        if (fleet_fetch(f, request, &v, &err) < 0)
                fail_msg("%s: %s", request, err_message(&err));
        assert_string_equal(value_get_str(&v, "revision"), expected);
        assert_true(value_bool_or(value_get(&v, "changed"), false));
}

void fleet_assert_error(struct fleet *f, const char *request, enum err_class class, const char *text) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(fleet_fetch(f, request, &v, &err), -1);
        if (!strstr(err_message(&err), text))
                fail_msg("%s: '%s' is not in '%s'", request, text, err_message(&err));
        assert_int_equal(err.class, class);
}
