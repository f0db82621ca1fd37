#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/rig_private.h"

/* What tests look at once a process is over. */

int64_t rig_rows(const struct rig_listing *listing)
{
    int64_t n = 0;

    for (int64_t i = 0; i < listing->n_items; i++)
        n += listing->times[i] > 0;
    return n;
}

static bool is_for(const struct rig_attempt *attempt, const struct rig_listing *listing,
                   int64_t position)
{
    return &rig.listings[attempt->listing] == listing && attempt->position == position &&
           attempt->number > 0;
}

size_t rig_sent(const struct rig_listing *listing, int64_t position)
{
    size_t n = 0;

    for (size_t i = 0; i < rig.n_attempts; i++)
        n += is_for(&rig.attempts[i], listing, position);
    return n;
}

struct rig_attempt *rig_try(const struct rig_listing *listing, int64_t position, size_t n)
{
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (is_for(&rig.attempts[i], listing, position) && --n == 0)
            return &rig.attempts[i];
    cr_fatal("there was no such try");
}

/* Whole pages; where a chain was gone on with, items that came again count towards max_rows. */
void rig_check_rows(const struct rig_listing *listing)
{
    int64_t wanted = listing->n_items, limit = listing->slices[0].limit;
    bool is_cut = listing->slices[0].range.to_s != REQUEST_TO_OPEN;
    int64_t overlap = (int64_t)(listing->n_slices - 1) * RIG_TIES;

    if (listing->is_capped)
        return;
    if (listing->is_news != NULL) {
        for (wanted = limit; wanted < listing->n_items && !rig_is_known(listing, wanted);)
            wanted += limit;
        wanted = wanted < listing->n_items ? wanted : listing->n_items;
    }
    if (is_cut) { /* what has no value is in no slice, but for page 1 of all */
        cr_assert(ge(i64, rig_rows(listing), wanted - listing->n_nulls));
        return;
    }
    if (listing->max_rows > 0 && listing->max_rows < wanted && listing->n_slices > 1) {
        cr_assert(ge(i64, rig_rows(listing), listing->max_rows - overlap));
        cr_assert(lt(i64, rig_rows(listing), listing->max_rows + limit));
        return;
    }
    if (listing->max_rows > 0 && listing->max_rows < wanted) {
        wanted = (listing->max_rows + limit - 1) / limit * limit;
        wanted = wanted < listing->n_items ? wanted : listing->n_items;
    }
    cr_assert(eq(i64, rig_rows(listing), wanted));
}

void rig_expect_published(const struct rig_listing *listing)
{
    cr_assert(listing->is_published, "suspended: %s", listing->reason);
    rig_check_rows(listing);
}

void rig_expect_suspended(const struct rig_listing *listing, const char *completeness,
                          const char *words)
{
    cr_assert(not(listing->is_published));
    cr_assert(not(zero(ptr, (void *)listing->completeness)), "it was not suspended");
    cr_expect(zero(int, strcmp(listing->completeness, completeness)), "as %s",
              listing->completeness);
    cr_expect(strstr(listing->reason, words) != NULL, "%s", listing->reason);
}
