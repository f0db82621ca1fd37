#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>

#include "unit/crawl/rig_private.h"

/*
 * The ledger: what is reserved, booked, unknown, and what the vendor's list makes of the unknown. A
 * call that was billed is on the list after a lag, and then booked at what it cost; one that would
 * be on it by now and is not was never executed.
 */

static struct rig_run *run_of(const struct rig_attempt *attempt)
{
    return &rig.runs[rig.listings[attempt->listing].run];
}

static int64_t booked_by_all(void)
{
    int64_t nanousd = 0;

    for (size_t i = 0; i < rig.n_runs; i++)
        nanousd += rig.runs[i].booked_nanousd;
    return nanousd;
}

static bool fits(int64_t booked_nanousd, int64_t worst_nanousd, int64_t cap_nanousd)
{
    return cap_nanousd == 0 || booked_nanousd + worst_nanousd <= cap_nanousd;
}

void rig_reserve(struct rig_event *event, struct rig_attempt *attempt)
{
    struct rig_run *run = run_of(attempt);

    event->is_refused = true;
    if (run->stop_at > 0 && rig.n_events >= run->stop_at) {
        event->scope = CRAWL_SCOPE_STOPPED;
        return;
    }
    if (!fits(run->booked_nanousd, attempt->reserved_nanousd, run->cap_nanousd)) {
        event->scope = CRAWL_SCOPE_RUN;
        return;
    }
    if (!fits(booked_by_all(), attempt->reserved_nanousd, rig.shared_cap_nanousd)) {
        event->scope = CRAWL_SCOPE_SHARED;
        return;
    }
    event->is_refused = false;
    attempt->state = RIG_RESERVED;
    attempt->reserved_ms = rig.now_ms;
    run->booked_nanousd += attempt->reserved_nanousd;
}

void rig_book(struct rig_attempt *attempt, const struct crawl_page *page)
{
    bool was_sent = attempt->state != RIG_RESERVED;
    enum verdict_charge charge = !was_sent || !rig_fault_was_sent(attempt->fault)
                                     ? VERDICT_CHARGE_FREE
                                 : rig_fault_is_unknown(attempt->fault) ? VERDICT_CHARGE_UNKNOWN
                                 : attempt->fault == RIG_TOO_MANY       ? VERDICT_CHARGE_FREE
                                                                        : VERDICT_CHARGE_KNOWN;

    cr_assert(eq(int, page->charge, charge), "fault %d", attempt->fault);
    attempt->is_unknown = charge == VERDICT_CHARGE_UNKNOWN;
    if (!attempt->is_unknown) {
        attempt->charged_nanousd = was_sent ? rig_charge(attempt) : 0;
        cr_assert(eq(i64, page->charged_nanousd, attempt->charged_nanousd));
        run_of(attempt)->booked_nanousd += attempt->charged_nanousd - attempt->reserved_nanousd;
    }
    attempt->state = RIG_BOOKED;
}

static int64_t amount_of(const struct rig_attempt *attempt)
{
    if (attempt->state == RIG_REFUSED)
        return 0;
    return attempt->state == RIG_BOOKED && !attempt->is_unknown ? attempt->charged_nanousd
                                                                : attempt->reserved_nanousd;
}

/* A call that turned out dearer than its reserve may pass a cap, and is booked all the same. */
void rig_check_caps(void)
{
    int64_t sums[RIG_RUNS_MAX] = {0};
    bool is_any_dearer = false;

    for (size_t i = 0; i < rig.n_attempts; i++) {
        const struct rig_attempt *attempt = &rig.attempts[i];

        sums[rig.listings[attempt->listing].run] += amount_of(attempt);
        is_any_dearer = is_any_dearer || attempt->charged_nanousd > attempt->reserved_nanousd;
    }
    for (size_t i = 0; i < rig.n_runs; i++) {
        cr_assert(eq(i64, rig.runs[i].booked_nanousd, sums[i]));
        cr_assert(is_any_dearer || fits(sums[i], 0, rig.runs[i].cap_nanousd));
    }
    cr_assert(is_any_dearer || fits(booked_by_all(), 0, rig.shared_cap_nanousd));
}

int64_t rig_since_ms(const struct rig_attempt *attempt)
{
    return attempt->sent_ms >= 0 ? attempt->sent_ms : attempt->reserved_ms;
}

static void resolve(struct rig_attempt *attempt)
{
    attempt->charged_nanousd = attempt->is_billed ? rig_charge_undelivered(attempt) : 0;
    run_of(attempt)->booked_nanousd += attempt->charged_nanousd - attempt->reserved_nanousd;
    attempt->is_unknown = false;
    attempt->is_resolved = attempt->is_untold = true;
    if (attempt->over_ms > rig.now_ms)
        attempt->over_ms = rig.now_ms;
}

void rig_reconcile(const struct rig_event *event)
{
    if (rig.list == RIG_LIST_BLIND)
        return;
    for (size_t i = 0; i < rig.n_attempts; i++) {
        struct rig_attempt *attempt = &rig.attempts[i];
        bool is_absent = rig_since_ms(attempt) + rig.settings.listed_after_ms < event->began_ms;

        if (attempt->state == RIG_BOOKED && attempt->is_unknown &&
            (attempt->is_billed ? attempt->listed_ms <= event->began_ms : is_absent))
            resolve(attempt);
    }
}

/* Its end may still make room for another. */
static bool may_make_room(const struct rig_attempt *attempt)
{
    bool is_told_of = rig.settings.has_list && rig.list == RIG_LIST_TRUE && rig.n_failed_looks < 5;

    return attempt->state == RIG_RESERVED || attempt->state == RIG_SENT ||
           attempt->state == RIG_RECEIVED || (attempt->is_unknown && is_told_of);
}

/* The dearest call that the run's listings want. */
static int64_t worst_of(size_t run)
{
    int64_t worst = 0;

    for (size_t i = 0; i < rig.n_listings; i++) {
        const struct rig_listing *listing = &rig.listings[i];
        int64_t nanousd;

        if (listing->run != run || listing->is_published || listing->n_slices == 0)
            continue;
        nanousd = price_worst(rig.runs[run].price, listing->slices[listing->n_slices - 1].limit);
        worst = nanousd > worst ? nanousd : worst;
    }
    return worst;
}

void rig_check_out_of_budget(const struct rig_listing *owner)
{
    const struct rig_run *run = &rig.runs[owner->run];
    int64_t worst = worst_of(owner->run);
    bool is_shared = fits(run->booked_nanousd, worst, run->cap_nanousd);

    cr_assert(not(is_shared && fits(booked_by_all(), worst, rig.shared_cap_nanousd)),
              "there is money left");
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (is_shared || run_of(&rig.attempts[i]) == run)
            cr_assert(not(may_make_room(&rig.attempts[i])),
                      "the call at %" PRId64 " may still make room", rig.attempts[i].position);
}
