/*
 * Plain HTTP to a port of this machine, as far as a test wants to see it: one request on a
 * connection of its own, and all that comes back. Whatever goes wrong here fails the test, but a
 * port where nobody listens.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct browsed {
    int status;    /* 0: nobody listens, or the connection was closed without an answer */
    char *headers; /* with the status line, lines as they came */
    char *body;
};

/* A connection to "http://127.0.0.1:PORT..."; -1 where nobody listens. */
int browse_connect(const char *url);

/* Sends `request` as it is and reads until the other side closes the connection. */
struct browsed browse_say(const char *url, const char *request);

/* A GET of `path` with the right Host. */
struct browsed browse_get(const char *url, const char *path);

void browsed_deinit(struct browsed *browsed);

/* The number behind `name` (with its labels, as written) in Prometheus' text; fails the test where
 * it is not there. */
double browse_metric(const char *text, const char *name);

/* The sum over all samples of a name that have `label` in them; 0 where there is none. */
double browse_sum(const char *text, const char *name, const char *label);
