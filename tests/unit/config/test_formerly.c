/* `formerly`: keys that stay, and names that cannot be. */
#include "unit/config/complaints_of.h"

#include <stdio.h>

#include "core/buf.h"

TestSuite(formerly, .timeout = 20);

#define LISTING(name) "job: " name "\nendpoint: backlinks\ntargets: [moz.com]\n"
#define PROJECT MAIN "projects: {acme: {own: [a.com]}, globex: {own: [g.com]}}\n"

static struct config *load(const char *job)
{
    struct config *config = NULL;
    struct err err;
    bool is_loaded = config_load_text(PROJECT, strlen(PROJECT), job, strlen(job), &config, &err);

    if (!is_loaded)
        config_print_complaints(config, stderr);
    cr_assert(is_loaded, "%s", job);
    return config;
}

static bool has_key_of(const struct config *config, const struct config *other)
{
    return uuid_is_equal(&config->jobs[0].feeds[0].key, &other->jobs[0].feeds[0].key);
}

Test(formerly, keeps_the_key_of_the_oldest_name)
{
    CLEANUP(config_free) struct config *first = load(LISTING("a"));
    CLEANUP(config_free) struct config *second = load(LISTING("b") "formerly: a\n");
    CLEANUP(config_free) struct config *third = load(LISTING("c") "formerly: [a, b]\n");
    CLEANUP(config_free) struct config *other = load(LISTING("c") "formerly: b\n");

    cr_expect(has_key_of(second, first));
    cr_expect(has_key_of(third, first));
    cr_expect(not(has_key_of(other, first)));
    cr_expect_str_eq(third->jobs[0].name, "c");
}

Test(formerly, is_of_the_jobs_own_project)
{
    CLEANUP(config_free) struct config *before = load(LISTING("a") "projects: [acme, globex]\n");
    CLEANUP(config_free)
    struct config *after =
        load(LISTING("b") "formerly: a\nprojects: [acme, globex]\n---\n" LISTING("a"));

    for (size_t i = 0; i < 2; i++)
        cr_expect(uuid_is_equal(&before->jobs[i].feeds[0].key, &after->jobs[i].feeds[0].key));
}

Test(formerly, is_shown_as_it_is_read)
{
    CLEANUP(config_free) struct config *config = load(LISTING("c") "formerly: [a, b]\n");
    CLEANUP(config_free) struct config *again = NULL;
    CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(1 << 16);

    config_show(config, &shown);
    again = load(strstr(buf_text(&shown), "\n---\n"));
    cr_expect(has_key_of(again, config));
    cr_expect(eq(sz, again->jobs[0].formerly.n, 2));
}

static const struct mistake mistakes[] = {
    {LISTING("b") "formerly: 5/6\n",
     "job.yaml:4:11: formerly: found \"5/6\", expected the name that the job had\n"},
    {LISTING("b") "formerly: {a: b}\n",
     "job.yaml:4:11: formerly: found a map, expected the name that the job had\n"},
    {LISTING("b") "formerly: []\n",
     "job.yaml:4:11: formerly: found an empty list, expected the name that the job had\n"},
    {LISTING("b") "formerly: b\n", "job.yaml:4:11: formerly: \"b\" is the name that the job has\n"},
    {LISTING("b") "formerly: [a, a]\n", "job.yaml:4:15: formerly: \"a\" stands twice\n"},
    {LISTING("b") "formerly: [c, a]\n---\n" LISTING("a"),
     "job.yaml:1:6: formerly: a is the name of another job, or was, at job.yaml:6:6\n"},
    {LISTING("b") "formerly: a\n---\n" LISTING("c") "formerly: a\n",
     "job.yaml:1:6: formerly: a is the name of another job, or was, at job.yaml:6:6\n"
     "job.yaml:6:6: formerly: a is the name of another job, or was, at job.yaml:1:6\n"},
};

Test(formerly, mistakes)
{
    EXPECT_ALL(mistakes, true);
}
