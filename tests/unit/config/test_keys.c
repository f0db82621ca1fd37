/* The table of keys: every key is read. */
#include "config/key.h"

#include "api/provider.h"

#include "unit/config/complaints_of.h"

TestSuite(keys, .timeout = 20);

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void expect_documented(const struct key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++) {
        for (size_t j = 0; j < i; j++)
            cr_expect(ne(str, (char *)keys[i].name, (char *)keys[j].name));
        cr_expect(ne(ptr, (void *)keys[i].doc, NULL), "%s", keys[i].name);
        expect_documented(keys[i].keys, keys[i].n_keys);
    }
}

Test(keys, are_unique_and_documented)
{
    expect_documented(main_keys.keys, main_keys.n_keys);
    expect_documented(job_keys.keys, job_keys.n_keys);
}

Test(keys, of_the_main_file_are_all_read)
{
    static const char text[] =
        "api:\n"
        "  provider: dataforseo\n"
        "  base_url: \"http://127.0.0.1:8080//\"\n"
        "  login: me\n"
        "  password: 123456\n"
        "  in_flight: 7\n"
        "  calls_per_minute: 11\n"
        "  budget: {per_month: 12.5}\n"
        "  timezone: Europe/Berlin\n"
        "  prices: {per_call: 0.02, per_item: 0.00003}\n"
        "  keep_balance: 20\n"
        "  list_lag: 90s\n"
        "  unknown_retries: 0\n"
        "database: {url: \"host=/tmp dbname=x\"}\n"
        "budget: {per_run: 0.5, per_day: 1, per_month: 2}\n"
        "spool: /tmp/spool\n"
        "spool_free_min: 0\n"
        "archive: 12h\n"
        "archive_max: 1.5 TB\n"
        "missing_ok: 0\n"
        "on_night: [/bin/true, -x, 7, \"a b\"]\n"
        "http: \"[::1]:80\"\n"
        "jobs: none/*.yaml\n";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(text, strlen(text), NULL, 0, &config, &err), "%s", err.text);
    cr_expect_str_eq(config->accounts[0].provider->name, "dataforseo");
    cr_expect_str_eq(config->accounts[0].base_url, "http://127.0.0.1:8080");
    cr_expect_str_eq(config->accounts[0].login, "me");
    cr_expect_str_eq(config->accounts[0].password, "123456");
    cr_expect(eq(i64, config->accounts[0].in_flight, 7));
    cr_expect(eq(i64, config->accounts[0].calls_per_minute, 11));
    cr_expect_str_eq(config->database_url, "host=/tmp dbname=x");
    cr_expect(eq(i64, config->accounts[0].budget.per_run_nanousd, 0));
    cr_expect(eq(i64, config->accounts[0].budget.per_day_nanousd, 0));
    cr_expect(eq(i64, config->accounts[0].budget.per_month_nanousd, INT64_C(12500000000)));
    cr_expect_str_eq(config->accounts[0].timezone, "Europe/Berlin");
    cr_expect(eq(i64, config->accounts[0].prices.per_call_nanousd, 20000000));
    cr_expect(eq(i64, config->accounts[0].prices.per_item_nanousd, 30000));
    cr_expect(eq(i64, config->accounts[0].keep_balance_nanousd, INT64_C(20000000000)));
    cr_expect(eq(i64, config->accounts[0].list_lag_s, 90));
    cr_expect(eq(i64, config->accounts[0].unknown_retries, 0));
    cr_expect(eq(i64, config->budget.per_run_nanousd, 500000000));
    cr_expect(eq(i64, config->budget.per_day_nanousd, 1000000000));
    cr_expect(eq(i64, config->budget.per_month_nanousd, 2000000000));
    cr_expect(eq(i64, config->spool_free_min_bytes, 0));
    cr_expect(eq(i64, config->archive_s, 12 * 3600));
    cr_expect(eq(i64, config->archive_max_bytes, INT64_C(1500000000000)));
    cr_expect(eq(i64, config->missing_ok_ppm, 0));
    cr_assert(eq(sz, config->on_night.n, 4));
    cr_expect_str_eq(config->on_night.items[2], "7");
    cr_expect_str_eq(config->on_night.items[3], "a b");
    cr_expect_str_eq(config->spool, "/tmp/spool");
    cr_expect_str_eq(config->http, "[::1]:80");
    cr_expect_str_eq(config->job_files, "none/*.yaml");
}

Test(keys, that_are_left_out_get_their_defaults)
{
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(MAIN, strlen(MAIN), NULL, 0, &config, &err), "%s", err.text);
    cr_expect_str_eq(config->accounts[0].provider->name, "dataforseo");
    cr_expect_str_eq(config->accounts[0].base_url, "https://api.dataforseo.com");
    cr_expect(eq(i64, config->accounts[0].in_flight, 25));
    cr_expect(eq(i64, config->accounts[0].calls_per_minute, 2000));
    cr_expect_str_eq(config->accounts[0].timezone, "UTC");
    cr_expect(eq(i64, config->accounts[0].prices.per_call_nanousd, 0));
    cr_expect(eq(i64, config->accounts[0].keep_balance_nanousd, 0));
    cr_expect(eq(i64, config->accounts[0].list_lag_s, 60));
    cr_expect(eq(i64, config->accounts[0].unknown_retries, 1));
    cr_expect(eq(i64, config->budget.per_day_nanousd, 0));
    cr_expect(eq(i64, config->spool_free_min_bytes, INT64_C(1) << 30));
    cr_expect(eq(i64, config->archive_s, 30 * 86400));
    cr_expect(eq(i64, config->archive_max_bytes, 0));
    cr_expect(eq(i64, config->missing_ok_ppm, 1000));
    cr_expect_str_eq(config->database_url, "postgresql:///linkhaul");
    cr_expect_str_eq(config->spool, "/var/lib/linkhaul");
    cr_expect_str_eq(config->http, "127.0.0.1:9464");
    cr_expect_str_eq(config->job_files, "jobs.d/*.yaml");
}

static struct config *load_job(const char *main_text, const char *job_text)
{
    struct config *config = NULL;
    struct err err;

    cr_assert(
        config_load_text(main_text, strlen(main_text), job_text, strlen(job_text), &config, &err),
        "%s", err.text);
    return config;
}

Test(keys, of_a_job_stand_in_front_of_those_of_the_main_file)
{
    CLEANUP(config_free)
    struct config *plain = load_job(MAIN "missing_ok: 3%\n", FULL);
    CLEANUP(config_free)
    struct config *own = load_job(MAIN "missing_ok: 3%\n", FULL
                                  "missing_ok: 0 %\nmax_shrink: 12.5 %\n"
                                  "resume_within: 2w\nretention: 36h\n"
                                  "schedule: \"15 2 * * *\"\ncatch_up: until 09:05\n"
                                  "jitter: 20m\nmax_duration: 6h\n"
                                  "budget: {per_day: 7, per_month: 9}\n");

    cr_expect(eq(i64, plain->jobs[0].missing_ok_ppm, 30000));
    cr_expect(eq(i64, plain->jobs[0].max_shrink_ppm, 500000));
    cr_expect(eq(i64, plain->jobs[0].resume_within_s, 7 * 86400));
    cr_expect(eq(i64, plain->jobs[0].retention_s, 14 * 86400));
    cr_expect(eq(i64, own->jobs[0].retention_s, 36 * 3600));
    cr_expect(eq(ptr, plain->jobs[0].catch_up, NULL));
    cr_expect(eq(i64, plain->jobs[0].jitter_s, 0));
    cr_expect(eq(i64, plain->jobs[0].max_duration_s, 0));
    cr_expect_str_eq(own->jobs[0].catch_up, "until 09:05");
    cr_expect(eq(i64, own->jobs[0].catch_up_until, 9 * 60 + 5));
    cr_expect(eq(i64, own->jobs[0].jitter_s, 20 * 60));
    cr_expect(eq(i64, own->jobs[0].max_duration_s, 6 * 3600));
    cr_expect(eq(i64, own->jobs[0].missing_ok_ppm, 0));
    cr_expect(eq(i64, own->jobs[0].max_shrink_ppm, 125000));
    cr_expect(eq(i64, own->jobs[0].resume_within_s, 14 * 86400));
    cr_expect(eq(i64, own->jobs[0].own_budget.per_run_nanousd, 0));
    cr_expect(eq(i64, own->jobs[0].own_budget.per_day_nanousd, INT64_C(7000000000)));
    cr_expect(eq(i64, own->jobs[0].own_budget.per_month_nanousd, INT64_C(9000000000)));
    cr_expect(eq(i64, own->jobs[0].budget_nanousd, INT64_C(5000000000)));
}

Test(keys, of_a_base_url_with_plain_http_take_any_loopback_and_nothing_else)
{
    static const struct {
        const char *url;
        bool is_right;
    } urls[] = {
        {"http://localhost:1", true},
        {"http://127.0.0.1", true},
        {"http://127.255.0.9:65535", true},
        {"http://[::1]:8080/v3x", true},
        {"http://127.0.0.1.evil.com", false},
        {"http://localhost.evil.com", false},
        {"http://128.0.0.1", false},
        {"http://127.0.0.256", false},
        {"http://127.0.0", false},
        {"http://[::2]", false},
        {"http://2130706433", false},
        {"http://localhost:0", false},
        {"http://localhost:x", false},
        {"http://127.0.0.1@evil.com", false},
        {"http://localhost\\\\@evil.com", false},
        {"HTTP://api.dataforseo.com", false},
        {"file:///etc/passwd", false},
        {"https://", false},
        {"https://api.aisa.one/apis/v1", true},
    };

    for (size_t i = 0; i < N(urls); i++) {
        char text[256];
        CLEANUP(mem_free_string) char *complaints = NULL;

        snprintf(text, sizeof(text), "api: {login: a, password: b, base_url: \"%s\"}\nbudget: 1\n",
                 urls[i].url);
        complaints = complaints_of(text, NULL);
        cr_expect(eq(int, complaints[0] == '\0', urls[i].is_right), "%s: %s", urls[i].url,
                  complaints);
    }
}
