/* A call that costs nothing and is answered whole: what the vendor knows of the account. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct http;
struct http_request;

/*
 * `text` is the inflated body, for the callback only, and NULL where `err` is set: ERR_NETWORK
 * where no answer came, ERR_DATA where it cannot be read, ERR_CANCELED.
 */
typedef void free_call_done_fn(void *data, const char *text, size_t size, int http_status,
                               const struct err *err);

/*
 * Sends it; `body` is copied, NULL for a GET. `done` is called once, later. Until then
 * http_cancel() may end what is given.
 */
struct http_request *free_call_send(struct http *http, const char *path, const char *body,
                                    free_call_done_fn *done, void *data);
