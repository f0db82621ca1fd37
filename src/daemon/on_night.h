/*
 * `on_night`: a command that is run once when the last run of a night has ended (night_end.h), with
 * a summary of it as JSON on its standard input.
 *
 * The night is noted in the database before the command begins, so it is run once at most: one that
 * is told twice (a mail, a payment, a build) does more harm than one that is not, which the log and
 * linkhaul.told_night show. It has nothing of the service's environment but PATH, HOME, LANG and
 * TZ, and LINKHAUL_NIGHT; what it says is logged. It may take ten minutes, and never holds up the
 * service, at whose end it is given ten seconds, or less
 * where `drain` is shorter.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct service;

/* Whether a night is over, and then runs the command; it is called whenever that may be so. */
void on_night_look(struct service *service);

/* The service ends, within `drain_ms`. */
void on_night_stop(struct service *service, int64_t drain_ms);

/* A command is under way. */
bool on_night_is_busy(const struct service *service);
