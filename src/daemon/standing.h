/* How the service stands: what it tells at its status port. */
#pragma once

struct service;
struct snapshot;
struct standing;

struct standing *standing_new(struct service *service);
void standing_destroy(struct standing *standing);

/* As it is now: the scheduler's, the starts' and the accounts' own state, and what the database
 * last told (facts.h). Valid until the next one is taken, or the loop goes on. `data`: the
 * standing. */
const struct snapshot *standing_look(void *data);
