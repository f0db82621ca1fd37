/*
 * The books agree: what a story has received, linkhaul's ledger and the sandbox's are held against
 * each other, after whatever happened to it. For stories that walk one target to its end, however
 * often they are started for that.
 *
 * Everything comes in a short form (5,000 items in pages of 100) and, where LINKHAUL_LONG is set,
 * as tests/run --full does, in a long one: 45,500 in pages of 1,000, as a chain, or in slices where
 * it is "slices".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "support/story.h"

struct books {
    const char *target;
    int64_t n_items;        /* of the target */
    int64_t limit;          /* of a page */
    int64_t budget_dollars; /* of a run */
    bool is_in_slices;      /* beyond 20,000 items; else as a chain */
};

/* Of example.com, in the form that is asked for. */
struct books books_of_form(void);
bool books_is_long(void);

/* "example.com=5000", for the sandbox's --items; valid until the next call. */
const char *books_items(const struct books *books);

/* jobs.d/walk.yaml: the job "walk". */
void books_write_job(struct story *story, const struct books *books);

/*
 * Runs the job "walk" again and again until it has ended well; gives how often. Fails the test
 * where a start ends with a code that no passing trouble has (1, 2 and 69 are), or where so many
 * starts are not enough.
 */
unsigned books_run_to_end(struct story *story, unsigned starts_max);

/* The newest listing is visible, with every item once, in the order of the walk. */
void books_expect_rows(struct story *story, const struct books *books);

/*
 * Over all calls of the story: every one is settled, free or undelivered; dollars and billed calls
 * are those of the sandbox; the sums that caps are held against are those of the calls; no run has
 * passed its budget.
 */
void books_expect_money(struct story *story, const struct books *books);

/* How many calls are booked as billed and never received. */
int64_t books_n_undelivered(struct story *story);
