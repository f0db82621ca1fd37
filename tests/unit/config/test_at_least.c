/* `at_least`: the condition that it becomes, and where it cannot be. */
#include "unit/config/complaints_of.h"

#include <stdio.h>

#include "core/buf.h"

TestSuite(at_least, .timeout = 20);

#define GAP "job: a\nendpoint: domain_intersection\nat_least: 2\n"
#define THREE "targets: {\"1\": a.com, \"2\": b.com, \"3\": c.com}"
#define THREE_JSON "\"targets\":{\"1\":\"a.com\",\"2\":\"b.com\",\"3\":\"c.com\"}}"
#define BOUND "[\"intersections_count\",\">=\",2]"
#define RANK "[1.rank, \">\", 5]"
#define LINKS "[rank, \">\", 5]"
#define FOUR LINKS ", and, " LINKS ", and, " LINKS ", and, " LINKS
#define RANK_JSON "[\"1.rank\",\">\",5]"

static struct config *load(const char *job)
{
    struct config *config = NULL;
    struct err err;
    bool is_loaded = config_load_text(MAIN, strlen(MAIN), job, strlen(job), &config, &err);

    if (!is_loaded)
        config_print_complaints(config, stderr);
    cr_assert(is_loaded, "%s", job);
    return config;
}

Test(at_least, is_joined_by_and)
{
    static const char *const filters[][2] = {
        {"", BOUND},
        {", filters: " RANK, "[" RANK_JSON ",\"and\"," BOUND "]"},
        {", filters: [" RANK "]", "[" RANK_JSON ",\"and\"," BOUND "]"},
        {", filters: [" RANK ", and, " RANK "]",
         "[" RANK_JSON ",\"and\"," RANK_JSON ",\"and\"," BOUND "]"},
        {", filters: [" RANK ", or, " RANK "]",
         "[[" RANK_JSON ",\"or\"," RANK_JSON "],\"and\"," BOUND "]"},
    };

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        CLEANUP(mem_free_string)
        char *text = mem_printf(GAP "request: {" THREE "%s}\n", filters[i][0]);
        CLEANUP(mem_free_string)
        char *expected = mem_printf("{\"filters\":%s," THREE_JSON, filters[i][1]);
        CLEANUP(config_free) struct config *config = load(text);

        cr_expect_str_eq(config->jobs[0].feeds[0].request, expected);
    }
}

/* Written by hand it is the same feed; and what is shown is read as the same. */
Test(at_least, is_the_feed_of_its_condition)
{
    CLEANUP(config_free) struct config *sugar = load(GAP "request: {" THREE "}\n");
    CLEANUP(config_free)
    struct config *plain = load(
        "job: a\nendpoint: domain_intersection\n"
        "request: {filters: [intersections_count, \">=\", 2], " THREE "}\n");
    CLEANUP(config_free) struct config *fed = load(GAP "feeds: [{" THREE "}]\n");
    struct config *const all[] = {sugar, fed};

    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(1 << 16);
        CLEANUP(config_free) struct config *again = NULL;

        config_show(all[i], &shown);
        again = load(strstr(buf_text(&shown), "\n---\n"));
        cr_expect(uuid_is_equal(&all[i]->jobs[0].feeds[0].key, &plain->jobs[0].feeds[0].key));
        cr_expect(uuid_is_equal(&again->jobs[0].feeds[0].key, &plain->jobs[0].feeds[0].key));
    }
}

static const struct mistake mistakes[] = {
    {"job: a\nendpoint: page_intersection\nat_least: 4\nrequest: {" THREE "}\n",
     "job.yaml:3:11: at_least: found 4, which is more than the targets: a.com + b.com + c.com\n"},
    {"job: a\nendpoint: page_intersection\nat_least: 2\nfeeds: [{" THREE
     "}, {targets: {\"1\": a.com}}]\n",
     "job.yaml:3:11: at_least: found 2, which is more than the targets: a.com\n"},
    {FULL "at_least: 2\n",
     "job.yaml:4:1: at_least: backlinks lists one target at a time; what "
     "links to several of them is told by domain_intersection and "
     "page_intersection\n"},
    {"job: a\nendpoint: page_intersection\nat_least: 0\nrequest: {" THREE "}\n",
     "job.yaml:3:11: at_least: found 0, expected a whole number from 1 to 20\n"},
    {"job: a\nendpoint: page_intersection\nat_least: many\nrequest: {" THREE "}\n",
     "job.yaml:3:11: at_least: found \"many\", expected a whole number from 1 to 20\n"},
    {GAP "request: {" THREE ", filters: 5}\n",
     "job.yaml:4:67: request.filters: found 5, expected a condition such as [dofollow, \"=\", "
     "true]\n"},
    {GAP "request:\n  " THREE "\n  filters: [" RANK ", and, " RANK ", and, " RANK ", and, " RANK
         ", and, " RANK ", and, " RANK ", and, " RANK ", and, " RANK "]\n",
     "job.yaml:6:12: request.filters: found 9 conditions with the one that at_least takes, the API "
     "takes at most 8\n"},
    {"job: a\nendpoint: domain_intersection\nrequest:\n  " THREE "\n  filters: [" RANK
     ", and, " RANK ", and, " RANK ", and, " RANK ", and, " RANK ", and, " RANK ", and, " RANK
     ", and, " RANK ", and, " RANK "]\n",
     "job.yaml:5:12: request.filters: found 9 conditions, the API takes at most 8\n"},
    {GAP "request:\n  " THREE "\n  backlinks_filters: [" FOUR ", and, " FOUR ", and, " LINKS "]\n",
     "job.yaml:6:22: request.backlinks_filters: found 9 conditions, the API takes at most 8\n"},
};

Test(at_least, mistakes)
{
    EXPECT_ALL(mistakes, true);
}
