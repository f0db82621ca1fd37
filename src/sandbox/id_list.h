/* The list of what the account did: POST /v3/backlinks/id_list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

struct json_object;
struct sandbox;

/*
 * Appends the result: the tasks between two points in time that are over for as long as the list
 * lags, at most a thousand. The lock is held. False: `task` has an invalid field.
 */
bool id_list_put(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                 size_t *ret_n_results);
