/* Asks the vendor about the account: a free call, its answer held in memory. */
#pragma once

#include <stdbool.h>

#include "api/account.h"
#include "core/err.h"

struct http;
struct http_request;

/*
 * `accounts` holds the answer as it concerns each of `endpoints`, and is NULL where `err` is set:
 * ERR_LOGIN where the login is refused, ERR_BUSY where the account lacks money, ERR_NETWORK where
 * no answer came, ERR_API or ERR_DATA where it was none that can be used.
 */
typedef void account_asked_fn(void *data, const struct account *accounts, const struct err *err);

/* Sends the call; `asked` is called once, later. Until then http_cancel() may end what is given. */
struct http_request *account_ask(struct http *http, account_asked_fn *asked, void *data);
