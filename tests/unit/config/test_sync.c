/* `sync` and `refresh`: what they are read as and shown as, and where changes cannot be. */
#include "unit/config/complaints_of.h"

#include "core/buf.h"

TestSuite(sync, .timeout = 20);

#define CHANGES FULL "sync: changes\n"

static struct config *load(const char *job)
{
    struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(MAIN, strlen(MAIN), job, strlen(job), &config, &err), "%s: %s", job,
              err.text);
    return config;
}

Test(sync, is_read_and_shown_as_it_can_be_read_again)
{
    static const struct {
        const char *job;
        enum config_sync sync;
        int64_t refresh_days;
        const char *shown;
    } cases[] = {
        {FULL, CONFIG_SYNC_AUTO, 30, "sync: auto\nrefresh: 30d\n"},
        {FULL "sync: auto\n", CONFIG_SYNC_AUTO, 30, "sync: auto\nrefresh: 30d\n"},
        {FULL "sync: full\n", CONFIG_SYNC_FULL, 30, "sync: full\nrefresh: 30d\n"},
        {CHANGES "refresh: 90d\n", CONFIG_SYNC_CHANGES, 90, "sync: changes\nrefresh: 90d\n"},
        {CHANGES "refresh: never\n", CONFIG_SYNC_CHANGES, 0, "sync: changes\nrefresh: never\n"},
        {CHANGES "refresh: 2w\n", CONFIG_SYNC_CHANGES, 14, "sync: changes\nrefresh: 14d\n"},
        {CHANGES "refresh: 1 d\n", CONFIG_SYNC_CHANGES, 1, "sync: changes\nrefresh: 1d\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(1 << 16);
        CLEANUP(config_free) struct config *config = load(cases[i].job);
        CLEANUP(config_free) struct config *again = NULL;

        config_show(config, &shown);
        cr_expect(strstr(buf_text(&shown), cases[i].shown) != NULL, "%s", buf_text(&shown));
        again = load(strstr(buf_text(&shown), "\n---\n"));
        for (size_t j = 0; j < 2; j++) {
            const struct config_job *job = &(j == 0 ? config : again)->jobs[0];

            cr_expect(eq(int, (int)job->sync, (int)cases[i].sync));
            cr_expect(eq(i64, job->refresh_days, cases[i].refresh_days));
        }
    }
}

/* How a feed is kept current is not part of what it means. */
Test(sync, makes_no_other_feed)
{
    CLEANUP(config_free) struct config *plain = load(FULL);
    CLEANUP(config_free) struct config *other = load(CHANGES "refresh: never\n");

    cr_expect(uuid_is_equal(&plain->jobs[0].feeds[0].key, &other->jobs[0].feeds[0].key));
}

#define DAYS "whole days such as 30d, or never\n"
#define CONDITION "[rank, \">\", 1]"
#define FIVE                                                                                       \
    CONDITION ", and, " CONDITION ", and, " CONDITION ", and, " CONDITION ", and, " CONDITION

static const struct mistake mistakes[] = {
    {FULL "sync: change\n",
     "job.yaml:4:7: sync: found \"change\", expected auto, full or changes\n"},
    {FULL "sync: [full]\n", "job.yaml:4:7: sync: found a list, expected auto, full or changes\n"},
    {FULL "sync: false\n", "job.yaml:4:7: sync: found false, expected auto, full or changes\n"},
    {FULL "refresh: 36h\n", "job.yaml:4:10: refresh: found \"36h\", expected " DAYS},
    {FULL "refresh: 1.5d\n", "job.yaml:4:10: refresh: found \"1.5d\", expected " DAYS},
    {FULL "refresh: 0\n", "job.yaml:4:10: refresh: found 0, expected " DAYS},
    {FULL "refresh: 30\n", "job.yaml:4:10: refresh: found 30, expected " DAYS},
    {FULL "refresh: 3661d\n", "job.yaml:4:10: refresh: found \"3661d\", expected " DAYS},
    {FULL "refresh: Never\n", "job.yaml:4:10: refresh: found \"Never\", expected " DAYS},
    {CHANGES "max_rows: 5000\n",
     "job.yaml:4:7: sync: changes and max_rows: what a listing leaves out cannot be told from what "
     "is new or lost; write auto or full, or leave max_rows out\n"},
    {CHANGES "request: {mode: one_per_domain}\n",
     "job.yaml:4:7: sync: changes cannot be told of this job: its links are grouped (mode); write "
     "auto or full\n"},
    {CHANGES "feeds: [{limit: 1000}, {backlinks_status_type: all}]\n",
     "job.yaml:4:7: sync: changes cannot be told of this job: it asks for lost links itself "
     "(backlinks_status_type); write auto or full\n"},
    {CHANGES "request: {filters: [" FIVE ", and, " CONDITION "]}\n",
     "job.yaml:4:7: sync: changes cannot be told of this job: its filters have no room for three "
     "more conditions; write auto or full\n"},
    {"job: a\nendpoint: referring_domains\ntargets: [a.com]\nsync: changes\n",
     "job.yaml:4:7: sync: changes cannot be told of this job: only the endpoint backlinks tells "
     "what is new and what is lost; write auto or full\n"},
    /* What is wrong with the request comes first. */
    {CHANGES "request: {mode: one_per_domains}\n",
     "job.yaml:5:17: request.mode: found \"one_per_domains\"; did you mean one_per_domain?\n"},
    /* These can. */
    {CHANGES "request: {filters: [" FIVE "], order_by: [\"rank,desc\"]}\n", ""},
    {FULL "sync: auto\nmax_rows: 5\n",
     "job.yaml:5:11: note: max_rows: a listing that it cuts is `limited`: what is not in it is "
     "never told as lost\n"},
    {"job: a\nendpoint: referring_domains\ntargets: [a.com]\nsync: auto\n", ""},
};

Test(sync, mistakes)
{
    EXPECT_ALL(mistakes, true);
}
