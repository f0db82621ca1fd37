#include "crawl/sync.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/money.h"
#include "core/sat.h"

#define DAY_S 86400

/* Where a feed's own movement is not known yet: links found or lost in a night, of a thousand. */
#define MOVED_PER_MILLE 5

static void say(struct sync_decision *decision, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sync_decision *decision, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(decision->reason, sizeof(decision->reason), format, arguments);
    va_end(arguments);
}

/*
 * In refresh_days the parts have been through all links: each is one of as many as fit into these
 * days with as many nights between them as before this one. It waits until a page of links is due.
 */
int64_t sync_refresh_quota(const struct sync_facts *facts, int64_t refresh_days)
{
    int64_t nights = facts->nights_refreshed, n_pages = facts->n_live / SYNC_REFRESH_MIN;
    int64_t n_parts, n;

    if (refresh_days <= 0 || nights <= 0 || facts->n_live <= 0)
        return 0;
    if (nights >= refresh_days)
        return facts->n_live;
    if (n_pages < 2 || (n_pages < refresh_days && nights < refresh_days / n_pages))
        return 0;
    n_parts = refresh_days / nights;
    n = facts->n_live / n_parts + (facts->n_live % n_parts > 0 ? 1 : 0);
    return n >= SYNC_REFRESH_MIN ? n : 0;
}

/* --- money ----------------------------------------------------------------------------------- */

/* Of a listing of so many items: its first page is asked for even where there are none. */
static int64_t price_of(const struct sync_rules *rules, int64_t n_items)
{
    int64_t n_calls = n_items / rules->limit + (n_items % rules->limit > 0 ? 1 : 0);

    return sat_add(sat_mul(n_calls > 0 ? n_calls : 1, rules->price.per_call_nanousd),
                   sat_mul(n_items, rules->price.per_item_nanousd));
}

static int64_t up_to_page(const struct sync_rules *rules, int64_t n_items)
{
    return sat_mul((sat_add(n_items, rules->limit) - 1) / rules->limit, rules->limit);
}

/* What was found or lost in so many nights, taken at its worst: all of it one or the other. */
static int64_t moved_in(const struct sync_facts *facts, int64_t n_nights)
{
    int64_t a_night = facts->moved_a_night;

    if (a_night < 0)
        a_night =
            facts->n_live / 1000 * MOVED_PER_MILLE + facts->n_live % 1000 * MOVED_PER_MILLE / 1000;
    return sat_mul(a_night, n_nights);
}

static int64_t price_of_lost(const struct sync_facts *facts, const struct sync_rules *rules)
{
    int64_t n_lost = facts->n_lost;

    if (n_lost < 0)
        n_lost = moved_in(facts, facts->nights_since + SYNC_OVERLAP_DAYS);
    return price_of(rules, up_to_page(rules, sat_add(n_lost, SYNC_KNOWN)));
}

static int64_t price_of_count(const struct sync_rules *rules)
{
    return price_worst(rules->price, 1);
}

static int64_t price_of_changes(const struct sync_facts *facts, const struct sync_rules *rules,
                                int64_t n_refresh)
{
    int64_t n_new = facts->n_new, nanousd = price_of_count(rules);

    if (n_new < 0)
        n_new = moved_in(facts, facts->nights_since + SYNC_OVERLAP_DAYS);
    nanousd = sat_add(nanousd, price_of(rules, n_new));
    nanousd = sat_add(nanousd, price_of_lost(facts, rules));
    return n_refresh > 0 ? sat_add(nanousd, price_of(rules, n_refresh)) : nanousd;
}

/* --- the decision ---------------------------------------------------------------------------- */

/* Why the feed has to be taken whole whatever it costs; false where it has not. */
static bool must_be_full(const struct sync_facts *facts, const struct sync_rules *rules,
                         struct sync_decision *decision)
{
    if (rules->mode == SYNC_MODE_FULL)
        say(decision, "sync: full");
    else if (facts->why_not != NULL)
        say(decision, "%s", facts->why_not);
    else if (!facts->is_synced)
        say(decision, "no complete listing yet");
    else if (facts->max_rows > 0 && facts->n_live >= facts->max_rows)
        say(decision, "max_rows leaves some of it out");
    else if (facts->nights_since < 0)
        say(decision, "a later night has been synced");
    else if (facts->nights_since > SYNC_GAP_MAX)
        say(decision, "the last good sync is %" PRId64 " nights ago", facts->nights_since);
    else
        return false;
    return true;
}

/* Whether all of it is to be had for less, or is due. */
static bool is_better_full(const struct sync_facts *facts, const struct sync_rules *rules,
                           int64_t quota, struct sync_decision *decision)
{
    char full[MONEY_TEXT_MAX], changes[MONEY_TEXT_MAX];

    if (quota > 0 && quota >= facts->n_live)
        say(decision, "each link is due to be taken anew (refresh)");
    else if (rules->mode != SYNC_MODE_AUTO)
        return false;
    else if (facts->n_live <= SYNC_SMALL)
        say(decision, "%" PRId64 " links are few", facts->n_live);
    else if (decision->full_nanousd <= decision->changes_nanousd)
        say(decision, "full is cheaper: %s against %s", money_format(decision->full_nanousd, full),
            money_format(decision->changes_nanousd, changes));
    else
        return false;
    return true;
}

static bool has_not_moved(const struct sync_facts *facts)
{
    return facts->n_new == 0 && facts->n_lost == 0;
}

/*
 * A target that is gone from the vendor's index has neither new links nor lost ones. It is counted
 * once a week, and where so much is missing that the count would be off if it were gone.
 */
static bool is_count_due(const struct sync_facts *facts)
{
    return facts->nights_counted >= SYNC_COUNT_NIGHTS ||
           (facts->is_count_night && facts->nights_counted > 0) ||
           (facts->n_missing > 10 && facts->n_missing > facts->n_live / 100);
}

static void decide_unmoved(const struct sync_facts *facts, const struct sync_rules *rules,
                           struct sync_decision *decision)
{
    decision->way = SYNC_UNMOVED;
    decision->wants_lost = false;
    decision->wants_count = is_count_due(facts);
    decision->changes_nanousd = decision->wants_count ? price_of_count(rules) : 0;
    say(decision, "nothing new and nothing lost since the last good sync%s",
        decision->wants_count ? "; only counted" : "");
}

/* A feed that goes by its changes, or need not go at all. */
static void decide_changes(const struct sync_facts *facts, const struct sync_rules *rules,
                           int64_t quota, struct sync_decision *decision)
{
    char full[MONEY_TEXT_MAX], changes[MONEY_TEXT_MAX];

    if (has_not_moved(facts) && quota == 0) {
        decide_unmoved(facts, rules, decision);
        return;
    }
    decision->changes_nanousd = price_of_changes(facts, rules, quota > 0 ? facts->n_refresh : 0);
    if (is_better_full(facts, rules, quota, decision))
        return;
    decision->way = SYNC_CHANGES;
    decision->wants_lost = decision->wants_count = true;
    decision->wants_refresh = quota > 0;
    say(decision, "%s against %s for all of it", money_format(decision->changes_nanousd, changes),
        money_format(decision->full_nanousd, full));
}

struct sync_decision sync_decide(const struct sync_facts *facts, const struct sync_rules *rules)
{
    struct sync_decision decision = {.way = SYNC_FULL, .changes_nanousd = -1};

    decision.wants_lost = rules->mode != SYNC_MODE_FULL && facts->why_not == NULL &&
                          facts->is_narrowed && facts->n_missing > 0;
    decision.full_nanousd = price_of(rules, facts->n_live);
    if (decision.wants_lost)
        decision.full_nanousd = sat_add(decision.full_nanousd, price_of_lost(facts, rules));
    if (must_be_full(facts, rules, &decision))
        return decision;
    decision.since_s = facts->synced_as_of_s - SYNC_OVERLAP_DAYS * DAY_S;
    decide_changes(facts, rules, sync_refresh_quota(facts, rules->refresh_days), &decision);
    return decision;
}
