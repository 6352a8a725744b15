/* SPDX-License-Identifier: Apache-2.0 */
/* Content negotiation and Status objects, as recorded from kube-apiserver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/handlers/negotiate.h"
#include "apiserver/handlers/status.h"
#include "data/json/json.h"

static struct accept accepted(struct arena *a, const char *header) {
        struct accept accept;
        assert_int_equal(negotiate_accept(a, header, true, false, &accept, NULL), 0);
        return accept;
}

static void the_first_clause_that_can_be_written_wins(void **state) {
        (void)state;
        _cleanup_arena_ struct arena *a = arena_new(0);
        assert_int_equal(accepted(a, NULL).media, MEDIA_JSON);
        assert_int_equal(accepted(a, "application/vnd.kubernetes.protobuf, */*").media, MEDIA_JSON);
        assert_int_equal(accepted(a, "application/yaml").media, MEDIA_YAML);
        assert_int_equal(accepted(a, "application/json;q=0.5, application/yaml;q=0.9").media, MEDIA_YAML);
        struct accept table = accepted(a, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        assert_int_equal(table.transform, TRANSFORM_TABLE);
        assert_int_equal(accepted(a, "application/json;as=Nope;v=v1;g=meta.k8s.io,application/json").transform,
                         TRANSFORM_NONE);
        struct accept partial = accepted(a, "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io");
        assert_int_equal(partial.transform, TRANSFORM_PARTIAL);
        assert_string_equal(partial.version, "v1beta1");
}

static void check_refused(const char *header, bool collection, const char *message) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_err_ struct err err = ERR_INIT;
        struct accept accept;
        assert_int_equal(negotiate_accept(a, header, collection, false, &accept, &err), -1);
        assert_int_equal(err.class, ERR_NOT_ACCEPTABLE);
        assert_string_equal(err_message(&err), message);
}

static void what_cannot_be_written_is_refused_in_words(void **state) {
        (void)state;
        check_refused("application/json;as=Nope;g=meta.k8s.io;v=v1", true,
                      "only the following media types are accepted: application/json, application/yaml, "
                      "application/vnd.kubernetes.protobuf");
        check_refused("application/cbor", false,
                      "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                      "application/vnd.kubernetes.protobuf");
}

static void check_status(const struct err *err, const char *expected) {
        _cleanup_arena_ struct arena *a = arena_new(0);
        _cleanup_buf_ struct buf b = BUF_INIT(65536);
        struct value status;
        assert_int_equal(status_from_err(a, err, &status), 0);
        json_write(&b, &status, 0);
        assert_string_equal(buf_str(&b), expected);
}

#define FAILURE "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":"

static void a_status_names_the_object(void **state) {
        (void)state;
        _cleanup_err_ struct err err = ERR_INIT;
        err_set(&err, ERR_NOT_FOUND, "deployments.apps \"nope\" not found");
        check_status(&err, FAILURE "\"deployments.apps \\\"nope\\\" not found\",\"reason\":\"NotFound\",\"details\":"
                                   "{\"name\":\"nope\",\"group\":\"apps\",\"kind\":\"deployments\"},\"code\":404}");
        err_set(&err, ERR_CONFLICT, "Operation cannot be fulfilled on configmaps \"e1\": the object has been modified");
        check_status(&err, FAILURE "\"Operation cannot be fulfilled on configmaps \\\"e1\\\": the object has been "
                                   "modified\",\"reason\":\"Conflict\",\"details\":{\"name\":\"e1\",\"kind\":"
                                   "\"configmaps\"},\"code\":409}");
        status_no_method(&err);
        check_status(&err, FAILURE "\"the server does not allow this method on the requested resource\",\"reason\":"
                                   "\"MethodNotAllowed\",\"details\":{},\"code\":405}");
}

static void options_are_refused_with_their_field(void **state) {
        (void)state;
        _cleanup_err_ struct err err = ERR_INIT;
        status_bad_option(&err, "PatchOptions", "force", "FieldValueForbidden",
                          "Forbidden: may not be specified for non-apply patch");
        check_status(&err,
                     FAILURE "\"PatchOptions.meta.k8s.io \\\"\\\" is invalid: force: Forbidden: may not be "
                             "specified for non-apply patch\",\"reason\":\"Invalid\",\"details\":{\"group\":"
                             "\"meta.k8s.io\",\"kind\":\"PatchOptions\",\"causes\":[{\"reason\":"
                             "\"FieldValueForbidden\",\"message\":\"Forbidden: may not be specified for non-apply "
                             "patch\",\"field\":\"force\"}]},\"code\":422}");
}

static void a_failure_of_ours_gives_no_reason(void **state) {
        (void)state;
        _cleanup_err_ struct err err = ERR_INIT;
        err_set(&err, ERR_INTERNAL, "resourceVersion should not be set on objects to be created");
        check_status(&err, FAILURE "\"resourceVersion should not be set on objects to be created\",\"code\":500}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_clause_that_can_be_written_wins),
                cmocka_unit_test(what_cannot_be_written_is_refused_in_words),
                cmocka_unit_test(a_status_names_the_object),
                cmocka_unit_test(options_are_refused_with_their_field),
                cmocka_unit_test(a_failure_of_ours_gives_no_reason),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
