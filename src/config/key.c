#include "config/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define KEYS(array) .keys = (array), .n_keys = N(array)
#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define IN_MAIN(field) offsetof(struct config, field)
#define IN_JOB(field) offsetof(struct config_job, field)
#define LATER .is_later = true

// clang-format off
static const struct key api_keys[] = {
    { "provider", KEY_WORD, IN_MAIN(api.provider), .words = WORDS("dataforseo"),
      .later_words = WORDS("aisa"), .fallback = "dataforseo", .doc = "who answers" },
    { "base_url", KEY_URL, IN_MAIN(api.base_url), .fallback = "https://api.dataforseo.com",
      .sample = "${LINKHAUL_BASE_URL:-https://api.dataforseo.com}",
      .doc = "where; plain http:// only to this machine (linkhaul-sandbox)" },
    { "login", KEY_TEXT, IN_MAIN(api.login), .is_required = true, .twin = "login_file",
      .sample = "${DATAFORSEO_LOGIN}", .doc = "the API login" },
    { "login_file", KEY_FILE, IN_MAIN(api.login), .twin = "login",
      .sample = "/etc/linkhaul/credentials/login", .is_second_choice = true,
      .doc = "or a file that holds it" },
    { "password_file", KEY_FILE, IN_MAIN(api.password), .twin = "password",
      .sample = "${CREDENTIALS_DIRECTORY:-/etc/linkhaul/credentials}/dataforseo",
      .doc = "a file that holds the API password (not the one of the web account)" },
    { "password", KEY_SECRET, IN_MAIN(api.password), .is_required = true, .twin = "password_file",
      .sample = "${DATAFORSEO_PASSWORD}", .is_second_choice = true,
      .doc = "or the password itself" },
    { "in_flight", KEY_INT, IN_MAIN(api.in_flight), 1, 30, .fallback = "25",
      .doc = "calls at once; the vendor allows 30, shared with your other tools" },
    { "calls_per_minute", KEY_INT, IN_MAIN(api.calls_per_minute), 1, 100000, .fallback = "2000",
      .doc = "calls in any 60 seconds" },
    { "token", LATER }, { "token_file", LATER }, { "prices", LATER }, { "timezone", LATER },
    { "keep_balance", LATER }, { "unknown_retries", LATER }, { "body", LATER },
    { "budget", LATER },
};

static const struct key database_keys[] = {
    { "url", KEY_DATABASE, IN_MAIN(database_url), .fallback = "postgresql:///linkhaul",
      .twin = "url_file", .sample = "${LINKHAUL_DATABASE_URL:-postgresql:///linkhaul}",
      .doc = "a connection URL or string, as psql takes it" },
    { "url_file", KEY_FILE, IN_MAIN(database_url), .twin = "url",
      .sample = "/etc/linkhaul/credentials/database", .is_second_choice = true,
      .doc = "or a file that holds it" },
};

/* The same in a main file and in a job; `budget` itself reads the value. */
static const struct key budget_keys[] = {
    { "per_run", KEY_MONEY, .is_required = true, .doc = "US dollars that one run may cost" },
    { "per_day", LATER }, { "per_month", LATER },
};

static const struct key all_main_keys[] = {
    { "api", KEY_MAP, KEYS(api_keys), .is_required = true, .doc = "the account at the API" },
    { "database", KEY_MAP, KEYS(database_keys),
      .doc = "PostgreSQL 15 or later, encoding UTF8; no superuser, no extension" },
    { "budget", KEY_BUDGET, IN_MAIN(budget_per_run_nanousd), KEYS(budget_keys), .sample = "5.00",
      .doc = "US dollars that one run of a job may cost; a job may have its own, and both apply" },
    { "spool", KEY_PATH, IN_MAIN(spool), .fallback = "/var/lib/linkhaul",
      .sample = "${LINKHAUL_SPOOL:-/var/lib/linkhaul}",
      .doc = "a directory for answers on their way to the database; keep it on a real disk" },
    { "jobs", KEY_TEXT, IN_MAIN(job_files), .fallback = "jobs.d/*.yaml",
      .doc = "the job files, relative to this file" },
    { "accounts", LATER }, { "projects", LATER }, { "http", LATER }, { "archive", LATER },
    { "archive_max", LATER }, { "spool_free_min", LATER }, { "missing_ok", LATER },
    { "log", LATER }, { "on_night", LATER },
};

static const struct key all_job_keys[] = {
    { "job", KEY_NAME, IN_JOB(name), .is_required = true,
      .doc = "its name: lower-case letters, digits, _ . - (63 at most)" },
    { "endpoint", KEY_ENDPOINT, IN_JOB(endpoint), .is_required = true,
      .later_words = WORDS("domain_intersection", "page_intersection"),
      .doc = "the kind of listing" },
    { "schedule", KEY_SCHEDULE, IN_JOB(schedule),
      .doc = "five cron fields or @daily and the like, quoted; none: only by hand" },
    { "timezone", KEY_ZONE, IN_JOB(timezone), .fallback = "UTC",
      .doc = "IANA name; of the schedule, and of the night a run belongs to" },
    { "targets", KEY_TARGETS, .min = 1, .max = 1000, .is_required = true,
      .doc = "domains without https:// and www., or pages as absolute URLs; a feed each" },
    { "request", KEY_REQUEST, IN_JOB(request), .doc = "API parameters, names as the API has them" },
    { "max_rows", KEY_INT, IN_JOB(max_rows), 1, INT64_C(1000000000000),
      .doc = "items per listing; none: all" },
    { "budget", KEY_BUDGET, IN_JOB(own_budget_nanousd), KEYS(budget_keys),
      .doc = "US dollars that one run may cost" },
    { "labels", KEY_LABELS, IN_JOB(labels), .max = 16,
      .doc = "yours, into runs and costs: up to 16 names with a text, number or boolean" },
    { "project", LATER }, { "projects", LATER }, { "account", LATER }, { "resume_within", LATER },
    { "max_shrink", LATER }, { "missing_ok", LATER }, { "sync", LATER }, { "refresh", LATER },
    { "catch_up", LATER }, { "jitter", LATER }, { "at_least", LATER }, { "formerly", LATER },
    { "feeds", LATER }, { "retention", LATER },
};
// clang-format on

const struct key_table main_keys = {all_main_keys, N(all_main_keys)};
const struct key_table job_keys = {all_job_keys, N(all_job_keys)};

const struct key *key_find(const struct key *keys, size_t n_keys, const char *name)
{
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

const char *key_expected(const struct key *key, char ret_expected[KEY_EXPECTED_MAX])
{
    static const char *const expected[] = {
        [KEY_MAP] = "a map",
        [KEY_TEXT] = "a text",
        [KEY_SECRET] = "a text",
        [KEY_FILE] = "the path of a file",
        [KEY_DATABASE] = "a connection URL such as postgresql:///linkhaul",
        [KEY_URL] = "a URL such as https://api.dataforseo.com",
        [KEY_PATH] = "a path",
        [KEY_NAME] =
            "a name of lower-case letters, digits, _ . - (63 at most), beginning with a "
            "letter or digit",
        [KEY_MONEY] = "US dollars above 0, such as 5.00",
        [KEY_BUDGET] = "US dollars above 0, such as 5.00",
        [KEY_ZONE] = "an IANA time zone such as Europe/Berlin",
        [KEY_SCHEDULE] = "five cron fields in quotes, such as \"15 2 * * *\", or @daily",
        [KEY_ENDPOINT] = "the name of an endpoint",
        [KEY_TARGETS] = "a list of 1 to 1000 targets, such as [moz.com, ahrefs.com]",
        [KEY_REQUEST] = "a map of API parameters",
        [KEY_LABELS] = "a map of up to 16 labels",
    };

    if (key->type == KEY_INT)
        snprintf(ret_expected, KEY_EXPECTED_MAX, "a whole number from %" PRId64 " to %" PRId64,
                 key->min, key->max);
    else if (key->type == KEY_WORD)
        snprintf(ret_expected, KEY_EXPECTED_MAX, "%s", key->words[0]);
    else
        snprintf(ret_expected, KEY_EXPECTED_MAX, "%s", expected[key->type]);
    return ret_expected;
}
