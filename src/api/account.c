#include "api/account.h"

#include <json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "core/money.h"

#define DEPTH_MAX 64

static void put_json(struct json_object **tree)
{
    json_object_put(*tree);
}

static void free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

/* The value behind a row of keys, NULL-terminated; NULL where one is missing. "0" is an index. */
static struct json_object *at(struct json_object *tree, const char *const keys[])
{
    for (size_t i = 0; keys[i] != NULL && tree != NULL; i++) {
        if (json_object_is_type(tree, json_type_array))
            tree = json_object_array_length(tree) > 0 ? json_object_array_get_idx(tree, 0) : NULL;
        else if (!json_object_object_get_ex(tree, keys[i], &tree))
            tree = NULL;
    }
    return tree;
}

#define AT(tree, ...) at(tree, (const char *const[]){__VA_ARGS__, NULL})

/* The number as it was written: json-c keeps a double's text, so no cent goes through a float. */
static int64_t money_of(struct json_object *value)
{
    const char *text;
    int64_t nanousd;

    if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
        return -1;
    text = json_object_to_json_string(value);
    return money_parse(text, strlen(text), &nanousd) ? nanousd : -1;
}

static void copy_text(struct json_object *value, char *text, size_t size)
{
    if (json_object_is_type(value, json_type_string))
        snprintf(text, size, "%s", json_object_get_string(value));
}

static void read_prices(struct json_object *prices, struct account *account)
{
    if (!json_object_is_type(prices, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(prices); i++) {
        struct json_object *price = json_object_array_get_idx(prices, i);
        struct json_object *type = AT(price, "cost_type");
        const char *name = type != NULL ? json_object_get_string(type) : "";

        if (strcmp(name, "per_request") == 0)
            account->per_call_nanousd = money_of(AT(price, "cost"));
        else if (strcmp(name, "per_result") == 0)
            account->per_item_nanousd = money_of(AT(price, "cost"));
    }
}

/* A limit of 0 is none. */
static void read_limits(struct json_object *result, const struct endpoint *endpoint,
                        struct account *account)
{
    struct json_object *calls =
        AT(result, "rates", "limits", "minute", "backlinks", endpoint->name);
    int64_t per_day_nanousd = money_of(AT(result, "money", "limits", "day", "total"));

    if (json_object_is_type(calls, json_type_object))
        calls = AT(calls, "live");
    if (json_object_is_type(calls, json_type_int) && json_object_get_int64(calls) > 0)
        account->calls_per_minute = json_object_get_int64(calls);
    if (per_day_nanousd > 0)
        account->per_day_nanousd = per_day_nanousd;
}

static void read_result(struct json_object *result, const struct endpoint *endpoint,
                        struct account *account)
{
    copy_text(AT(result, "login"), account->login, sizeof(account->login));
    copy_text(AT(result, "timezone"), account->timezone, sizeof(account->timezone));
    account->balance_nanousd = money_of(AT(result, "money", "balance"));
    read_prices(AT(result, "price", "backlinks", endpoint->name, "live", "priority_normal"),
                account);
    read_limits(result, endpoint, account);
}

bool account_parse(const char *text, size_t size, const struct endpoint *endpoint,
                   struct account *ret_account, struct err *err)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    CLEANUP(put_json) struct json_object *tree = NULL;
    struct json_object *task, *code;
    struct account account = {.balance_nanousd = -1,
                              .per_call_nanousd = -1,
                              .per_item_nanousd = -1,
                              .calls_per_minute = -1,
                              .per_day_nanousd = -1};

    if (size > INT_MAX)
        return err_set(err, ERR_DATA, "the account's answer is too long");
    tree = json_tokener_parse_ex(tokener, text, (int)size);
    code = AT(tree, "status_code");
    if (!json_object_is_type(tree, json_type_object) || !json_object_is_type(code, json_type_int))
        return err_set(err, ERR_DATA, "the account's answer is not what the API sends");
    task = AT(tree, "tasks", "0");
    if (json_object_get_int(code) == 20000 && AT(task, "status_code") != NULL)
        code = AT(task, "status_code");
    else
        task = tree;
    account.status_code = json_object_get_int(code);
    copy_text(AT(task, "status_message"), account.message, sizeof(account.message));
    read_result(AT(task, "result", "0"), endpoint, &account);
    *ret_account = account;
    return true;
}
