/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the review kinds. */
#pragma once

#include "apiserver/auth/reviews.h"

#define REVIEW_PROBLEMS_MAX 8

/* What is wrong with a review, before it becomes one error. */
struct review_problems {
        struct arena *arena;
        struct {
                const char *field;
                const char *message;
        } items[REVIEW_PROBLEMS_MAX];
        size_t n;
        bool failed; /* memory */
};

/* Adds "Invalid value: VALUE: why". */
void review_invalid(struct review_problems *p, const char *field, const char *value, const char *why);

/* 0 when there are none, else ERR_INVALID: `KIND.GROUP "" is invalid: ...`. */
int review_problems_end(const struct review_problems *p, const char *kind_and_group, struct err *err);

/* {kind, apiVersion, metadata, spec, status}; spec NULL: left out. */
int review_answer(struct arena *a, const char *kind, const char *api_version, struct value metadata,
                  const struct value *spec, struct value status, struct value *ret, struct err *err);

int review_token(struct auth *x, struct arena *a, const struct review_request *q, const struct value *object,
                 struct value *ret, struct err *err);
