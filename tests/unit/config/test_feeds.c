/* `feeds`: what each of them asks for, who it is, and what is refused. */
#include "unit/config/complaints_of.h"

#include <stdio.h>

#include "core/buf.h"

TestSuite(feeds, .timeout = 20);

static struct config *load(const char *job)
{
    struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(MAIN, strlen(MAIN), job, strlen(job), &config, &err), "%s",
              err.text);
    return config;
}

static void expect_feeds(const char *job, const char *const (*expected)[2], size_t n)
{
    CLEANUP(config_free) struct config *config = load(job);

    cr_assert(eq(sz, config->jobs[0].n_feeds, n));
    for (size_t i = 0; i < n; i++) {
        cr_expect_str_eq(config->jobs[0].feeds[i].target, expected[i][0]);
        cr_expect_str_eq(config->jobs[0].feeds[i].request, expected[i][1]);
    }
}

Test(feeds, replace_what_the_request_has_at_its_top)
{
    static const char *const expected[][2] = {
        {"a.com + b.com",
         "{\"exclude_targets\":[\"x.com\"],\"include_subdomains\":false,"
         "\"targets\":{\"1\":\"a.com\",\"2\":\"b.com\"}}"},
        {"a.com + c.com",
         "{\"exclude_targets\":[\"y.com\"],\"include_subdomains\":false,"
         "\"targets\":{\"1\":\"a.com\",\"2\":\"c.com\"}}"},
    };

    expect_feeds(
        "job: a\nendpoint: domain_intersection\n"
        "request: {include_subdomains: false, exclude_targets: [x.com]}\n"
        "feeds:\n"
        "  - targets: {\"1\": a.com, \"2\": b.com}\n"
        "  - targets: {\"1\": a.com, \"2\": c.com}\n"
        "    exclude_targets: [y.com]\n",
        expected, 2);
}

Test(feeds, are_one_per_target_and_override)
{
    static const char *const expected[][2] = {
        {"moz.com", "{\"backlinks_status_type\":\"live\",\"mode\":\"as_is\"}"},
        {"moz.com", "{\"backlinks_status_type\":\"lost\",\"mode\":\"as_is\"}"},
        {"ahrefs.com", "{\"backlinks_status_type\":\"live\",\"mode\":\"as_is\"}"},
        {"ahrefs.com", "{\"backlinks_status_type\":\"lost\",\"mode\":\"as_is\"}"},
    };

    expect_feeds(
        "job: a\nendpoint: backlinks\ntargets: [moz.com, ahrefs.com]\n"
        "request: {mode: as_is}\n"
        "feeds: [{backlinks_status_type: live}, {backlinks_status_type: lost}]\n",
        expected, 4);
}

Test(feeds, of_one_call_for_all_targets_are_one_per_override)
{
    CLEANUP(config_free)
    struct config *config = load(
        "job: a\nendpoint: bulk_new_lost_backlinks\ntargets: [a.com, b.com]\n"
        "feeds: [{date_from: \"2026-01-01\"}, {}]\n");

    cr_assert(eq(sz, config->jobs[0].n_feeds, 2));
    cr_expect_str_eq(config->jobs[0].feeds[1].target, "a.com and 1 more");
    cr_expect_str_eq(config->jobs[0].feeds[0].request,
                     "{\"date_from\":\"2026-01-01\",\"targets\":[\"a.com\",\"b.com\"]}");
}

/* So a job that gets `feeds` later loses no history. */
Test(feeds, have_the_key_that_the_same_request_has_without_them)
{
    CLEANUP(config_free) struct config *plain = load(FULL "request: {mode: as_is}\n");
    CLEANUP(config_free)
    struct config *fed = load(FULL
                              "request: {mode: as_is, limit: 500}\n"
                              "feeds: [{mode: one_per_domain}, {}]\n");

    cr_expect(uuid_is_equal(&plain->jobs[0].feeds[0].key, &fed->jobs[0].feeds[1].key));
    cr_expect(not(uuid_is_equal(&plain->jobs[0].feeds[0].key, &fed->jobs[0].feeds[0].key)));
}

#define EXAMPLE_TARGETS "expected a list of 1 to 100 maps of API parameters\n"

static const struct mistake mistakes[] = {
    {FULL "feeds: 5\n", "job.yaml:4:8: feeds: found 5, " EXAMPLE_TARGETS},
    {FULL "feeds: []\n", "job.yaml:4:8: feeds: found an empty list, " EXAMPLE_TARGETS},
    {FULL "feeds: {mode: as_is}\n", "job.yaml:4:8: feeds: found a map, " EXAMPLE_TARGETS},
    {FULL "feeds: [as_is]\n",
     "job.yaml:4:9: feeds: found \"as_is\", expected a map of API parameters\n"},
    {FULL "feeds: [{mod: as_is}]\n",
     "job.yaml:4:10: request.mod: backlinks has no such parameter; did you mean mode?\n"},
    /* one mistake of the request is one, however many feeds have it */
    {FULL "request: {mod: as_is}\nfeeds: [{}, {mode: as_is}, {mode: one_per_domain}]\n",
     "job.yaml:4:11: request.mod: backlinks has no such parameter; did you mean mode?\n"},
    {"job: a\nendpoint: domain_intersection\nrequest: {exclude_targets: [b.com]}\nfeeds:\n"
     "- targets: {\"1\": a.com}\n- targets: {\"1\": b.com}\n",
     "job.yaml:3:29: request.exclude_targets: \"b.com\" leaves out all that links to target 1, in "
     "line 6; take it out of one of them\n"},
    {FULL "feeds:\n- {mode: as_is}\n- {}\n- {limit: 1000, mode: as_is}\n",
     "job.yaml:7:3: feeds: this one asks for the same as the one at job.yaml:5:3 (limit, order_by "
     "and tag make no difference)\n"},
    {"job: a\nendpoint: domain_intersection\nfeeds:\n- targets: {\"1\": a.com, \"2\": b.com}\n"
     "- exclude_targets: [a.com]\n",
     "job.yaml:5:3: request.targets is missing: write targets: { \"1\": moz.com, \"2\": ahrefs.com "
     "}\n"},
    {"job: a\nendpoint: domain_intersection\nrequest:\n  targets: {\"1\": a.com}\nfeeds:\n"
     "- targets: {\"1\": nothing}\n",
     "job.yaml:6:18: request.targets.1: found \"nothing\"; a target is a domain such as moz.com, or a "
     "page such as https://moz.com/blog\n"},
};

Test(feeds, mistakes)
{
    EXPECT_ALL(mistakes, true);
}
