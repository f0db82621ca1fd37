/* The table of keys: every key is read, and every key of a later version is refused as such. */
#include "config/key.h"

#include "unit/config/complaints_of.h"

TestSuite(keys, .timeout = 20);

/* The names that the contract reserves for later; a key that moves in leaves this list. */
static const char *const later_main[] = {"accounts",   "projects",    "http",
                                         "archive",    "archive_max", "spool_free_min",
                                         "missing_ok", "log",         "on_night"};
static const char *const later_api[] = {"token",        "token_file",      "prices", "timezone",
                                        "keep_balance", "unknown_retries", "body",   "budget"};
static const char *const later_job[] = {
    "project", "projects", "account", "resume_within", "max_shrink", "missing_ok", "sync",
    "refresh", "catch_up", "jitter",  "at_least",      "formerly",   "feeds",      "retention"};
static const char *const later_budget[] = {"per_day", "per_month"};

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define VERSION "(" LINKHAUL_VERSION ")\n"

Test(keys, of_later_versions_are_refused_as_such)
{
    char text[256], expected[256];

    for (size_t i = 0; i < N(later_main); i++) {
        snprintf(text, sizeof(text), MAIN "%s: 1\n", later_main[i]);
        snprintf(expected, sizeof(expected), "main.yaml:3:1: %s: not in this version " VERSION,
                 later_main[i]);
        expect_complaints(text, NULL, expected);
    }
    for (size_t i = 0; i < N(later_api); i++) {
        snprintf(text, sizeof(text), "api: {login: a, password: b, %s: {a: 1}}\nbudget: 1\n",
                 later_api[i]);
        snprintf(expected, sizeof(expected), "main.yaml:1:30: api.%s: not in this version " VERSION,
                 later_api[i]);
        expect_complaints(text, NULL, expected);
    }
    for (size_t i = 0; i < N(later_job); i++) {
        snprintf(text, sizeof(text), FULL "%s: [a]\n", later_job[i]);
        snprintf(expected, sizeof(expected), "job.yaml:4:1: %s: not in this version " VERSION,
                 later_job[i]);
        expect_complaints(MAIN, text, expected);
    }
    for (size_t i = 0; i < N(later_budget); i++) {
        snprintf(text, sizeof(text), FULL "budget: {per_run: 1, %s: 2}\n", later_budget[i]);
        snprintf(expected, sizeof(expected),
                 "job.yaml:4:22: budget.%s: not in this version " VERSION, later_budget[i]);
        expect_complaints(MAIN, text, expected);
    }
}

static size_t count_later(const struct key *keys, size_t n_keys)
{
    size_t n = 0;

    for (size_t i = 0; i < n_keys; i++)
        n += keys[i].is_later;
    return n;
}

Test(keys, lists_of_this_test_name_every_later_key_of_the_table)
{
    const struct key *api = key_find(main_keys.keys, main_keys.n_keys, "api");
    const struct key *budget = key_find(job_keys.keys, job_keys.n_keys, "budget");

    cr_expect(eq(sz, count_later(main_keys.keys, main_keys.n_keys), N(later_main)));
    cr_expect(eq(sz, count_later(api->keys, api->n_keys), N(later_api)));
    cr_expect(eq(sz, count_later(job_keys.keys, job_keys.n_keys), N(later_job)));
    cr_expect(eq(sz, count_later(budget->keys, budget->n_keys), N(later_budget)));
}

static void expect_documented(const struct key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++) {
        for (size_t j = 0; j < i; j++)
            cr_expect(ne(str, (char *)keys[i].name, (char *)keys[j].name));
        if (keys[i].is_later)
            continue;
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
        "database: {url: \"host=/tmp dbname=x\"}\n"
        "budget: {per_run: 0.5}\n"
        "spool: /tmp/spool\n"
        "jobs: none/*.yaml\n";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(text, strlen(text), NULL, 0, &config, &err), "%s", err.text);
    cr_expect_str_eq(config->api.provider, "dataforseo");
    cr_expect_str_eq(config->api.base_url, "http://127.0.0.1:8080");
    cr_expect_str_eq(config->api.login, "me");
    cr_expect_str_eq(config->api.password, "123456");
    cr_expect(eq(i64, config->api.in_flight, 7));
    cr_expect(eq(i64, config->api.calls_per_minute, 11));
    cr_expect_str_eq(config->database_url, "host=/tmp dbname=x");
    cr_expect(eq(i64, config->budget_per_run_nanousd, 500000000));
    cr_expect_str_eq(config->spool, "/tmp/spool");
    cr_expect_str_eq(config->job_files, "none/*.yaml");
}

Test(keys, that_are_left_out_get_their_defaults)
{
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(MAIN, strlen(MAIN), NULL, 0, &config, &err), "%s", err.text);
    cr_expect_str_eq(config->api.provider, "dataforseo");
    cr_expect_str_eq(config->api.base_url, "https://api.dataforseo.com");
    cr_expect(eq(i64, config->api.in_flight, 25));
    cr_expect(eq(i64, config->api.calls_per_minute, 2000));
    cr_expect_str_eq(config->database_url, "postgresql:///linkhaul");
    cr_expect_str_eq(config->spool, "/var/lib/linkhaul");
    cr_expect_str_eq(config->job_files, "jobs.d/*.yaml");
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
