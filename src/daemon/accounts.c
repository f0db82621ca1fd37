#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/provider.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/account_ask.h"
#include "daemon/engine_private.h"

/*
 *   account by account:  prices as last known, endpoint by endpoint ─▶ ask the account ─▶ keep them
 *
 * Prices come from the configuration, or from the account (asked at most every ten minutes, since
 * the vendor allows six such calls a minute). Where the account cannot be asked, or its provider
 * tells nothing of it, the last known prices serve, or the listed ones.
 *
 * A login that is refused, or an account without money, stops the jobs of that account before any
 * money is at stake. The others go on; where there is none, it ends the life.
 */

#define CONNECT_TIMEOUT_MS 30000
#define TOTAL_TIMEOUT_MS 150000 /* the API's own limit is 120 s */
#define BODY_MAX (UINT64_C(256) * 1024 * 1024)
#define PRICES_FRESH_S 600

/* One account's turn, endpoint by endpoint. */
struct turn {
    struct engine_account *account;
    size_t endpoint; /* its number */
    struct account *told;
    void (*next)(struct engine *engine);
};

static void begin_turn(struct turn *turn);
static void read_next_price(struct turn *turn);
static void on_known_price(void *data, const struct store_account *known, const struct err *err);
static void on_asked(void *data, const struct account *accounts, const struct err *err);
static void put_next_price(struct turn *turn);
static void on_price_put(void *data, const struct err *err);

bool engine_open_accounts(struct engine *engine, struct err *err)
{
    for (size_t i = 0; i < engine->n_accounts; i++) {
        struct engine_account *account = &engine->accounts[i];
        struct http_settings settings = {
            .base_url = account->config->base_url,
            .user = account->config->login,
            .password = account->config->password,
            .token = account->config->token,
            .header = account->config->provider->charge_header,
            .connect_timeout_ms = (uint64_t)clock_api_ms(CONNECT_TIMEOUT_MS),
            .total_timeout_ms = (uint64_t)clock_api_ms(TOTAL_TIMEOUT_MS),
            .body_bytes_max = BODY_MAX,
        };

        if (account->http == NULL && !http_new(engine->loop, &settings, &account->http, err))
            return false;
    }
    return true;
}

static bool has_prices(const struct price *price)
{
    return price->per_call_nanousd > 0 || price->per_item_nanousd > 0;
}

struct price engine_price_before_asking(const struct config_account *account)
{
    return has_prices(&account->prices) ? account->prices : PRICE_LISTED;
}

/* --- account by account ---------------------------------------------------------------------- */

/* Whether the life goes on; else the turn is freed, and the life is ended. */
static bool goes_on(struct turn *turn, const struct err *err)
{
    struct engine *engine = turn->account->engine;
    struct err stopped;

    if (err == NULL && engine->is_stopping) {
        err_set(&stopped, ERR_CANCELED, "stopped before the first call");
        err = &stopped;
    }
    if (err == NULL)
        return true;
    engine_close(engine, err);
    free(turn->told);
    free(turn);
    return false;
}

void engine_ask_accounts(struct engine *engine, void (*next)(struct engine *engine))
{
    struct turn *turn = mem_new(sizeof(*turn));

    engine->n_accounts_seen = 0;
    turn->account = &engine->accounts[0];
    turn->next = next;
    begin_turn(turn);
}

/* The one account's own error, or the worst of several, which have been told. */
static void give_up(struct engine *engine)
{
    struct err err = engine->accounts[0].err;

    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].err.kind == ERR_LOGIN)
            err = engine->accounts[i].err;
    if (engine->n_accounts > 1)
        err_set(&err, err.kind, "there is no account whose jobs may run");
    engine_close(engine, &err);
}

static void end_turns(struct turn *turn, struct engine *engine)
{
    void (*next)(struct engine * engine) = turn->next;
    bool is_any_good = false;

    free(turn);
    for (size_t i = 0; i < engine->n_accounts; i++)
        is_any_good = is_any_good || engine->accounts[i].err.kind == ERR_NONE;
    if (is_any_good)
        next(engine);
    else
        give_up(engine);
}

static bool is_asked_lately(const struct commons_account *shared)
{
    return shared->asked_at_ms > 0 &&
           clock_mono_ms() - shared->asked_at_ms < clock_api_ms(PRICES_FRESH_S * 1000);
}

/* What an engine of this process was told lately. True where it keeps the jobs from running. */
static bool learn_from_others(struct engine_account *account)
{
    const struct commons_account *shared = account->shared;

    if (!is_asked_lately(shared) || shared->asked_at_ms == account->asked_at_ms)
        return false;
    account->asked_at_ms = shared->asked_at_ms;
    account->err = shared->err;
    for (size_t i = 0; i < endpoint_count(); i++)
        account->prices[i] = has_prices(&shared->prices[i])
                                 ? shared->prices[i]
                                 : engine_price_before_asking(account->config);
    return account->err.kind != ERR_NONE;
}

/* For engines beside this one, and for later ones. */
static void tell_others(const struct engine_account *account, const struct account *told)
{
    struct commons_account *shared = account->shared;

    shared->asked_at_ms = account->asked_at_ms;
    shared->err = account->err;
    for (size_t i = 0; told != NULL && endpoints[i] != NULL; i++)
        if (told[i].per_call_nanousd >= 0 && told[i].per_item_nanousd >= 0)
            shared->prices[i] = (struct price){told[i].per_call_nanousd, told[i].per_item_nanousd};
}

static void begin_turn(struct turn *turn)
{
    struct engine_account *account = turn->account;
    struct engine *engine = account->engine;

    if (engine->n_accounts_seen == engine->n_accounts) {
        end_turns(turn, engine);
        return;
    }
    account = turn->account = &engine->accounts[engine->n_accounts_seen++];
    account->is_fresh = true;
    turn->endpoint = 0;
    if (learn_from_others(account)) {
        begin_turn(turn);
        return;
    }
    for (size_t i = 0; account->asked_at_ms == 0 && endpoints[i] != NULL; i++)
        account->prices[i] = engine_price_before_asking(account->config);
    read_next_price(turn);
}

/* What changed of the job's feeds may be worth a bulk call of that endpoint. */
static bool may_be_bulk(const struct config_job *job, const struct endpoint *endpoint)
{
    return job->sync != CONFIG_SYNC_FULL && strcmp(job->endpoint->name, "backlinks") == 0 &&
           strcmp(endpoint->name, "bulk_new_lost_backlinks") == 0;
}

/* Goes to the next endpoint that a job of the account has; false behind the last. */
static bool find_endpoint(struct turn *turn)
{
    const struct engine_account *account = turn->account;
    const struct engine_settings *settings = &account->engine->settings;

    for (; endpoints[turn->endpoint] != NULL; turn->endpoint++)
        for (size_t i = 0; i < settings->n_jobs; i++)
            if (settings->jobs[i]->account == account->config &&
                (settings->jobs[i]->endpoint == endpoints[turn->endpoint] ||
                 may_be_bulk(settings->jobs[i], endpoints[turn->endpoint])))
                return true;
    return false;
}

static void learn_price(struct turn *turn, int64_t per_call_nanousd, int64_t per_item_nanousd)
{
    if (per_call_nanousd >= 0 && per_item_nanousd >= 0)
        turn->account->prices[turn->endpoint] = (struct price){per_call_nanousd, per_item_nanousd};
}

/* --- what it pays ---------------------------------------------------------------------------- */

static void read_next_price(struct turn *turn)
{
    struct engine_account *account = turn->account;

    if (account->config->provider->has_user_data && find_endpoint(turn)) {
        store_get_account(account->engine->store, account->config->name,
                          endpoints[turn->endpoint]->name, on_known_price, turn);
        return;
    }
    if (account->is_fresh || (account->asked_at_ms > 0 && clock_mono_ms() - account->asked_at_ms <
                                                              clock_api_ms(PRICES_FRESH_S * 1000)))
        begin_turn(turn);
    else
        account->asking = account_ask(account->http, on_asked, turn);
}

static void on_known_price(void *data, const struct store_account *known, const struct err *err)
{
    struct turn *turn = data;
    struct engine_account *account = turn->account;

    if (!goes_on(turn, err))
        return;
    if (known->is_known && !has_prices(&account->shared->prices[turn->endpoint]))
        learn_price(turn, known->per_call_nanousd, known->per_item_nanousd);
    account->is_fresh = account->is_fresh && known->is_known && known->age_s < PRICES_FRESH_S;
    turn->endpoint++;
    read_next_price(turn);
}

static void on_asked(void *data, const struct account *accounts, const struct err *err)
{
    struct turn *turn = data;
    struct engine_account *account = turn->account;
    bool is_stopped = err != NULL && (err->kind == ERR_LOGIN || err->kind == ERR_BUSY);
    struct log_fields fields = engine_fields(account->engine);

    fields.account = account->config->name;
    account->asking = NULL;
    account->asked_at_ms = clock_mono_ms();
    if (is_stopped) {
        account->err = *err;
        tell_others(account, NULL);
        if (account->engine->n_accounts > 1)
            log_event(LOG_ERROR, fields, "account %s: %s; its jobs do not run",
                      account->config->name, err->text);
        begin_turn(turn);
        return;
    }
    if (!goes_on(turn, NULL))
        return;
    if (err != NULL) {
        log_event(LOG_WARNING, log_folded(fields),
                  "the prices of account %s cannot be asked for (%s); going by the last known ones",
                  account->config->name, err->text);
        tell_others(account, NULL);
        begin_turn(turn);
        return;
    }
    tell_others(account, accounts);
    turn->told = mem_new_array(endpoint_count(), sizeof(*turn->told));
    for (size_t i = 0; endpoints[i] != NULL; i++)
        turn->told[i] = accounts[i];
    turn->endpoint = 0;
    put_next_price(turn);
}

static void put_next_price(struct turn *turn)
{
    struct engine_account *account = turn->account;
    struct store_account known = {.is_known = true};
    const struct account *told;

    if (!find_endpoint(turn)) {
        free(turn->told);
        turn->told = NULL;
        begin_turn(turn);
        return;
    }
    told = &turn->told[turn->endpoint];
    learn_price(turn, told->per_call_nanousd, told->per_item_nanousd);
    known.per_call_nanousd = account->prices[turn->endpoint].per_call_nanousd;
    known.per_item_nanousd = account->prices[turn->endpoint].per_item_nanousd;
    known.balance_nanousd = told->balance_nanousd;
    store_put_account(account->engine->store, account->config->name,
                      endpoints[turn->endpoint]->name, &known, on_price_put, turn);
}

static void on_price_put(void *data, const struct err *err)
{
    struct turn *turn = data;

    if (!goes_on(turn, err))
        return;
    turn->endpoint++;
    put_next_price(turn);
}
