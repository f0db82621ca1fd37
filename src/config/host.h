/* Host names and URLs: the base URL of the API, and the targets of jobs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* A name with at least two labels, in lower case, in punycode where it is not ASCII; no address. */
bool host_is_domain(const char *host, size_t length);

/* localhost, 127.0.0.0/8 or [::1]. */
bool host_is_loopback(const char *host, size_t length);

/*
 * Checks a base URL: https, or http to loopback; no credentials, query or fragment. The texts of
 * its errors never hold the URL, which may have a password in it.
 */
bool base_url_check(const char *url, struct err *err);

/*
 * Checks what a job asks for: a domain, or a page as an absolute URL. The errors say what would be
 * right. `*ret_is_bare` says that it is a URL with a host and nothing behind it.
 */
bool target_check(const char *target, bool *ret_is_bare, struct err *err);
