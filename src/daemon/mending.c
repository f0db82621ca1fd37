#include "daemon/mending.h"

#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "core/log.h"
#include "core/mem.h"
#include "spool/spool.h"

/* A call that an older version has begun is not taken: its segment does not hold all of its row. */

static int compare_uuids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static bool is_known(const struct mending *mending, const struct uuid *attempt)
{
    return mending->n_known > 0 && bsearch(attempt, mending->known, mending->n_known,
                                           sizeof(*mending->known), compare_uuids) != NULL;
}

static void look_for_lost(struct spool_answer *answer, void *data)
{
    struct mending *mending = data;
    struct store_attempt *attempt;
    CLEANUP(mem_free_string) char *body = NULL;
    struct err err;

    if (answer->limit < 0 || is_known(mending, &answer->attempt))
        return;
    if (!spool_request(answer, &body, &err)) {
        log_event(LOG_WARNING, log_folded(LOG_JOB(mending->job)), "%s, ignoring", err.text);
        return;
    }
    mending->attempts = mem_resize(mending->attempts, mending->n + 1, sizeof(*mending->attempts));
    mending->sent_ms = mem_resize(mending->sent_ms, mending->n + 1, sizeof(*mending->sent_ms));
    mending->texts = mem_resize(mending->texts, 2 * (mending->n + 1), sizeof(char *));
    request_read_body(body, &mending->texts[2 * mending->n], &mending->texts[2 * mending->n + 1]);
    attempt = &mending->attempts[mending->n];
    *attempt = (struct store_attempt){.attempt = answer->attempt,
                                      .run_id = mending->run_id,
                                      .listing_id = answer->listing_id,
                                      .slice_no = answer->slice_no,
                                      .position = answer->position,
                                      .tag = mending->texts[2 * mending->n],
                                      .token = mending->texts[2 * mending->n + 1],
                                      .limit = answer->limit,
                                      .reserved_nanousd = answer->reserved_nanousd};
    mending->sent_ms[mending->n++] = answer->sent_at_ms;
}

void mending_collect(struct mending *mending, struct spool *spool)
{
    spool_each(spool, look_for_lost, mending);
}

void mending_deinit(struct mending *mending)
{
    for (size_t i = 0; i < 2 * mending->n; i++)
        free(mending->texts[i]);
    free(mending->texts);
    free(mending->attempts);
    free(mending->sent_ms);
}

void mending_tell_rest(const char *job, size_t n_wanted, size_t n_restored)
{
    if (n_restored < n_wanted)
        log_event(
            LOG_WARNING, LOG_JOB(job),
            "%zu more calls that only the spool knows of cannot be taken up, since the "
            "database has lost the part of the listing that they are for: that part is bought "
            "again, and the ledger does not count them",
            n_wanted - n_restored);
}

char **mending_read_notes(const struct spool *spool, size_t *ret_n)
{
    char **notes = mem_new_array(spool_n_notes(spool), sizeof(*notes));
    struct err err;

    *ret_n = 0;
    for (size_t i = 0; i < spool_n_notes(spool); i++) {
        if (spool_read_note(spool, i, &notes[*ret_n], &err))
            ++*ret_n;
        else
            log_warning("%s, ignoring", err.text);
    }
    return notes;
}

void mending_free_notes(char **notes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(notes[i]);
    free(notes);
}
