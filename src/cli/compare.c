#include "cli/compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "cli/plan.h"
#include "core/sat.h"
#include "crawl/sync.h"

/* So many runs are gone through for a usual one: parts that are taken anew are due in some. */
#define RUNS 360

#define NIGHTS_A_MONTH_X100 3044

static void say(struct shape *shape, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct shape *shape, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(shape->basis, sizeof(shape->basis), format, arguments);
    va_end(arguments);
}

static void price(struct shape *shape, const struct compare_facts *facts, int64_t night_nanousd)
{
    shape->is_known = true;
    shape->night_nanousd = night_nanousd;
    shape->month_nanousd = estimate_scale(night_nanousd, facts->runs_a_month, 100);
}

/* --- a usual night --------------------------------------------------------------------------- */

/* As the vendor's bulk call will tell. */
static struct sync_facts sync_facts_of(const struct compare_facts *facts, int64_t nights_since)
{
    int64_t n_nights = nights_since + SYNC_OVERLAP_DAYS;

    return (struct sync_facts){.is_narrowed = facts->is_narrowed,
                               .n_live = facts->n_live,
                               .n_missing = facts->lost_a_night > 0 ? facts->lost_a_night : 0,
                               .max_rows = facts->max_rows,
                               .is_synced = true,
                               .nights_since = nights_since,
                               .moved_a_night = facts->new_a_night + facts->lost_a_night,
                               .n_new = facts->new_a_night * n_nights,
                               .n_lost = facts->lost_a_night * n_nights};
}

/* Nights from one run to the next; several runs of a night are one each. */
static int64_t nights_between(const struct compare_facts *facts)
{
    int64_t nights = facts->runs_a_month > 0
                         ? (NIGHTS_A_MONTH_X100 + facts->runs_a_month / 2) / facts->runs_a_month
                         : SYNC_GAP_MAX + 1;

    return nights > 0 ? nights : 1;
}

static struct sync_rules rules_of(const struct compare_facts *facts, enum sync_mode mode)
{
    return (struct sync_rules){.mode = mode,
                               .refresh_days = facts->refresh_days,
                               .price = facts->price,
                               .limit = facts->limit};
}

/* Only the vendor's list tells what is lost from what left the filters: it is read beside them, the
 * night after a link was missing. */
static bool wants_lost(const struct compare_facts *facts)
{
    const char *why;

    return facts->is_narrowed && facts->n_live >= 0 && facts->lost_a_night != 0 &&
           facts->sync != CONFIG_SYNC_FULL &&
           request_can_change(facts->endpoint, facts->request, &why);
}

/* What that takes, as `run` reckons it. */
static int64_t price_of_lost(const struct compare_facts *facts)
{
    struct sync_facts night = sync_facts_of(facts, nights_between(facts));
    struct sync_rules with = rules_of(facts, SYNC_MODE_AUTO),
                      without = rules_of(facts, SYNC_MODE_FULL);

    if (!wants_lost(facts) || facts->new_a_night < 0)
        return 0;
    return sync_decide(&night, &with).full_nanousd - sync_decide(&night, &without).full_nanousd;
}

/* --- listings -------------------------------------------------------------------------------- */

static void fill_as_is(struct shape *shape, const struct compare_facts *facts)
{
    const struct estimate *whole = facts->whole;
    bool is_filtered = request_is_filtered(facts->request);
    char rows[COUNT_TEXT_MAX];

    if (whole->kind == ESTIMATE_OPEN) {
        say(shape, "not known yet: no run has told how much there is (--probe asks)");
        return;
    }
    price(shape, facts, sat_add(whole->nanousd, price_of_lost(facts)));
    shape->is_at_most = whole->kind == ESTIMATE_AT_MOST;
    say(shape, "%s%s items%s%s", shape->is_at_most ? "at most " : "",
        plan_count(whole->n_rows, rows), is_filtered ? ", with its filters" : "",
        !wants_lost(facts)       ? ""
        : facts->new_a_night < 0 ? ", and what was lost, which is not known yet"
                                 : ", and what was lost (not with sync: full)");
}

/* A listing of so many items, whatever max_rows says of the feed's own. */
static void fill_listing(struct shape *shape, const struct compare_facts *facts, int64_t n_items,
                         bool may_be_cut, const char *what)
{
    struct estimate_way way = {.endpoint = facts->endpoint,
                               .price = facts->price,
                               .limit = facts->limit,
                               .may_be_cut = may_be_cut};
    char rows[COUNT_TEXT_MAX];

    price(shape, facts, estimate_listing(&way, n_items, 0).nanousd);
    say(shape, "%s %s", plan_count(n_items, rows), what);
}

static void fill_unfiltered(struct shape *shape, const struct compare_facts *facts)
{
    if (facts->n_unfiltered < 0)
        say(shape, "not known yet: no feed of the target has the same request without filters");
    else
        fill_listing(shape, facts, facts->n_unfiltered, !request_is_grouped(facts->request),
                     "items, as another feed was told");
}

static void fill_per_domain(struct shape *shape, const struct compare_facts *facts)
{
    if (facts->n_domains < 0)
        say(shape, "not known yet: there was no complete listing");
    else
        fill_listing(shape, facts, facts->n_domains, /* may_be_cut= */ false, "referring domains");
}

/* --- changes --------------------------------------------------------------------------------- */

/* As `run` decides, run after run, each a good one. Where all of it is taken every time it says
 * why, and gives -1. */
static int64_t price_of_changes(struct shape *shape, const struct compare_facts *facts)
{
    const struct sync_rules rules = rules_of(facts, SYNC_MODE_CHANGES);
    int64_t nights = nights_between(facts), n_refreshed = 0, sum = 0;
    struct sync_facts night = sync_facts_of(facts, nights);
    struct sync_decision decision;
    bool is_any = false;

    for (int i = 0; i < RUNS; i++) {
        night.nights_refreshed = n_refreshed += nights;
        night.n_refresh = sync_refresh_quota(&night, facts->refresh_days);
        decision = sync_decide(&night, &rules);
        is_any = is_any || decision.way != SYNC_FULL;
        if (decision.way == SYNC_FULL || decision.wants_refresh)
            n_refreshed = 0;
        sum = sat_add(sum,
                      decision.way == SYNC_FULL ? decision.full_nanousd : decision.changes_nanousd);
    }
    if (!is_any)
        say(shape, "not possible in any run: %s", decision.reason);
    return is_any ? sum / RUNS : -1;
}

static void fill_changes(struct shape *shape, const struct compare_facts *facts)
{
    char came[COUNT_TEXT_MAX], went[COUNT_TEXT_MAX], live[COUNT_TEXT_MAX];
    const char *why;
    int64_t nanousd;

    if (!request_can_change(facts->endpoint, facts->request, &why)) {
        say(shape, "not possible: %s", why);
        return;
    }
    if (facts->n_live < 0) {
        say(shape, "not known yet: there was no complete listing");
        return;
    }
    if (facts->new_a_night < 0) {
        say(shape, "not known yet: how much comes and goes takes listings of two nights");
        return;
    }
    nanousd = price_of_changes(shape, facts);
    if (nanousd < 0)
        return;
    price(shape, facts, nanousd);
    say(shape, "%s new and %s lost of %s links a night (by %" PRId64 " night%s)",
        plan_count(facts->new_a_night, came), plan_count(facts->lost_a_night, went),
        plan_count(facts->n_live, live), facts->n_nights, facts->n_nights == 1 ? "" : "s");
}

/* --- the whole ------------------------------------------------------------------------------- */

/* What `sync` does on a night on which nothing is due to be taken anew. */
static enum shape_kind taken(const struct compare_facts *facts, const struct shape *changes)
{
    static const enum sync_mode modes[] = {[CONFIG_SYNC_AUTO] = SYNC_MODE_AUTO,
                                           [CONFIG_SYNC_FULL] = SYNC_MODE_FULL,
                                           [CONFIG_SYNC_CHANGES] = SYNC_MODE_CHANGES};
    struct sync_rules rules = rules_of(facts, modes[facts->sync]);
    struct sync_facts night = sync_facts_of(facts, nights_between(facts));

    if (!changes->is_known)
        return SHAPE_AS_IS;
    return sync_decide(&night, &rules).way == SYNC_FULL ? SHAPE_AS_IS : SHAPE_CHANGES;
}

static bool has_shape(const struct compare_facts *facts, enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_UNFILTERED:
        return request_is_filtered(facts->request);
    case SHAPE_PER_DOMAIN:
        return endpoint_param(facts->endpoint, "mode") != NULL &&
               !request_is_grouped(facts->request);
    default:
        return true;
    }
}

size_t compare_shapes(const struct compare_facts *facts, struct shape ret_shapes[N_SHAPES])
{
    static void (*const fill[])(struct shape * shape, const struct compare_facts *facts) = {
        [SHAPE_AS_IS] = fill_as_is,
        [SHAPE_UNFILTERED] = fill_unfiltered,
        [SHAPE_PER_DOMAIN] = fill_per_domain,
        [SHAPE_CHANGES] = fill_changes,
    };
    enum shape_kind is_taken;
    size_t n = 0;

    for (int kind = 0; kind < N_SHAPES; kind++)
        if (has_shape(facts, (enum shape_kind)kind)) {
            ret_shapes[n] = (struct shape){.kind = (enum shape_kind)kind};
            fill[kind](&ret_shapes[n++], facts);
        }
    is_taken = taken(facts, &ret_shapes[n - 1]);
    for (size_t i = 0; i < n; i++)
        ret_shapes[i].is_taken = ret_shapes[i].kind == is_taken;
    return n;
}
