#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "api/provider.h"
#include "cli/command.h"
#include "config/config.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/account_ask.h"
#include "http/http.h"
#include "store/store.h"

/*
 * `check`: the configuration offline; with --live the API by a free call, and the database. Both
 * are asked, whatever the other answers, and the worse answer makes the exit code.
 */

#define SHOW_MAX (16 * 1024 * 1024)
#define TIMEOUT_MS 30000

struct live {
    uv_loop_t loop;
    const struct config *config;
    const struct config_account *account; /* the one that is being asked */
    size_t n_asked;
    struct http *http;
    struct store *store;
    int exit_code;
};

static void fail(struct live *live, const struct err *err)
{
    int exit_code = command_fail(err);

    if (exit_code > live->exit_code)
        live->exit_code = exit_code;
}

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

static void on_opened(void *data, const struct err *err)
{
    struct live *live = data;

    if (err != NULL)
        fail(live, err);
    else
        puts("database: reachable, schema up to date");
    store_close(live->store);
}

static void ask_database(struct live *live)
{
    live->store = store_open(&live->loop, live->config->database_url, /* is_holder= */ false,
                             on_opened, live);
}

static void ask_next_account(struct live *live);

static void on_asked(void *data, const struct account *accounts, const struct err *err)
{
    struct live *live = data;
    CLEANUP(mem_free_string) char *name = name_of(live);

    if (err != NULL) {
        struct err named = *err;

        err_wrap(&named, "the %s", name);
        fail(live, &named);
    } else {
        print_account(live, accounts);
    }
    http_destroy(live->http);
    ask_next_account(live);
}

/* What a gateway does not tell cannot be asked for without a call that costs money. */
static void say_untold(const struct live *live)
{
    CLEANUP(mem_free_string) char *name = name_of(live);

    printf("%s: not asked: %s has no free call that tells of an account\n", name,
           live->account->provider->name);
}

/* One after the other, so that the answers always stand in the same order. */
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
            account_ask(live->http, on_asked, live);
            return;
        } else {
            fail(live, &err);
        }
    }
    ask_database(live);
}

static int check_live(const struct config *config)
{
    struct live live = {.config = config};

    uv_loop_init(&live.loop);
    ask_next_account(&live);
    uv_run(&live.loop, UV_RUN_DEFAULT);
    uv_loop_close(&live.loop);
    return live.exit_code;
}

int command_check(const char *file, int argc, char **argv)
{
    bool is_show = false, is_live = false;
    const struct command_switch switches[] = {
        {"--show", &is_show}, {"--live", &is_live}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int n_words = command_read(argc, argv, switches, false), exit_code = 0;
    struct buf shown = BUF_WITH_CEILING(SHOW_MAX);
    size_t n_feeds = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    config_print_notes(config, stderr);
    for (size_t i = 0; i < config->n_jobs; i++)
        n_feeds += config->jobs[i].n_feeds;
    if (is_show) {
        config_show(config, &shown);
        fputs(buf_text(&shown), stdout);
        buf_deinit(&shown);
    } else {
        printf("%s: good: %zu job%s, %zu feed%s\n", file, config->n_jobs,
               config->n_jobs == 1 ? "" : "s", n_feeds, n_feeds == 1 ? "" : "s");
    }
    return is_live ? check_live(config) : 0;
}
