#include "cli/paper.h"

#include "core/sat.h"

/*
 * Page by page would take minutes where a cap of millions meets feeds of which nothing is known. As
 * long as every feed has a full page left and every cap the price of a whole turn, turns are taken
 * together; the next turn is then walked by itself, and ends a feed or a job.
 */

struct walk {
    struct paper_feed *feeds;
    size_t n_feeds;
    struct paper_cap *caps;
    size_t n_caps;
    struct paper_job *jobs;
};

static bool applies(const struct paper_cap *cap, const struct paper_feed *feed)
{
    bool is_all = cap->group == 0;

    for (size_t i = 0; i < PAPER_GROUPS; i++)
        is_all = is_all || cap->group == feed->groups[i];
    return cap->job == feed->job || (cap->job == PAPER_ALL_JOBS && is_all);
}

static bool is_walking(const struct walk *walk, const struct paper_feed *feed)
{
    const struct paper_job *job = &walk->jobs[feed->job];

    return feed->n_calls > 0 && !job->is_stopped && !job->is_endless;
}

static int64_t full_page(const struct paper_feed *feed)
{
    return price_worst(feed->price, feed->limit);
}

/* A feed without an end needs a cap, and a price that reaches it. */
static void find_endless(struct walk *walk)
{
    for (size_t i = 0; i < walk->n_feeds; i++) {
        const struct paper_feed *feed = &walk->feeds[i];
        bool is_bounded = feed->n_items != PAPER_ENDLESS;

        for (size_t j = 0; j < walk->n_caps && full_page(feed) > 0; j++)
            is_bounded = is_bounded || applies(&walk->caps[j], feed);
        if (!is_bounded)
            walk->jobs[feed->job].is_endless = true;
    }
}

static void take(struct walk *walk, struct paper_feed *feed, int64_t n_calls, int64_t n_items)
{
    int64_t nanousd = sat_add(sat_mul(n_calls, feed->price.per_call_nanousd),
                              sat_mul(n_items, feed->price.per_item_nanousd));
    struct paper_job *job = &walk->jobs[feed->job];

    feed->n_calls -= feed->n_items == PAPER_ENDLESS ? 0 : n_calls;
    feed->n_items -= feed->n_items == PAPER_ENDLESS ? 0 : n_items;
    job->n_items = sat_add(job->n_items, n_items);
    job->nanousd = sat_add(job->nanousd, nanousd);
    for (size_t i = 0; i < walk->n_caps; i++)
        if (applies(&walk->caps[i], feed))
            walk->caps[i].left_nanousd -= nanousd;
}

/* How many turns of full pages all feeds and caps have left; 0 where no feed is walking. */
static int64_t whole_turns(const struct walk *walk)
{
    int64_t n = INT64_MAX;
    bool is_any = false;

    for (size_t i = 0; i < walk->n_feeds; i++)
        if (is_walking(walk, &walk->feeds[i])) {
            int64_t n_pages = walk->feeds[i].n_items / walk->feeds[i].limit;

            is_any = true;
            n = n_pages < n ? n_pages : n;
        }
    for (size_t i = 0; i < walk->n_caps; i++) {
        int64_t turn_nanousd = 0;

        for (size_t j = 0; j < walk->n_feeds; j++)
            if (is_walking(walk, &walk->feeds[j]) && applies(&walk->caps[i], &walk->feeds[j]))
                turn_nanousd = sat_add(turn_nanousd, full_page(&walk->feeds[j]));
        if (turn_nanousd > 0 && walk->caps[i].left_nanousd / turn_nanousd < n)
            n = walk->caps[i].left_nanousd / turn_nanousd;
    }
    return is_any && n > 0 ? n : 0;
}

/* The tightest cap that has no full page left; n_caps where all have. */
static size_t refusing_cap(const struct walk *walk, const struct paper_feed *feed)
{
    size_t found = walk->n_caps;

    for (size_t i = 0; i < walk->n_caps; i++)
        if (applies(&walk->caps[i], feed) && walk->caps[i].left_nanousd < full_page(feed) &&
            (found == walk->n_caps || walk->caps[i].left_nanousd < walk->caps[found].left_nanousd))
            found = i;
    return found;
}

/* One page of each feed; false where none is walking. */
static bool take_turn(struct walk *walk)
{
    bool is_any = false;

    for (size_t i = 0; i < walk->n_feeds; i++) {
        struct paper_feed *feed = &walk->feeds[i];
        size_t cap;

        if (!is_walking(walk, feed))
            continue;
        is_any = true;
        cap = refusing_cap(walk, feed);
        if (cap == walk->n_caps) {
            take(walk, feed, 1, feed->n_items < feed->limit ? feed->n_items : feed->limit);
        } else {
            walk->jobs[feed->job].is_stopped = true;
            walk->jobs[feed->job].cap = cap;
        }
    }
    return is_any;
}

void paper_walk(struct paper_feed *feeds, size_t n_feeds, struct paper_cap *caps, size_t n_caps,
                struct paper_job *jobs)
{
    struct walk walk = {feeds, n_feeds, caps, n_caps, jobs};

    find_endless(&walk);
    do {
        int64_t n_turns = whole_turns(&walk);

        for (size_t i = 0; i < n_feeds; i++)
            if (is_walking(&walk, &feeds[i]))
                take(&walk, &feeds[i], n_turns, sat_mul(n_turns, feeds[i].limit));
    } while (take_turn(&walk));
}
