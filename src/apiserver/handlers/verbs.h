/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs. Each answers the call (call.h) exactly once. Those marked W may block and run on a worker. */
#pragma once

#include "apiserver/handlers/call.h"

void get_handle(struct call *c);
void list_handle(struct call *c);              /* W */
void watch_handle(struct call *c);             /* W while it collects what is there */
void create_handle(struct call *c);            /* W */
void update_handle(struct call *c);            /* W */
void patch_handle(struct call *c);             /* W */
void delete_handle(struct call *c);            /* W */
void delete_collection_handle(struct call *c); /* W */
void subresource_handle(struct call *c);       /* W: every subresource that is not a view of the object itself */
void component_handle(struct call *c);         /* W: componentstatuses */
void not_found_handle(struct call *c);         /* "404 page not found" */
void document_handle(struct call *c);          /* W: paths that are no resource */
