/*
 * What engines that work side by side in one process share.
 *
 * Of each account: slots and minute, its prices as last told, and when it was last asked what costs
 * nothing but is limited (user_data 6 calls a minute, id_list 10:
 * docs.dataforseo.com/v3/appendix/user_data, docs.dataforseo.com/v3/backlinks/id_list). Of the
 * database: the process's place, which is held by the owner's own connection. And who takes up its
 * runs: one engine at a time, since that goes by what the disk and the ledger have of others, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/price.h"
#include "core/err.h"
#include "crawl/crawl.h"
#include "store/store.h"

struct config_account;
struct engine;
struct meter;

struct commons_account {
    char *name;
    struct pace pace;
    bool is_counted;      /* calls of earlier processes are in it */
    struct price *prices; /* by endpoint_no(), where they were told: `asked_at_ms` */
    int64_t asked_at_ms;  /* monotonic: for its prices and balance; 0: not yet */
    struct err err;       /* what that told of the account that keeps its jobs from running */
    int64_t listed_at_ms; /* monotonic: for its list of calls; 0: not yet */
};

/* One who waits for its turn, or has it. */
struct commons_turn {
    void (*go)(void *data);
    void *data;
    bool is_in_line;
    struct commons_turn *next;
};

struct commons {
    bool is_shared; /* stores are opened beside others; else the one engine's has the lock alone */
    struct store_place place;
    struct crawl_peers peers;
    struct meter *meter;    /* what all of them have counted */
    struct engine *engines; /* that are there, in no order */
    struct commons_account **accounts;
    size_t n_accounts;
    struct commons_turn *line; /* whose turn it is comes first */
    bool is_pruning;           /* the archive; and facts whose retention is over */
    bool is_retiring;
};

struct commons *commons_new(bool is_shared);

/* After every engine. */
void commons_destroy(struct commons *commons);

/* The account of that name; NULL where no engine has worked for it yet. */
struct commons_account *commons_find(const struct commons *commons, const char *name);

/* The account of that name, with the limits that `config` has. */
struct commons_account *commons_account(struct commons *commons,
                                        const struct config_account *config);

/* Calls `go` when it is one's turn, perhaps at once. */
void commons_enter(struct commons *commons, struct commons_turn *turn);

/* The turn is over, or not waited for any more; harmless at any time. */
void commons_leave(struct commons *commons, struct commons_turn *turn);
