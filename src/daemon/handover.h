/*
 * Starts that the service is asked for by `linkhaul run` (src/store/handover.h): taken, begun by
 * hand, told how far they are, ended with their exit code.
 *
 * It is told of new ones by the database, and looks every few seconds besides. What it has taken is
 * never begun twice; what its end cuts short goes on with the next service.
 */
#pragma once

#include <stdbool.h>

struct engine;
struct service;
struct start;

void handover_begin(struct service *service);
void handover_close(struct service *service);
void handover_destroy(struct service *service);

/* The database is there, at first or again. */
void handover_opened(struct service *service);

/* Takes what is there. */
void handover_look(struct service *service);

/* An engine of the job is about to call. */
void handover_begun(const struct start *start);

/* Nothing more comes of the start for now; `engine` is NULL where it never had one. */
void handover_ended(const struct start *start, const struct engine *engine, int exit_code,
                    const char *reason);

/* The end of one is still to be noted. */
bool handover_is_busy(const struct service *service);
