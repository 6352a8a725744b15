/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSON codec only: the reader's state, shared by its files. */
#pragma once

#include "data/json/json.h"

/* A list or map whose end has not come yet. Its children are nodes[first..], those of the innermost one on top. */
struct json_frame {
        uint32_t first;
        uint32_t replaces; /* the child on top is a duplicate of child number `replaces` - 1 */
        bool is_map;
        bool has_duplicates;
        uint32_t index_mask; /* slots of the index less one; 0: no index yet */
        uint32_t *index;     /* child number + 1 by key, once there are many; owned */
};

struct json_reader {
        struct arena *arena;
        const char *original; /* the caller's text; newlines are where they were */
        char *text;           /* the bytes being read: the caller's own, or a copy in the arena */
        char *p;
        char *end;
        unsigned flags;
        bool owned; /* text is a copy that may be decoded in place */
        struct json_report *report;
        struct err *err;

        struct member *nodes; /* children of open lists and maps; owned. A list's children have no key */
        uint32_t n_nodes, cap_nodes;
        struct json_frame *frames; /* owned */
        uint32_t depth, cap_frames;

        const char *range; /* the first number out of range: an error, unless a syntax error follows */
        size_t range_len;
};

/* "invalid character 'x' " and where, for the byte at p; past the end the scanner sees a space, as Go's does. */
int json_reader_fail(struct json_reader *r, const char *p, const char *where);

/* "unexpected end of JSON input". */
int json_reader_fail_end(struct json_reader *r);

/* Sets line and column of the byte at p in the error. Answers -1. */
int json_reader_at(struct json_reader *r, const char *p);

/* Reads the string whose opening quote is at r->p. */
int json_reader_string(struct json_reader *r, const char **ret, uint32_t *ret_len);

/* Looks for an earlier child of the innermost map with the key of the newest, which is on top of nodes. Sets
 * frame->replaces and reports the path when the caller wants it. */
int json_reader_note_key(struct json_reader *r);

/* Frees the index of a frame. */
void json_frame_done(struct json_frame *f);
