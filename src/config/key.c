#include "config/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/provider.h"
#include "config/config.h"
#include "config/quantity.h"
#include "core/log.h"
#include "core/text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define KEYS(array) .keys = (array), .n_keys = N(array)
#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define IN_MAIN(field) offsetof(struct config, field)
#define IN_ACCOUNT(field) offsetof(struct config_account, field)
#define IN_PROJECT(field) offsetof(struct config_project, field)
#define IN_JOB(field) offsetof(struct config_job, field)
#define IN_BUDGET(field) offsetof(struct config_budget, field)
#define SIZE_MAX_BYTES (INT64_C(1) << 60)
#define DURATION_MAX_S (INT64_C(100) * 366 * 86400)
#define JITTER_MAX_S (12 * 3600)
#define WHOLE_PPM 1000000
#define DAYS_MAX 3660

const char *const config_sync_words[] = {[CONFIG_SYNC_AUTO] = "auto",
                                         [CONFIG_SYNC_FULL] = "full",
                                         [CONFIG_SYNC_CHANGES] = "changes",
                                         NULL};

// clang-format off
static const struct key budget_keys[] = {
    { "per_run", KEY_MONEY, IN_BUDGET(per_run_nanousd), .doc = "US dollars that one run may cost" },
    { "per_day", KEY_MONEY, IN_BUDGET(per_day_nanousd),
      .doc = "US dollars that a day may cost, all runs together; days are those of the account's timezone" },
    { "per_month", KEY_MONEY, IN_BUDGET(per_month_nanousd),
      .doc = "US dollars that a calendar month may cost, all runs together" },
};

static const struct key price_keys[] = {
    { "per_call", KEY_MONEY, IN_ACCOUNT(prices.per_call_nanousd), .is_required = true,
      .doc = "US dollars of a call" },
    { "per_item", KEY_MONEY, IN_ACCOUNT(prices.per_item_nanousd), .is_required = true,
      .doc = "US dollars of each item in its answer" },
};

static const struct key all_account_keys[] = {
    { "provider", KEY_PROVIDER, IN_ACCOUNT(provider), .words = provider_names, .sample = "dataforseo",
      .doc = "who answers: dataforseo, or aisa (the AIsa gateway)" },
    { "base_url", KEY_URL, IN_ACCOUNT(base_url),
      .sample = "${LINKHAUL_BASE_URL:-https://api.dataforseo.com}",
      .doc = "where (default the provider's own); plain http:// only to this machine (linkhaul-sandbox)" },
    { "login", KEY_TEXT, IN_ACCOUNT(login), .is_required = true, .fit = FIT_LOGIN, .twin = "login_file",
      .sample = "${DATAFORSEO_LOGIN}", .doc = "the API login" },
    { "login_file", KEY_FILE, IN_ACCOUNT(login), .fit = FIT_LOGIN, .twin = "login",
      .sample = "/etc/linkhaul/credentials/login", .is_second_choice = true,
      .doc = "or a file that holds it" },
    { "password_file", KEY_FILE, IN_ACCOUNT(password), .fit = FIT_LOGIN, .twin = "password",
      .sample = "${CREDENTIALS_DIRECTORY:-/etc/linkhaul/credentials}/dataforseo",
      .doc = "a file that holds the API password (not the one of the web account)" },
    { "password", KEY_SECRET, IN_ACCOUNT(password), .is_required = true, .fit = FIT_LOGIN,
      .twin = "password_file",
      .sample = "${DATAFORSEO_PASSWORD}", .is_second_choice = true,
      .doc = "or the password itself" },
    { "token_file", KEY_FILE, IN_ACCOUNT(token), .fit = FIT_TOKEN, .twin = "token",
      .sample = "/etc/linkhaul/credentials/aisa", .is_second_choice = true,
      .doc = "with aisa, instead of login and password: a file that holds the key" },
    { "token", KEY_SECRET, IN_ACCOUNT(token), .is_required = true, .fit = FIT_TOKEN, .twin = "token_file",
      .sample = "${AISA_API_KEY}", .is_second_choice = true, .doc = "or the key itself" },
    { "body", KEY_WORD, IN_ACCOUNT(body), .words = WORDS("object", "array"), .fit = FIT_BODY,
      .sample = "object", .is_second_choice = true,
      .doc = "with aisa: whether a call is sent as one object (default) or in an array" },
    { "in_flight", KEY_INT, IN_ACCOUNT(in_flight), 1, 50, .sample = "25",
      .doc = "calls at once (default 25, aisa 5); dataforseo allows 30, shared with your other tools" },
    { "calls_per_minute", KEY_INT, IN_ACCOUNT(calls_per_minute), 1, 100000, .sample = "2000",
      .doc = "calls in any 60 seconds (default 2000, aisa 60)" },
    { "budget", KEY_BUDGET, IN_ACCOUNT(budget), KEYS(budget_keys),
      .sample = "{ per_month: 300.00 }", .is_second_choice = true,
      .doc = "caps of the account in US dollars, beside those of budget below; all apply" },
    { "timezone", KEY_ZONE, IN_ACCOUNT(timezone), .fallback = "UTC",
      .doc = "IANA name; whose days and months the caps per_day and per_month count" },
    { "prices", KEY_MAP, KEYS(price_keys), .sample = "{ per_call: 0.024, per_item: 0.000036 }",
      .is_second_choice = true,
      .doc = "US dollars, for an account whose prices the API does not tell" },
    { "keep_balance", KEY_MONEY, IN_ACCOUNT(keep_balance_nanousd), .fit = FIT_BALANCE, .sample = "20.00",
      .is_second_choice = true,
      .doc = "US dollars of the account's balance that are left for your other tools" },
    { "list_lag", KEY_DURATION, IN_ACCOUNT(list_lag_s), 1, 86400, .fallback = "1m", .fit = FIT_LIST,
      .doc = "how late a call may be on the vendor's list of calls; one that is not there counts as free" },
    { "unknown_retries", KEY_INT, IN_ACCOUNT(unknown_retries), 0, 10, .fallback = "1",
      .doc = "calls that a run may make again although the one before may have been charged" },
};

static const struct key database_keys[] = {
    { "url", KEY_DATABASE, IN_MAIN(database_url), .fallback = "postgresql:///linkhaul",
      .twin = "url_file", .sample = "${LINKHAUL_DATABASE_URL:-postgresql:///linkhaul}",
      .doc = "a connection URL or string, as psql takes it" },
    { "url_file", KEY_FILE, IN_MAIN(database_url), .twin = "url",
      .sample = "/etc/linkhaul/credentials/database", .is_second_choice = true,
      .doc = "or a file that holds it" },
};

static const struct key project_keys[] = {
    { "own", KEY_TARGETS, .min = 1, .max = 1000, .doc = "its targets, $own in a job" },
    { "competitors", KEY_TARGETS, .min = 1, .max = 1000, .doc = "those of others, $competitors in a job" },
    { "budget", KEY_BUDGET, IN_PROJECT(budget), KEYS(budget_keys),
      .doc = "caps of all its jobs in US dollars, beside the others; all apply" },
};

static const struct key all_main_keys[] = {
    { "api", KEY_ACCOUNT, IN_MAIN(accounts), KEYS(all_account_keys), .is_required = true,
      .twin = "accounts", .doc = "the account at the API, named default" },
    { "accounts", KEY_ACCOUNTS, IN_MAIN(accounts), KEYS(all_account_keys), .twin = "api",
      .sample = "{ gateway: { provider: aisa, token_file: /etc/linkhaul/credentials/aisa } }",
      .is_second_choice = true,
      .doc = "more accounts under names of yours, with the keys of api; a job says account: NAME" },
    { "database", KEY_MAP, KEYS(database_keys),
      .doc = "PostgreSQL 15 or later, encoding UTF8; no superuser, no extension" },
    { "budget", KEY_BUDGET, IN_MAIN(budget), KEYS(budget_keys),
      .sample = "{ per_run: 5.00, per_day: 25.00 }",
      .doc = "caps in US dollars (a number is per_run); a job may have its own, and all apply" },
    { "spool", KEY_PATH, IN_MAIN(spool), .fallback = "/var/lib/linkhaul",
      .sample = "${LINKHAUL_SPOOL:-/var/lib/linkhaul}",
      .doc = "a directory for answers on their way to the database; keep it on a real disk" },
    { "spool_free_min", KEY_SIZE, IN_MAIN(spool_free_min_bytes), 0, SIZE_MAX_BYTES,
      .fallback = "1GiB", .doc = "no call goes out while less is free on the spool's disk; 0: off" },
    { "archive", KEY_DURATION, IN_MAIN(archive_s), 0, DURATION_MAX_S, .fallback = "30d",
      .doc = "how long the spool keeps the answers of a run that is over; 0: not at all" },
    { "archive_max", KEY_SIZE, IN_MAIN(archive_max_bytes), 1, SIZE_MAX_BYTES, .sample = "100GiB",
      .is_second_choice = true, .doc = "a ceiling on what the spool keeps of all runs; the oldest go first" },
    { "missing_ok", KEY_PERCENT, IN_MAIN(missing_ok_ppm), 0, WHOLE_PPM, .fallback = "0.1%",
      .doc = "how much of what the API promised a listing may lack and not be `short`" },
    { "jobs", KEY_TEXT, IN_MAIN(job_files), .fallback = "jobs.d/*.yaml",
      .doc = "the job files, relative to this file" },
    { "projects", KEY_PROJECTS, IN_MAIN(projects), KEYS(project_keys),
      .sample = "{ tools: { own: [semrush.com], competitors: [ahrefs.com, moz.com] } }",
      .doc = "whom jobs are for, by name; a job with project: or projects: may say $own and $competitors" },
    { "drain", KEY_DURATION, IN_MAIN(drain_s), 1, DURATION_MAX_S, .fallback = "150s",
      .doc = "how long the service's end may take: no new calls, and what is paid for lands" },
    { "log", KEY_WORD, IN_MAIN(log), .words = log_form_words, .fallback = "text",
      .doc = "how lines of the log are written: text for people, or json, an object a line, for collectors (a terminal gets text)" },
    { "log_level", KEY_WORD, IN_MAIN(log_level), .words = log_level_words, .fallback = "info",
      .doc = "which are: error, warning, info, or debug, with a line for each page; a reload changes both at once" },
    { "http", KEY_LISTEN, IN_MAIN(http), .fallback = "127.0.0.1:9464",
      .doc = "the service's status port: a page at /, /metrics for Prometheus, /status as JSON, /healthz, /readyz; it has no password, so it stays on this machine unless another address is given; or off" },
    { "on_night", KEY_COMMAND, IN_MAIN(on_night), .min = 1, .max = 64,
      .sample = "[/usr/local/bin/rebuild-dashboard, --quiet]", .is_second_choice = true,
      .doc = "what the service runs once when the last run of a night has ended: a program and its arguments, no shell; a summary as JSON on its standard input" },
};

static const struct key all_job_keys[] = {
    { "job", KEY_NAME, IN_JOB(name), .is_required = true,
      .doc = "its name: lower-case letters, digits, _ . - (63 at most)" },
    { "formerly", KEY_FORMERLY, IN_JOB(formerly),
      .doc = "the name it had before, or a list of them, the oldest first: its history goes on under the new one" },
    { "endpoint", KEY_ENDPOINT, IN_JOB(endpoint), .is_required = true,
      .doc = "the kind of listing" },
    { "account", KEY_ACCOUNT_OF, IN_JOB(account),
      .doc = "which account of the main file pays; none: default, or the only one" },
    { "schedule", KEY_SCHEDULE, IN_JOB(schedule),
      .doc = "five cron fields or @daily and the like, quoted; none: only by hand" },
    { "timezone", KEY_ZONE, IN_JOB(timezone), .fallback = "UTC",
      .doc = "IANA name; of the schedule, and of the night a run belongs to" },
    { "catch_up", KEY_CATCH_UP, IN_JOB(catch_up),
      .doc = "until HH:MM: a run that was missed is started once linkhaul is back, until then; none: it is recorded as missed" },
    { "jitter", KEY_DURATION, IN_JOB(jitter_s), 1, JITTER_MAX_S,
      .doc = "a run starts by up to so much later than scheduled, every night by another time" },
    { "max_duration", KEY_DURATION, IN_JOB(max_duration_s), 1, DURATION_MAX_S,
      .doc = "a run that lasts longer makes no more calls, and its job's next start goes on with it; none: any" },
    { "project", KEY_PROJECT, IN_JOB(project),
      .doc = "the name of one of the main file's projects; the job is then called acme/link-gap" },
    { "projects", KEY_PROJECT_LIST,
      .doc = "or a list of such names: a job for each of them, acme/link-gap and globex/link-gap" },
    { "targets", KEY_TARGETS, .min = 1, .max = 1000,
      .doc = "domains without https:// and www., or pages as absolute URLs; a feed each (those of an intersection stand in request)" },
    { "request", KEY_REQUEST, IN_JOB(request), .doc = "API parameters, names as the API has them" },
    { "feeds", KEY_FEEDS, .min = 1, .max = 100,
      .doc = "a list of what is different from request; each is a feed of its own, with every target" },
    { "at_least", KEY_INT, IN_JOB(at_least), 1, TARGETS_MAX, .is_hidden = true,
      .doc = "of an intersection: only what belongs to so many of its targets; one of the 8 conditions of filters" },
    { "max_rows", KEY_INT, IN_JOB(max_rows), 1, INT64_C(1000000000000),
      .doc = "items per listing; none: all" },
    { "budget", KEY_BUDGET, IN_JOB(own_budget), KEYS(budget_keys),
      .doc = "caps in US dollars, beside those of the main file: a number is per_run" },
    { "missing_ok", KEY_PERCENT, IN_JOB(missing_ok_ppm), 0, WHOLE_PPM,
      .doc = "how much of what the API promised a listing may lack; none: as in the main file" },
    { "max_shrink", KEY_PERCENT, IN_JOB(max_shrink_ppm), 0, WHOLE_PPM, .fallback = "50%",
      .doc = "a listing that is smaller than the one before by more is held back" },
    { "resume_within", KEY_DURATION, IN_JOB(resume_within_s), 1, DURATION_MAX_S, .fallback = "7d",
      .doc = "how long after its night a run that was stopped is gone on with" },
    { "retention", KEY_DURATION, IN_JOB(retention_s), 1, DURATION_MAX_S, .fallback = "14d",
      .doc = "how many days behind their night raw rows are kept at least; what a feed is now, events and costs stay" },
    { "sync", KEY_SYNC, IN_JOB(sync), .words = config_sync_words, .fallback = "auto",
      .doc = "how its feeds are kept current: full, all of it each night; changes, what is new and what is lost; auto, the cheaper for each" },
    { "refresh", KEY_DAYS, IN_JOB(refresh_days), 1, DAYS_MAX, .fallback = "30d",
      .doc = "of changes: how many days until each link has been taken anew, a part each night, for ranks and the like; or never" },
    { "labels", KEY_LABELS, IN_JOB(labels), .max = 16,
      .doc = "yours, into runs and costs: up to 16 names with a text, number or boolean" },
};
// clang-format on

const struct key_table main_keys = {all_main_keys, N(all_main_keys)};
const struct key_table account_keys = {all_account_keys, N(all_account_keys)};
const struct key_table job_keys = {all_job_keys, N(all_job_keys)};

bool key_fits(const struct key *key, const struct provider *provider)
{
    switch (key->fit) {
    case FIT_ANY:
        return true;
    case FIT_LOGIN:
        return !provider->is_bearer;
    case FIT_TOKEN:
        return provider->is_bearer;
    case FIT_BODY:
        return provider->has_body_choice;
    case FIT_LIST:
        return provider->has_list;
    case FIT_BALANCE:
        return provider->has_user_data;
    }
    return false;
}

const struct key *key_find(const struct key *keys, size_t n_keys, const char *name)
{
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

const struct unit *key_units(const struct key *key)
{
    switch (key->type) {
    case KEY_SIZE:
        return size_units;
    case KEY_DURATION:
        return duration_units;
    case KEY_DAYS:
        return day_units;
    case KEY_PERCENT:
        return percent_units;
    default:
        return NULL;
    }
}

bool key_is_number(const struct key *key)
{
    return key->type == KEY_INT || key_units(key) != NULL;
}

bool key_parse_number(const struct key *key, const char *text, int64_t *ret_value)
{
    const struct unit *units = key_units(key);
    int64_t value;
    bool is_number;

    if (key->type == KEY_DAYS && strcmp(text, DAYS_NEVER) == 0) {
        *ret_value = 0;
        return true;
    }
    is_number = units == NULL ? text_parse_int64(text, strlen(text), &value)
                              : quantity_parse(text, units, &value);

    if (!is_number || value < key->min || value > key->max)
        return false;
    *ret_value = value;
    return true;
}

/* "text or json", "error, warning, info or debug" */
static void list_words(const char *const *words, char ret_list[KEY_EXPECTED_MAX])
{
    size_t used = 0;

    ret_list[0] = '\0';
    for (size_t i = 0; words[i] != NULL; i++, used = strlen(ret_list))
        snprintf(ret_list + used, KEY_EXPECTED_MAX - used, "%s%s",
                 i == 0                 ? ""
                 : words[i + 1] != NULL ? ", "
                                        : " or ",
                 words[i]);
}

const char *key_expected(const struct key *key, char ret_expected[KEY_EXPECTED_MAX])
{
    static const char *const expected[] = {
        [KEY_MAP] = "a map",
        [KEY_TEXT] = "a text",
        [KEY_SECRET] = "a text",
        [KEY_FILE] = "the path of a file",
        [KEY_DATABASE] = "a connection URL such as postgresql:///linkhaul",
        [KEY_SYNC] = "auto, full or changes",
        [KEY_URL] = "a URL such as https://api.dataforseo.com",
        [KEY_PATH] = "a path",
        [KEY_LISTEN] = "an address and a port such as 127.0.0.1:9464, or off",
        [KEY_NAME] =
            "a name of lower-case letters, digits, _ . - (63 at most), beginning with a "
            "letter or digit",
        [KEY_MONEY] = "US dollars above 0, such as 5.00",
        [KEY_BUDGET] = "US dollars above 0, such as 5.00, or a map of per_run, per_day, per_month",
        [KEY_SIZE] = "a size such as 500MB or 1GiB",
        [KEY_DURATION] = "a duration such as 12h or 30d (s, m, h, d, w)",
        [KEY_DAYS] = "whole days such as 30d, or never",
        [KEY_PERCENT] = "a percentage from 0% to 100%, such as 0.1%",
        [KEY_ZONE] = "an IANA time zone such as Europe/Berlin",
        [KEY_SCHEDULE] = "five cron fields in quotes, such as \"15 2 * * *\", or @daily",
        [KEY_CATCH_UP] = "until and a time of the day, such as until 09:00",
        [KEY_ENDPOINT] = "the name of an endpoint",
        [KEY_TARGETS] = "a list of 1 to 1000 targets, such as [moz.com, ahrefs.com]",
        [KEY_REQUEST] = "a map of API parameters",
        [KEY_PROJECTS] = "a map of names to own and competitors",
        [KEY_PROJECT] = "the name of a project",
        [KEY_PROJECT_LIST] = "a list of names of projects",
        [KEY_FORMERLY] = "the name that the job had, or a list of such names",
        [KEY_COMMAND] =
            "a program's absolute path and its arguments, such as [/usr/bin/touch, /run/x]",
        [KEY_FEEDS] = "a list of 1 to 100 maps of API parameters",
        [KEY_LABELS] = "a map of up to 16 labels",
        [KEY_ACCOUNT] = "a map with login and password_file, or with provider: aisa and token_file",
        [KEY_ACCOUNTS] = "a map of names to accounts, each with the keys of api",
        [KEY_ACCOUNT_OF] = "the name of an account",
    };
    char least[QUANTITY_TEXT_MAX], most[QUANTITY_TEXT_MAX];

    if (key->type == KEY_INT)
        snprintf(ret_expected, KEY_EXPECTED_MAX, "a whole number from %" PRId64 " to %" PRId64,
                 key->min, key->max);
    else if (key->type == KEY_DURATION && key->max < DURATION_MAX_S)
        snprintf(ret_expected, KEY_EXPECTED_MAX, "a duration of %s to %s (s, m, h, d, w)",
                 quantity_format(key->min, key_units(key), least),
                 quantity_format(key->max, key_units(key), most));
    else if (key->type == KEY_WORD || key->type == KEY_PROVIDER)
        list_words(key->words, ret_expected);
    else
        snprintf(ret_expected, KEY_EXPECTED_MAX, "%s", expected[key->type]);
    return ret_expected;
}
