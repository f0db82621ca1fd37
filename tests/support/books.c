#include "support/books.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/money.h"

bool books_is_long(void)
{
    return getenv("LINKHAUL_LONG") != NULL;
}

struct books books_of_form(void)
{
    const char *form = getenv("LINKHAUL_LONG");

    if (form != NULL)
        return (struct books){"example.com", 45500, 1000, 20,
                              .is_in_slices = strcmp(form, "slices") == 0};
    return (struct books){"example.com", 5000, 100, 20};
}

const char *books_items(const struct books *books)
{
    static char text[300];

    snprintf(text, sizeof(text), "%s=%" PRId64, books->target, books->n_items);
    return text;
}

void books_write_job(struct story *story, const struct books *books)
{
    story_file(
        story, "jobs.d/walk.yaml",
        "job: walk\nendpoint: backlinks\nsync: full\ntargets: [%s]\nrequest: { limit: %" PRId64
        "%s }\nbudget: %" PRId64 "\n",
        books->target, books->limit,
        books->n_items > 20000 && !books->is_in_slices ? ", " STORY_CHAIN : "",
        books->budget_dollars);
}

unsigned books_run_to_end(struct story *story, unsigned starts_max)
{
    for (unsigned n = 1; n <= starts_max; n++) {
        int code = story_run(story, "run", "walk");

        if (code == 0)
            return n;
        if (code != 1 && code != 2 && code != 69)
            cr_fatal("start %u ended with %d: %s", n, code, story->err);
    }
    cr_fatal("it has not ended after %u starts; the last one said: %s", starts_max, story->err);
    return 0;
}

/* The listing that is looked at. */
#define NEWEST                                                                                     \
    "(select max(listing_id) from linkhaul.listing join linkhaul.feed using (feed_id) "            \
    "where target = '%s')"

void books_expect_rows(struct story *story, const struct books *books)
{
    const char *target = books->target;

    cr_expect(eq(
        i64,
        story_int(story, "select count(*) from linkhaul_bi.backlinks where target = '%s'", target),
        books->n_items));
    story_expect_text(story, "published complete",
                      "select state || ' ' || completeness from linkhaul.listing "
                      "where listing_id = " NEWEST,
                      target);
    cr_expect(eq(i64,
                 story_int(story,
                           "select count(distinct link_key) from linkhaul.backlink join "
                           "linkhaul.feed f on f.published_listing_id = listing_id "
                           "where listing_id = " NEWEST,
                           target),
                 books->n_items),
              "rows are lost or doubled");
    cr_expect(eq(i64,
                 story_int(story,
                           "select sum(n)::bigint - (select n_duplicates from linkhaul.listing "
                           "where listing_id = " NEWEST ") from (select max(ordinal) as n from "
                           "linkhaul.backlink where listing_id = " NEWEST " group by slice_no) x",
                           target, target),
                 books->n_items),
              "the ordinals have holes");
    cr_expect(
        eq(i64,
           story_int(story,
                     "select count(*) from (select first_seen < lag(first_seen) over "
                     "(partition by slice_no order by ordinal) as is_back from linkhaul.backlink "
                     "where listing_id = " NEWEST ") x where is_back",
                     target),
           0),
        "rows stand at another place than the API had them");
}

/* Sums over the calls, by whose money and when, against those that are kept: what differs. */
static const char differing_spend[] =
    "select count(*) from (select p.scope, p.period, "
    "coalesce(sum(a.reserved_nanousd) filter (where a.state = 'reserved'), 0) as reserved, "
    "coalesce(sum(a.charged_nanousd), 0) as settled, "
    "coalesce(sum(a.reserved_nanousd) filter (where a.state = 'unknown'), 0) as unknown "
    "from linkhaul.attempt a join linkhaul.run r using (run_id), "
    "lateral (values ('all', to_char(a.day, 'YYYY-MM')), ('all', a.day::text), "
    "('account:' || r.account, to_char(a.day, 'YYYY-MM')), ('account:' || r.account, a.day::text), "
    "('job:' || r.project || '/' || r.job, to_char(a.day, 'YYYY-MM')), "
    "('job:' || r.project || '/' || r.job, a.day::text), "
    "('run:' || r.run_id, a.night::text)) p (scope, period) group by 1, 2) c "
    "full join linkhaul.spend s using (scope, period) "
    "where (c.reserved, c.settled, c.unknown) is distinct from "
    "(s.reserved_nanousd::numeric, s.settled_nanousd::numeric, s.unknown_nanousd::numeric)";

static void expect_equal_ledgers(struct story *story, const struct ledger *ledger)
{
    cr_expect(eq(i64,
                 story_int(story,
                           "select coalesce(sum(charged_nanousd), 0)::bigint from "
                           "linkhaul.attempt where state in ('settled', 'undelivered')"),
                 ledger->billed_nanousd),
              "dollars");
    cr_expect(eq(i64,
                 story_int(story,
                           "select count(*) from linkhaul.attempt where "
                           "charged_nanousd > 0"),
                 (int64_t)ledger->n_billed),
              "billed calls");
    story_expect_text(story, "",
                      "select coalesce(string_agg(task_id, ' '), '') from (select task_id from "
                      "linkhaul.attempt where task_id <> '' group by 1 having count(*) > 1) x");
    cr_expect(eq(i64,
                 story_int(story,
                           "select count(*) filter (where is_page and charged_nanousd > 0) + "
                           "count(*) filter (where state = 'undelivered') + "
                           "count(*) filter (where state = 'settled' and not is_page and "
                           "charged_nanousd > 0) from linkhaul.attempt"),
                 (int64_t)ledger->n_billed),
              "billed pages");
}

void books_expect_money(struct story *story, const struct books *books)
{
    struct ledger ledger = {.n_calls = 0};

    story_ledger(story, &ledger);
    expect_equal_ledgers(story, &ledger);
    ledger_deinit(&ledger);
    story_expect_text(story, "",
                      "select coalesce(string_agg(state || ' ' || position || ' ' || message, "
                      "'; '), '') from linkhaul.attempt where state in ('reserved', 'unknown')");
    cr_expect(eq(i64, story_int(story, "%s", differing_spend), 0),
              "the sums that caps are held against are not those of the calls");
    cr_expect(le(i64,
                 story_int(story,
                           "select max(n)::bigint from (select sum(charged_nanousd) as n from "
                           "linkhaul.attempt group by run_id, night) x"),
                 books->budget_dollars * NANOUSD_PER_USD),
              "the budget of a run was passed");
}

int64_t books_n_undelivered(struct story *story)
{
    return story_int(story, "select count(*) from linkhaul.attempt where state = 'undelivered'");
}
