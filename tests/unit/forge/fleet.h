/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of fetching: a broker, a forge with the repository "fleet", and fetch jobs from it. A failing helper fails
 * the test. */
#pragma once

#include "data/value.h"
#include "forge/forge.h"
#include "help.h"
#include "sandbox/sandbox.h"

struct fleet {
        struct place place;
        struct broker *broker;
        struct forge *forge;
        struct arena *a;
        const char *url;
        char staging[96];
};

/* history: a shell script with $URL, run in the place's directory; it makes ./work and pushes it. */
void fleet_start(struct fleet *f, const char *history);
void fleet_stop(struct fleet *f);

/* The hash of a revision of ./work, in the arena. */
const char *fleet_hash(struct fleet *f, const char *what);

/* Runs a fetch into a fresh staging directory. request: JSON with 'single' quotes and $URL for the fleet's address. */
int fleet_fetch(struct fleet *f, const char *request, struct value *ret, struct err *err);

/* The fetch succeeds with that revision; or fails with that class and a message that holds the text. */
void fleet_assert_revision(struct fleet *f, const char *request, const char *expected);
void fleet_assert_error(struct fleet *f, const char *request, enum err_class class, const char *text);
