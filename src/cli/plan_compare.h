/* The shapes of a plan's feeds side by side, for people and for programs. */
#pragma once

#include <stdbool.h>

struct asking;
struct plan;
struct plan_feed;
struct writer;

/* Fills the shapes of each feed, behind all else of the plan; false with `asking->err` set. */
bool plan_compare(struct plan *plan, struct asking *asking);

void plan_compare_print(const struct plan *plan);

/* "sync_takes" and "shapes" of a feed's object; nothing where they were not asked for. */
void plan_compare_write(struct writer *writer, const struct plan_feed *feed);
