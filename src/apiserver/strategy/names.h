/* SPDX-License-Identifier: Apache-2.0 */
/* What names, labels and keys may look like (k8s.io/apimachinery util/validation 1.36), with its sentences. */
#pragma once

#include "apiserver/strategy/fields.h"

/* Forms of a name. */
enum name_form {
        NAME_SUBDOMAIN = 0, /* RFC 1123 subdomain, at most 253 */
        NAME_LABEL,         /* RFC 1123 label, at most 63 */
        NAME_LABEL_1035,    /* RFC 1035 label, at most 63 */
        NAME_PATH,          /* one path segment */
        NAME_ANY,
        NAME_CRONJOB, /* a subdomain of at most 52 */
        NAME_IP,
        NAME_CRD, /* checked with the CRD */
};

/* Adds what is wrong with text as a name of that form. prefix: a generateName, of which a trailing '-' is no fault. */
void names_check(struct fields *f, const char *path, const char *text, enum name_form form, bool prefix);

/* A qualified name: "key" or "example.com/key". */
void names_check_qualified(struct fields *f, const char *path, const char *text);

/* A label value. */
void names_check_label_value(struct fields *f, const char *path, const char *text);

/* Every key and value of a labels map. */
void names_check_labels(struct fields *f, const char *path, const struct value *labels);

/* A key of a ConfigMap or Secret. */
void names_check_data_key(struct fields *f, const char *path, const char *key);

/* An environment variable's name. */
void names_check_env(struct fields *f, const char *path, const char *name);

bool names_is_dns_label(const char *text);
bool names_is_dns_subdomain(const char *text);
