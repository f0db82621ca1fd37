/*
 * Every key of a main file and of a job: its type, range, default and one line of documentation.
 *
 * This table is what the reader goes by; the sample file, the JSON Schemas and `check --show` are
 * made from it too, so they cannot say anything else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type {
    KEY_MAP,    /* of `keys` */
    KEY_TEXT,   /* char * */
    KEY_SECRET, /* char *, never shown */
    KEY_FILE,   /* char *: what stands in the file that the value names, without its last newline */
    KEY_DATABASE,   /* char *: a connection URL or string; its password is never shown */
    KEY_URL,        /* char *: the API's base URL */
    KEY_PATH,       /* char *: relative to the file it stands in */
    KEY_LISTEN,     /* char *: "off", or where to listen; see listen.h */
    KEY_WORD,       /* char *: one of `words` */
    KEY_SYNC,       /* enum config_sync: the place of one of `words` */
    KEY_NAME,       /* char *: of a job */
    KEY_INT,        /* int64_t: min .. max */
    KEY_SIZE,       /* int64_t, bytes: min .. max */
    KEY_DURATION,   /* int64_t, seconds: min .. max */
    KEY_DAYS,       /* int64_t, whole days: min .. max, or 0: "never" */
    KEY_PERCENT,    /* int64_t, parts per million: min .. max */
    KEY_MONEY,      /* int64_t, nano-dollars: a number of dollars above 0; 0 where there is none */
    KEY_BUDGET,     /* struct config_budget: a number of dollars is per_run, else a map of `keys` */
    KEY_ZONE,       /* char *: an IANA time zone */
    KEY_SCHEDULE,   /* char *, and struct config_job.cron */
    KEY_CATCH_UP,   /* char *, and struct config_job.catch_up_until */
    KEY_ENDPOINT,   /* const struct endpoint * */
    KEY_TARGETS,    /* becomes feeds */
    KEY_REQUEST,    /* API parameters, by the endpoint's table */
    KEY_PROVIDER,   /* const struct provider * */
    KEY_ACCOUNT,    /* one struct config_account: a map of `keys` */
    KEY_ACCOUNTS,   /* several: a map of names to such maps */
    KEY_ACCOUNT_OF, /* const struct config_account *: the name of one */
    KEY_FEEDS,      /* what differs from KEY_REQUEST, feed by feed */
    KEY_PROJECTS,   /* the main file's: a map of names to maps of `keys` */
    KEY_PROJECT,    /* a job's: the name of one of them */
    KEY_PROJECT_LIST,
    KEY_FORMERLY, /* a name or a list of them */
    KEY_COMMAND,  /* struct config_texts: a program's path, and its arguments */
    KEY_LABELS,   /* char *: JSON object */
};

/* What a provider must have so that a key of an account means anything. */
enum key_fit {
    FIT_ANY,
    FIT_LOGIN,
    FIT_TOKEN,
    FIT_BODY,
    FIT_LIST,
    FIT_BALANCE,
};

struct provider;
struct unit;

struct key {
    const char *name;
    enum key_type type;
    size_t offset;            /* in struct config, config_account or config_job */
    int64_t min, max;         /* of a number; where min is 0 the number is a value like any other */
    const char *const *words; /* NULL-terminated */
    const char *fallback;     /* the default; NULL: none */
    const char *sample;       /* what the sample shows, as YAML; NULL: default, or `keys` */
    const char *twin;         /* the key that gives the same value in another way */
    const char *doc;
    const struct key *keys; /* of a map */
    size_t n_keys;
    enum key_fit fit;      /* in an account: of which providers */
    bool is_required;      /* of these */
    bool is_second_choice; /* the sample shows it commented out */
    bool is_hidden;        /* not shown: it is in what other keys are shown with */
};

struct key_table {
    const struct key *keys;
    size_t n_keys;
};

extern const struct key_table main_keys;
extern const struct key_table account_keys;
extern const struct key_table job_keys;

/* Whether the key means anything with that provider. */
bool key_fits(const struct key *key, const struct provider *provider);

/* NULL where there is none. */
const struct key *key_find(const struct key *keys, size_t n_keys, const char *name);

/*
 * The number that `text` is by the key's type and range: of KEY_INT, KEY_SIZE, KEY_DURATION,
 * KEY_DAYS and KEY_PERCENT. False where it is none.
 */
bool key_parse_number(const struct key *key, const char *text, int64_t *ret_value);

/* Whether the key is one of those. */
bool key_is_number(const struct key *key);

/* A number of days that is 0, in words. */
#define DAYS_NEVER "never"

/* The units of a size, a duration or a percentage; NULL for all else. */
const struct unit *key_units(const struct key *key);

/* What the key expects, for a complaint and for the documentation: "a whole number from 1 to 30".
 */
#define KEY_EXPECTED_MAX 160
const char *key_expected(const struct key *key, char ret_expected[KEY_EXPECTED_MAX]);
