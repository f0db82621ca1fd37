/*
 * linkhaul-sandbox: a stand-in for the API on loopback, with its rules and with made-up data.
 *
 * It serves each connection on a thread of its own, so a call's latency holds up nobody else.
 */
#pragma once

#include "core/err.h"

struct options;
struct sandbox;

/* Listens and answers from now on. `options` must last. NULL with `err` set where it cannot listen.
 */
struct sandbox *sandbox_start(const struct options *options, struct err *err);

/* "http://127.0.0.1:PORT" */
const char *sandbox_url(const struct sandbox *sandbox);

/* What an operator does about an account that is stopped: the balance is filled up to where it
 * started, the limit of the day is lifted, the login is taken again. */
void sandbox_mend(struct sandbox *sandbox);

/* Ends what is waiting, closes all connections and frees `sandbox`. NULL is fine. */
void sandbox_stop(struct sandbox *sandbox);
