#include "api/account.h"

#include <json.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/free_answer.h"
#include "core/mem.h"
#include "core/money.h"

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
        struct json_object *type = JSON_AT(price, "cost_type");
        const char *name = type != NULL ? json_object_get_string(type) : "";

        if (strcmp(name, "per_request") == 0)
            account->per_call_nanousd = money_of(JSON_AT(price, "cost"));
        else if (strcmp(name, "per_result") == 0)
            account->per_item_nanousd = money_of(JSON_AT(price, "cost"));
    }
}

/* A limit of 0 is none. */
static void read_limits(struct json_object *result, const struct endpoint *endpoint,
                        struct account *account)
{
    struct json_object *calls =
        JSON_AT(result, "rates", "limits", "minute", "backlinks", endpoint->name);
    int64_t per_day_nanousd = money_of(JSON_AT(result, "money", "limits", "day", "total"));

    if (json_object_is_type(calls, json_type_object))
        calls = JSON_AT(calls, "live");
    if (json_object_is_type(calls, json_type_int) && json_object_get_int64(calls) > 0)
        account->calls_per_minute = json_object_get_int64(calls);
    if (per_day_nanousd > 0)
        account->per_day_nanousd = per_day_nanousd;
}

static void read_result(struct json_object *result, const struct endpoint *endpoint,
                        struct account *account)
{
    copy_text(JSON_AT(result, "login"), account->login, sizeof(account->login));
    copy_text(JSON_AT(result, "timezone"), account->timezone, sizeof(account->timezone));
    account->balance_nanousd = money_of(JSON_AT(result, "money", "balance"));
    read_prices(JSON_AT(result, "price", "backlinks", endpoint->name, "live", "priority_normal"),
                account);
    read_limits(result, endpoint, account);
}

bool account_parse(const char *text, size_t size, const struct endpoint *endpoint,
                   struct account *ret_account, struct err *err)
{
    CLEANUP(free_answer_close) struct free_answer answer;
    struct account account = {.balance_nanousd = -1,
                              .per_call_nanousd = -1,
                              .per_item_nanousd = -1,
                              .calls_per_minute = -1,
                              .per_day_nanousd = -1};

    if (!free_answer_open(text, size, &answer, err))
        return err_wrap(err, "about the account");
    account.status_code = answer.status_code;
    snprintf(account.message, sizeof(account.message), "%s", answer.message);
    read_result(answer.result, endpoint, &account);
    *ret_account = account;
    return true;
}
