/*
 * The store's verbs for whoever watches the service: what the database knows of accounts, caps and
 * jobs now. Each is one statement on `control`, and needs no lock.
 *
 * Rows last for the callback with their texts; there are none where `err` is set.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct store;

/* Of an account; -1 is what is not known. */
struct store_account_fact {
    const char *name;
    int64_t balance_nanousd; /* as last told, less what was reserved and spent since; 0 where it is
                                below */
    int64_t asked_at_s;      /* when it told */
    int64_t night_nanousd;   /* what its last nights cost on average, fourteen at the most */
    int64_t n_unknown, unknown_nanousd;
    int64_t n_undelivered, undelivered_nanousd; /* of the last seven days */
};

typedef void store_account_facts_fn(void *data, const struct store_account_fact *facts, size_t n,
                                    const struct err *err);
void store_read_account_facts(struct store *store, const char *const names[],
                              const char *const timezones[], size_t n, store_account_facts_fn *done,
                              void *data);

/* For how many nights the balance is enough as the last ones were, with `keep_nanousd` of it left;
 * -1: not known. */
double store_nights_covered(const struct store_account_fact *fact, int64_t keep_nanousd);

/* A cap of a day or a month; of a scope there may be none, or several. */
struct store_cap_fact {
    const char *scope, *per;
    int64_t nanousd, spent_nanousd; /* settled, unknown and reserved */
};

/* `timezones` is whose days count, by scope. */
typedef void store_cap_facts_fn(void *data, const struct store_cap_fact *facts, size_t n,
                                const struct err *err);
void store_read_cap_facts(struct store *store, const char *const scopes[],
                          const char *const timezones[], size_t n, store_cap_facts_fn *done,
                          void *data);

/* Of a job, by the name that it has now; -1: there was none. */
struct store_job_fact {
    const char *project, *name;
    int64_t last_success_s; /* the end of its last run that published all that it had to */
    int64_t first_s;        /* its first run began, or the first missed start was recorded */
    int64_t n_held;         /* listings that a guard holds back */
};

typedef void store_job_facts_fn(void *data, const struct store_job_fact *facts, size_t n,
                                const struct err *err);
void store_read_job_facts(struct store *store, const char *const projects[],
                          const char *const names[], size_t n, store_job_facts_fn *done,
                          void *data);
