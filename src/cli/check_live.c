#include "cli/check_live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "api/endpoint.h"
#include "api/offered.h"
#include "api/provider.h"
#include "cli/asking.h"
#include "cli/command.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/account_ask.h"
#include "daemon/free_call.h"
#include "http/http.h"
#include "store/store.h"

/*
 * Account by account: the account itself, then the filters; the database last. One after the other,
 * so that the answers always stand in the same order.
 */

#define TIMEOUT_MS 30000
#define DAY_S 86400

/* What one account has told, by endpoint; -1 where it has not. */
struct told {
    int64_t per_call_nanousd, per_item_nanousd;
};

struct live {
    uv_loop_t loop;
    const struct config *config;
    const struct config_account *account; /* the one that is being asked */
    size_t n_asked;
    size_t n_endpoints;
    struct told *told; /* by account and endpoint */
    bool has_filters;  /* what one can filter by has been asked for */
    struct http *http;
    int exit_code;

    /* what is asked of the database */
    struct asking asking;
    struct store_account known;
};

static void fail(struct live *live, const struct err *err)
{
    int exit_code = command_fail(err);

    if (exit_code > live->exit_code)
        live->exit_code = exit_code;
}

/* --- accounts -------------------------------------------------------------------------------- */

static const char *format_known(int64_t nanousd, char text[MONEY_TEXT_MAX])
{
    return nanousd >= 0 ? money_format(nanousd, text) : "not told";
}

/* "API", or "API, account north" where there is more than one. */
static char *name_of(const struct live *live)
{
    return live->config->n_accounts > 1 ? mem_printf("API, account %s", live->account->name)
                                        : mem_strdup("API");
}

static void print_account(const struct live *live, const struct account *account)
{
    char balance[MONEY_TEXT_MAX], per_call[MONEY_TEXT_MAX], per_item[MONEY_TEXT_MAX];
    CLEANUP(mem_free_string) char *name = name_of(live);
    char per_day[MONEY_TEXT_MAX];
    bool is_api = strcmp(live->account->name, CONFIG_ACCOUNT) == 0;

    printf("%s: login %s, balance %s, a call %s, an item %s", name, account->login,
           format_known(account->balance_nanousd, balance),
           format_known(account->per_call_nanousd, per_call),
           format_known(account->per_item_nanousd, per_item));
    if (account->calls_per_minute >= 0)
        printf(", at most %" PRId64 " calls a minute", account->calls_per_minute);
    if (account->per_day_nanousd >= 0)
        printf(", at most %s a day", money_format(account->per_day_nanousd, per_day));
    putchar('\n');
    if (account->calls_per_minute >= 0 &&
        account->calls_per_minute < live->account->calls_per_minute)
        log_warning("%s%s.calls_per_minute is %" PRId64 ", more than the API allows this account",
                    is_api ? "" : "accounts.", is_api ? "api" : live->account->name,
                    live->account->calls_per_minute);
}

static struct told *told_by(const struct live *live, size_t account_no, size_t endpoint_no)
{
    return &live->told[account_no * live->n_endpoints + endpoint_no];
}

static void ask_next_account(struct live *live);
static void ask_filters(struct live *live);

static void on_account(void *data, const struct account *accounts, const struct err *err)
{
    struct live *live = data;
    CLEANUP(mem_free_string) char *name = name_of(live);

    if (err != NULL) {
        struct err named = *err;

        err_wrap(&named, "the %s", name);
        fail(live, &named);
        http_destroy(live->http);
        ask_next_account(live);
        return;
    }
    print_account(live, accounts);
    for (size_t i = 0; i < live->n_endpoints; i++)
        *told_by(live, live->n_asked - 1, i) =
            (struct told){accounts[i].per_call_nanousd, accounts[i].per_item_nanousd};
    ask_filters(live);
}

/* What a gateway does not tell cannot be asked for without a call that costs money. */
static void say_untold(const struct live *live)
{
    CLEANUP(mem_free_string) char *name = name_of(live);

    printf("%s: not asked: %s has no free call that tells of an account\n", name,
           live->account->provider->name);
}

static void ask_next_account(struct live *live)
{
    struct err err;

    while (live->n_asked < live->config->n_accounts) {
        const struct config_account *account = &live->config->accounts[live->n_asked++];
        struct http_settings settings = {.base_url = account->base_url,
                                         .user = account->login,
                                         .password = account->password,
                                         .token = account->token,
                                         .connect_timeout_ms = TIMEOUT_MS,
                                         .total_timeout_ms = TIMEOUT_MS,
                                         .body_bytes_max = 4 * 1024 * 1024};

        live->account = account;
        if (!account->provider->has_user_data) {
            say_untold(live);
        } else if (http_new(&live->loop, &settings, &live->http, &err)) {
            account_ask(live->http, on_account, live);
            return;
        } else {
            fail(live, &err);
        }
    }
}

/* --- filters --------------------------------------------------------------------------------- */

struct comparing {
    const struct endpoint *endpoint;
    size_t n_differences;
};

static void warn_of_change(void *data, enum offered_change change, const char *field,
                           const char *our_type, const char *their_type)
{
    struct comparing *comparing = data;
    const char *name = comparing->endpoint->name;

    comparing->n_differences++;
    switch (change) {
    case OFFERED_NEW:
        log_warning(
            "%s: the API has a field %s (%s) that this version does not know: its values "
            "go to the column extra",
            name, field, their_type);
        return;
    case OFFERED_GONE:
        log_warning("%s: the API no longer filters by %s (%s): a job that does will be refused",
                    name, field, our_type);
        return;
    case OFFERED_RETYPED:
        if (our_type[0] == '\0')
            log_warning("%s: the API filters by %s (%s), and this version refuses a job that does",
                        name, field, their_type);
        else
            log_warning(
                "%s: %s is %s to the API now and %s to this version: its values may go to "
                "the column extra",
                name, field, their_type, our_type);
    }
}

static bool compare(struct live *live, const char *text, size_t size, struct err *err)
{
    size_t n_differences = 0, n_told = 0;

    for (size_t i = 0; i < live->n_endpoints; i++) {
        struct comparing comparing = {.endpoint = endpoints[i]};
        bool is_told = false;

        if (!offered_compare(text, size, endpoints[i], warn_of_change, &comparing, &is_told, err))
            return false;
        n_told += is_told;
        n_differences += comparing.n_differences;
    }
    printf(
        "API: fields of %zu of %zu endpoints are told, %zu of them not as this version has "
        "them\n",
        n_told, live->n_endpoints, n_differences);
    return true;
}

static void on_filters(void *data, const char *text, size_t size, int http_status,
                       const struct err *call_err)
{
    struct live *live = data;
    struct err err;

    (void)http_status;
    if (call_err != NULL) {
        err = *call_err;
        err_wrap(&err, "the API, about filters");
        fail(live, &err);
    } else if (!compare(live, text, size, &err)) {
        fail(live, &err);
    }
    http_destroy(live->http);
    ask_next_account(live);
}

/* The same for every account of the vendor's, so one is asked. */
static void ask_filters(struct live *live)
{
    if (live->has_filters) {
        http_destroy(live->http);
        ask_next_account(live);
        return;
    }
    live->has_filters = true;
    free_call_send(live->http, OFFERED_PATH, /* body= */ NULL, on_filters, live);
}

/* --- the database ---------------------------------------------------------------------------- */

static void on_known(void *data, const struct store_account *known, const struct err *err)
{
    struct live *live = data;

    live->known = err == NULL ? *known : (struct store_account){.is_known = false};
    asking_answered(&live->asking, err);
}

/* Warns where a price is another than when the last run asked. */
static bool compare_prices(struct live *live, size_t account_no, size_t endpoint_no)
{
    const struct told *told = told_by(live, account_no, endpoint_no);
    const struct store_account *known = &live->known;
    char call[MONEY_TEXT_MAX], item[MONEY_TEXT_MAX], old_call[MONEY_TEXT_MAX],
        old_item[MONEY_TEXT_MAX];

    if (told->per_call_nanousd < 0 || told->per_item_nanousd < 0)
        return true;
    store_get_account(live->asking.store, live->config->accounts[account_no].name,
                      endpoints[endpoint_no]->name, on_known, live);
    if (!asking_wait(&live->asking))
        return false;
    if (known->is_known && (known->per_call_nanousd != told->per_call_nanousd ||
                            known->per_item_nanousd != told->per_item_nanousd))
        log_warning(
            "%s: a call costs %s and an item %s, and cost %s and %s when a run last asked, "
            "%" PRId64 " days ago",
            endpoints[endpoint_no]->name, money_format(told->per_call_nanousd, call),
            money_format(told->per_item_nanousd, item),
            money_format(known->per_call_nanousd, old_call),
            money_format(known->per_item_nanousd, old_item), known->age_s / DAY_S);
    return true;
}

static void ask_database(struct live *live)
{
    bool is_fine = asking_open(&live->asking, live->config->database_url);

    if (is_fine)
        puts("database: reachable, schema up to date");
    for (size_t i = 0; is_fine && i < live->config->n_accounts; i++)
        for (size_t j = 0; is_fine && j < live->n_endpoints; j++)
            is_fine = compare_prices(live, i, j);
    if (!is_fine)
        fail(live, &live->asking.err);
    asking_close(&live->asking);
}

int check_live(const struct config *config)
{
    struct live live = {.config = config};

    while (endpoints[live.n_endpoints] != NULL)
        live.n_endpoints++;
    live.told = mem_new_array(config->n_accounts * live.n_endpoints, sizeof(*live.told));
    for (size_t i = 0; i < config->n_accounts * live.n_endpoints; i++)
        live.told[i] = (struct told){-1, -1};
    uv_loop_init(&live.loop);
    ask_next_account(&live);
    uv_run(&live.loop, UV_RUN_DEFAULT);
    uv_loop_close(&live.loop);
    ask_database(&live);
    free(live.told);
    return live.exit_code;
}
