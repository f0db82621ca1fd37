#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "support/nights.h"
#include "support/pg.h"

/*
 * Random nights of two feeds of one target, one of them with a filter, held against a model that
 * says in C what the state and the events have to be: listings whole and cut, held and accepted,
 * late, again, of the lost alone; links that come, go, turn nofollow and are called lost.
 */

#define N_LINKS 24
#define N_STEPS 60

enum is { NOT, LIVE, MISSING, LOST, OUT };

static const char *const words_of[] = {
    [LIVE] = "live", [MISSING] = "missing", [LOST] = "lost", [OUT] = "out_of_scope"};

struct model {
    int64_t feed;
    bool is_filtered, is_begun;
    int shown;           /* night of what analysts see; 0: nothing yet */
    bool is_shown_whole; /* and whether that is complete */
    int64_t original;    /* whose answers it has */
    int64_t whole;       /* the first complete listing, of its own answers; 0: none yet */
    int baseline;        /* night of the first listing */
    size_t n_rows;       /* of what analysts see */
    int lost_night;      /* of the latest whole list of what is lost; 0: none yet */
    enum is is[N_LINKS];
    int missing_since[N_LINKS];
};

struct link {
    bool is_there, is_followed, is_called_lost;
    int first_seen; /* night; 0: long ago */
};

struct listing {
    int64_t id, original;
    int night;
    const char *word;
    bool is_of_lost;
    bool has[N_LINKS], lost[N_LINKS];
    size_t n_rows;
};

static const char *url;
static struct model models[2];
static struct link links[N_LINKS];
static unsigned random_state;

static void begin(void)
{
    url = nights_begin();
    models[0] = (struct model){nights_feed("all", "example.com", "backlink", "{}"), false};
    models[1] = (struct model){nights_feed("followed", "example.com", "backlink",
                                           "{\"filters\": [\"dofollow\", \"=\", true]}"),
                               true};
}

TestSuite(state_model, .timeout = 300, .init = begin, .fini = pg_drop_databases);

static unsigned below(unsigned n)
{
    random_state = random_state * 1103515245U + 12345U;
    return (random_state >> 16) % n;
}

/* --- the world ------------------------------------------------------------------------------- */

static void turn_world(int night)
{
    for (int i = 0; i < N_LINKS; i++) {
        if (below(8) == 0) {
            if (!links[i].is_there && links[i].first_seen == 0)
                links[i].first_seen = night;
            links[i].is_there = !links[i].is_there;
        }
        if (below(10) == 0)
            links[i].is_followed = !links[i].is_followed;
        links[i].is_called_lost = below(20) == 0;
    }
}

/* What a listing of the feed has tonight, as nights_land() reads it. */
static void list(const struct model *model, struct listing *listing, struct buf *text)
{
    for (int i = 0; i < N_LINKS; i++) {
        const struct link *link = &links[i];
        bool matches = link->is_followed || !model->is_filtered;

        listing->lost[i] = listing->is_of_lost || link->is_called_lost;
        listing->has[i] = listing->is_of_lost ? !link->is_there && below(4) == 0
                                              : link->is_there && matches && below(30) != 0;
        if (!listing->has[i])
            continue;
        listing->n_rows++;
        buf_printf(text, "%d%s%s", i, listing->lost[i] && !listing->is_of_lost ? "!" : "",
                   link->is_followed ? "" : "~");
        if (link->first_seen > 0)
            buf_printf(text, ">2026-%02d-%02d", 1 + (link->first_seen - 1) / 28,
                       1 + (link->first_seen - 1) % 28);
        buf_append_string(text, " ");
    }
}

/* --- the model ------------------------------------------------------------------------------- */

static bool is_alive_elsewhere(const struct model *model, int link)
{
    const struct model *other = &models[model == models ? 1 : 0];

    return model->is_filtered && other->is_shown_whole && other->is[link] == LIVE &&
           other->shown >= model->missing_since[link];
}

/* Where links are left out, only the vendor's list tells that one is lost. */
static bool is_not_told_lost(const struct model *model, int link)
{
    return model->is_filtered && model->lost_night >= model->missing_since[link];
}

static void note(struct buf *events, int link, const char *event)
{
    buf_printf(events, "%s%d %s", events->size > 0 ? ", " : "", link, event);
}

static void pass_seen(struct model *model, const struct listing *listing, int i, struct buf *events)
{
    enum is now = listing->lost[i] ? LOST : LIVE;
    bool is_news = (model->whole != 0 && model->whole != listing->original) ||
                   links[i].first_seen > model->baseline;

    if (model->is[i] == NOT && listing->is_of_lost)
        return; /* nobody ever knew it */
    if (model->is[i] == NOT && model->is_begun && is_news)
        note(events, i, now == LOST ? "lost" : "new");
    else if (model->is[i] != NOT && now == LOST && model->is[i] != LOST)
        note(events, i, "lost");
    else if (now == LIVE && (model->is[i] == LOST || model->is[i] == OUT))
        note(events, i, "returned");
    model->is[i] = now;
}

static void pass_absent(struct model *model, const struct listing *listing, int i,
                        struct buf *events)
{
    if (model->is[i] == LIVE) {
        model->is[i] = MISSING;
        model->missing_since[i] = listing->night;
    } else if (model->is[i] == MISSING && model->missing_since[i] < listing->night) {
        model->is[i] = is_alive_elsewhere(model, i) || is_not_told_lost(model, i) ? OUT : LOST;
        note(events, i, words_of[model->is[i]]);
    }
}

/* A published listing, unless it is late. */
static void pass(struct model *model, const struct listing *listing, struct buf *events)
{
    bool is_whole = strcmp(listing->word, "complete") == 0 && !listing->is_of_lost;

    for (int i = 0; i < N_LINKS; i++)
        if (listing->has[i])
            pass_seen(model, listing, i, events);
        else if (is_whole)
            pass_absent(model, listing, i, events);
    if (!model->is_begun) {
        buf_printf(events, "baseline of %zu", listing->is_of_lost ? 0 : listing->n_rows);
        model->baseline = listing->night;
        model->is_begun = true;
    }
    if (is_whole && model->whole == 0)
        model->whole = listing->original;
    if (listing->is_of_lost)
        return;
    model->shown = listing->night;
    model->is_shown_whole = is_whole;
    model->original = listing->original;
    model->n_rows = listing->n_rows;
}

/* --- both ------------------------------------------------------------------------------------ */

static void expect_same(const struct model *model, const struct listing *listing,
                        struct buf *events, int step)
{
    struct buf state = BUF_WITH_CEILING(4096);
    char *there = nights_state(model->feed, NULL), *told = nights_events(listing->id);

    for (int i = 0; i < N_LINKS; i++)
        if (model->is[i] != NOT)
            buf_printf(&state, "%s%d %s", state.size > 0 ? ", " : "", i, words_of[model->is[i]]);
    cr_assert(eq(int, strcmp(there, buf_text(&state)), 0), "step %d:\n%s\nwanted:\n%s", step, there,
              buf_text(&state));
    cr_assert(eq(int, strcmp(told, buf_text(events)), 0), "step %d: events %s\nwanted: %s", step,
              told, buf_text(events));
    buf_deinit(&state);
    free(there);
    free(told);
}

static void publish(struct model *model, struct listing *listing, bool is_accepted, int step)
{
    struct buf events = BUF_WITH_CEILING(4096);
    bool is_late = model->shown > listing->night ||
                   (model->shown == listing->night && model->original > listing->original);
    const char *became = nights_publish(listing->id, listing->word);
    bool is_held = model->shown != 0 && !is_late && !listing->is_of_lost &&
                   2 * listing->n_rows < model->n_rows;

    cr_assert(eq(int, strcmp(became, "held") == 0, is_held), "step %d: %s", step, became);
    if (is_held && !is_accepted) {
        expect_same(model, listing, &events, step);
        buf_deinit(&events);
        return;
    }
    if (is_held)
        nights_accept(listing->id);
    if (listing->is_of_lost && strcmp(listing->word, "complete") == 0 &&
        listing->night > model->lost_night)
        model->lost_night = listing->night;
    if (!is_late)
        pass(model, listing, &events);
    expect_same(model, listing, &events, step);
    buf_deinit(&events);
}

/* The domains are what their links are. */
static void expect_domains(void)
{
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM (SELECT feed_id, domain_from, count(*) FILTER (WHERE "
                        "state = 'live') AS links, count(*) FILTER (WHERE state = 'live' AND "
                        "dofollow) AS dofollow_links, min(first_night) AS first_night, CASE WHEN "
                        "bool_or(state = 'live') THEN 'live' WHEN bool_or(state = 'missing') THEN "
                        "'missing' WHEN bool_or(state = 'out_of_scope') THEN 'out_of_scope' ELSE "
                        "'lost' END AS state FROM linkhaul.link GROUP BY 1, 2) AS l FULL JOIN "
                        "linkhaul.referring_domain AS d USING (feed_id, domain_from) WHERE "
                        "(l.links, l.dofollow_links, l.first_night, l.state) IS DISTINCT FROM "
                        "(d.links, d.dofollow_links, d.first_night, d.state)"),
                 0));
}

static void walk(unsigned seed)
{
    static const char *const cuts[] = {"complete", "complete", "complete", "short", "limited"};
    struct listing last[2] = {{0}};

    random_state = seed;
    for (int i = 0; i < N_LINKS; i++)
        links[i] = (struct link){.is_there = below(2) == 0, .is_followed = below(4) != 0};
    for (int step = 0, night = 3; step < N_STEPS; step++) {
        int which = (int)below(2);
        struct model *model = &models[which];
        struct listing listing = {.word = cuts[below(5)], .is_of_lost = below(10) == 0};
        bool is_again = last[which].id != 0 && below(8) == 0;
        struct buf text = BUF_WITH_CEILING(4096);
        char date[16];

        if (below(3) != 0)
            turn_world(++night);
        listing.night = below(10) == 0 ? night - 2 : night;
        if (is_again) {
            listing.night = last[which].night;
            listing.is_of_lost = false;
        }
        snprintf(date, sizeof(date), "2026-%02d-%02d", 1 + (listing.night - 1) / 28,
                 1 + (listing.night - 1) % 28);
        list(model, &listing, &text);
        listing.id = nights_land(model->feed, date, listing.is_of_lost ? "lost" : "full",
                                 buf_text(&text), is_again ? last[which].original : 0);
        listing.original = is_again ? last[which].original : listing.id;
        publish(model, &listing, below(2) == 0, step);
        if (!listing.is_of_lost)
            last[which] = listing;
        buf_deinit(&text);
    }
    expect_domains();
}

Test(state_model, is_what_the_model_says_1)
{
    walk(1);
}

Test(state_model, is_what_the_model_says_2)
{
    walk(20261124);
}

Test(state_model, is_what_the_model_says_3)
{
    walk(777);
}
