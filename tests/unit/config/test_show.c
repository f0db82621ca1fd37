#include "unit/config/complaints_of.h"

#include "core/buf.h"

TestSuite(show, .timeout = 20);

static char *shown(const char *main_text, const char *job_text)
{
    CLEANUP(config_free) struct config *config = NULL;
    struct buf out = BUF_WITH_CEILING(1 << 20);
    struct err err = {.text = ""};

    cr_assert(
        config_load_text(main_text, strlen(main_text), job_text, strlen(job_text), &config, &err),
        "%s", err.text);
    config_show(config, &out);
    return buf_take(&out);
}

Test(show, fills_in_defaults_masks_secrets_and_expands_jobs)
{
    CLEANUP(mem_free_string)
    char *text = shown(MAIN "database: {url: \"postgresql://me:hunter2@db/linkhaul\"}\n",
                       "job: a\nendpoint: backlinks\nschedule: \"15 2 * * *\"\n"
                       "targets: [moz.com, \"https://moz.com/x?y=1\"]\n"
                       "request: {limit: 1000, filters: [dofollow, \"=\", true]}\n"
                       "max_rows: 7\nbudget: 0.5\nlabels: {team: north}\n");

    cr_assert_str_eq(text,
                     "# main.yaml, defaults filled in, secrets masked\n"
                     "api:\n"
                     "  provider: dataforseo\n"
                     "  base_url: https://api.dataforseo.com\n"
                     "  login: me\n"
                     "  password: \"***\"\n"
                     "  in_flight: 25\n"
                     "  calls_per_minute: 2000\n"
                     "  timezone: UTC\n"
                     "  list_lag: 1m\n"
                     "  unknown_retries: 1\n"
                     "database:\n"
                     "  url: \"postgresql://me:***@db/linkhaul\"\n"
                     "budget: 5.00\n"
                     "spool: /var/lib/linkhaul\n"
                     "spool_free_min: 1GiB\n"
                     "archive: 30d\n"
                     "missing_ok: 0.1%\n"
                     "jobs: \"jobs.d/*.yaml\"\n"
                     "drain: 150s\n"
                     "log: text\n"
                     "log_level: info\n"
                     "http: \"127.0.0.1:9464\"\n"
                     "---\n"
                     "# job.yaml:1\n"
                     "job: a\n"
                     "endpoint: backlinks\n"
                     "account: default\n"
                     "schedule: \"15 2 * * *\"\n"
                     "timezone: UTC\n"
                     "request: {\"filters\":[\"dofollow\",\"=\",true],\"limit\":1000}\n"
                     "max_rows: 7\n"
                     "budget: 0.50\n"
                     "missing_ok: 0.1%\n"
                     "max_shrink: 50%\n"
                     "resume_within: 7d\n"
                     "retention: 14d\n"
                     "sync: auto\n"
                     "refresh: 30d\n"
                     "labels: {\"team\":\"north\"}\n"
                     "targets:\n"
                     "  - moz.com # feed 54336e2a-7059-267c-c2cb-904052675bec\n"
                     "  - \"https://moz.com/x?y=1\" # feed 9f616216-4115-b553-43d4-506e4dc22b5d\n"
                     "# 2 feeds; a run may cost $0.50\n");
}

static const char money_and_sizes[] =
    "api:\n  login: me\n  password: x\n  budget: {per_month: 300}\n"
    "  prices: {per_call: 0.024, per_item: 0.000036}\n  keep_balance: 20\n"
    "  unknown_retries: 0\n"
    "budget: {per_run: 5, per_day: 25}\nspool_free_min: 0\narchive: 0\n"
    "archive_max: 1536 MiB\nmissing_ok: 0.0001 %\n";

Test(show, shows_caps_sizes_and_durations_as_they_can_be_read)
{
    CLEANUP(mem_free_string)
    char *text = shown(money_and_sizes, FULL
                       "schedule: \"@daily\"\ncatch_up: until 09:00\njitter: 90m\n"
                       "max_duration: 6h\nbudget: {per_run: 1.5}\nresume_within: 36h\n");
    CLEANUP(mem_free_string) char *again = NULL;
    char *jobs = strstr(text, "---\n");

    cr_assert_str_eq(strstr(text, "  budget:"), strstr(text,
                                                       "  budget: { per_month: 300.00 }\n"
                                                       "  timezone: UTC\n"
                                                       "  prices:\n"
                                                       "    per_call: 0.024\n"
                                                       "    per_item: 0.000036\n"
                                                       "  keep_balance: 20.00\n"
                                                       "  list_lag: 1m\n"
                                                       "  unknown_retries: 0\n"));
    cr_assert_str_eq(strstr(text, "\nbudget:"),
                     strstr(text,
                            "\nbudget: { per_run: 5.00, per_day: 25.00 }\n"
                            "spool: /var/lib/linkhaul\n"
                            "spool_free_min: 0\n"
                            "archive: 0\n"
                            "archive_max: 1536MiB\n"
                            "missing_ok: 0.0001%\n"));
    cr_expect(ne(ptr,
                 strstr(jobs,
                        "schedule: \"@daily\"\ntimezone: UTC\ncatch_up: \"until 09:00\"\n"
                        "jitter: 90m\nmax_duration: 6h\n"),
                 NULL),
              "%s", jobs);
    cr_assert_str_eq(strstr(jobs, "budget:"), strstr(jobs,
                                                     "budget: 1.50\n"
                                                     "missing_ok: 0.0001%\n"
                                                     "max_shrink: 50%\n"
                                                     "resume_within: 36h\n"
                                                     "retention: 14d\n"
                                                     "sync: auto\n"
                                                     "refresh: 30d\n"));
    *jobs = '\0';
    again = shown(text, FULL);
    *strstr(again, "---\n") = '\0';
    cr_expect_str_eq(again, text);
}

Test(show, never_shows_a_database_password)
{
    static const char *const urls[] = {
        "postgresql://me:hunter2@db/linkhaul",
        "postgresql://db/linkhaul?user=me&password=hunter2",
        "postgresql://db/linkhaul?user=me&pass%77ord=hunter2",
        "host=db password=hunter2 dbname=x",
        "host=db password = 'hunter2' dbname=x",
        "host=db sslpassword=hunter2",
        "host=db PASSWORD=hunter2",
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char main_text[256];
        CLEANUP(mem_free_string) char *text = NULL;

        snprintf(main_text, sizeof(main_text), MAIN "database: {url: \"%s\"}\n", urls[i]);
        text = shown(main_text, FULL);
        cr_expect(eq(ptr, strstr(text, "hunter2"), NULL), "%s", text);
    }
}

static struct uuid key_of(const char *job_text)
{
    CLEANUP(config_free) struct config *config = NULL;
    struct err err = {.text = ""};

    cr_assert(config_load_text(MAIN, strlen(MAIN), job_text, strlen(job_text), &config, &err), "%s",
              err.text);
    return config->jobs[0].feeds[0].key;
}

static bool is_same_feed(const char *a, const char *b)
{
    struct uuid key_a = key_of(a), key_b = key_of(b);

    return uuid_is_equal(&key_a, &key_b);
}

Test(show, gives_a_feed_the_key_that_sql_would_make)
{
    struct uuid key = key_of(FULL "request: {mode: as_is, limit: 1000, tag: x}\n");
    char text[UUID_TEXT_MAX];

    /* select md5('["default","a","backlinks","moz.com",{"mode":"as_is"}]')::uuid */
    cr_assert_str_eq(uuid_format(&key, text), "5e61619f-a56a-ff5a-09f2-ade0f72fcb3a");
}

Test(show, makes_a_new_feed_of_a_changed_meaning_and_of_nothing_else)
{
    static const char base[] = FULL "request: {mode: as_is, include_subdomains: true}\n";

    cr_expect(is_same_feed(base, FULL "request: {include_subdomains: true, mode: as_is}\n"));
    cr_expect(is_same_feed(base,
                           FULL "request: {include_subdomains: true, mode: as_is, limit: 500, "
                                "tag: t, order_by: [\"rank,asc\"]}\n"));
    cr_expect(is_same_feed(base, FULL "request: {mode: as_is, include_subdomains: true}\n"
                                      "max_rows: 5\nbudget: 1\nlabels: {a: b}\n"
                                      "schedule: \"@daily\"\ntimezone: Europe/Berlin\n"));
    cr_expect(is_same_feed(base, JOB "targets: [moz.com, ahrefs.com]\n"
                                     "request: {mode: as_is, include_subdomains: true}\n"));
    cr_expect(not(is_same_feed(base, FULL "request: {mode: as_is}\n")));
    cr_expect(not(is_same_feed(base, FULL "request: {mode: one_per_anchor, "
                                          "include_subdomains: true}\n")));
    cr_expect(not(is_same_feed(base, FULL "request: {mode: as_is, include_subdomains: false}\n")));
    cr_expect(not(is_same_feed(base, JOB "targets: [ahrefs.com]\n"
                                         "request: {mode: as_is, include_subdomains: true}\n")));
    cr_expect(not(is_same_feed(base,
                               "job: b\nendpoint: backlinks\ntargets: [moz.com]\n"
                               "request: {mode: as_is, include_subdomains: true}\n")));
}

Test(show, joins_the_caps_to_the_smaller)
{
    static const char account[] =
        "api: {login: me, password: x, budget: 2}\nbudget: {per_day: 1}\n";
    static const struct {
        const char *main_text, *job_text;
        int64_t cap, own;
    } cases[] = {
        {account, FULL, INT64_C(2000000000), 0},
        {account, FULL "budget: 1\n", INT64_C(1000000000), INT64_C(1000000000)},
        {API, FULL "budget: {per_day: 1}\n", 0, 0},
        {MAIN, FULL, INT64_C(5000000000), 0},
        {MAIN, FULL "budget: 3\n", INT64_C(3000000000), INT64_C(3000000000)},
        {MAIN, FULL "budget: 7\n", INT64_C(5000000000), INT64_C(7000000000)},
        {API, FULL "budget: {per_run: 7}\n", INT64_C(7000000000), INT64_C(7000000000)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(config_free) struct config *config = NULL;
        struct err err = {.text = ""};

        cr_assert(config_load_text(cases[i].main_text, strlen(cases[i].main_text),
                                   cases[i].job_text, strlen(cases[i].job_text), &config, &err),
                  "%s", err.text);
        cr_expect(eq(i64, config->jobs[0].budget_nanousd, cases[i].cap));
        cr_expect(eq(i64, config->jobs[0].own_budget.per_run_nanousd, cases[i].own));
    }
}

Test(show, keeps_what_a_run_needs_of_a_request)
{
    CLEANUP(config_free) struct config *config = NULL;
    static const char job[] = FULL
        "request: {tag: mine, order_by: [\"rank,desc\"], limit: 1000, "
        "filters: [[rank, in, [1, 2]]]}\n";
    struct err err = {.text = ""};

    cr_assert(config_load_text(MAIN, strlen(MAIN), job, strlen(job), &config, &err), "%s",
              err.text);
    cr_expect(eq(i64, config->jobs[0].limit, 1000));
    cr_expect_str_eq(config->jobs[0].request,
                     "{\"filters\":[[\"rank\",\"in\",[1,2]]],\"limit\":1000,\"order_by\":[\"rank,"
                     "desc\"],\"tag\":\"mine\"}");
    cr_expect_str_eq(config->jobs[0].feeds[0].request, config->jobs[0].request);
    cr_expect_str_eq(config->jobs[0].project, "default");
    cr_expect_str_eq(config->jobs[0].labels, "{}");
}

Test(show, shows_each_of_feeds_with_its_whole_request)
{
    static const char job[] = FULL
        "request: {mode: as_is, limit: 1000}\n"
        "feeds: [{}, {backlinks_status_type: lost}]\n";
    CLEANUP(config_free) struct config *config = NULL, *again = NULL;
    CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(1 << 16);
    const char *jobs;
    struct err err;

    cr_assert(config_load_text(MAIN, strlen(MAIN), job, strlen(job), &config, &err));
    config_show(config, &shown);
    jobs = strstr(buf_text(&shown), "\n---\n") + 1;
    cr_expect(ne(ptr,
                 strstr(jobs,
                        "targets:\n  - moz.com\nfeeds:\n"
                        "  - {\"limit\":1000,\"mode\":\"as_is\"}\n"
                        "  - {\"backlinks_status_type\":\"lost\",\"limit\":1000,"
                        "\"mode\":\"as_is\"}\n# feed "),
                 NULL),
              "%s", jobs);
    cr_assert(config_load_text(MAIN, strlen(MAIN), jobs, strlen(jobs), &again, &err), "%s", jobs);
    for (size_t i = 0; i < 2; i++)
        cr_expect(uuid_is_equal(&config->jobs[0].feeds[i].key, &again->jobs[0].feeds[i].key));
}
