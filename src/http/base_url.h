/* The address that all requests start with, checked. */
#pragma once

#include <stdbool.h>

#include "core/err.h"

struct base_url {
    char *text; /* without a slash at its end */
    char *host; /* with its port where one was named: for messages */
    bool is_loopback;
};

/* ERR_CONFIG where it is no https:// URL, nor http:// to loopback, or holds more than host and
 * path. */
bool base_url_init(struct base_url *base, const char *text, struct err *err);
void base_url_deinit(struct base_url *base);
