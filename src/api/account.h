/*
 * What the vendor says of an account: GET /v3/appendix/user_data, which is free
 * (docs.dataforseo.com/v3/appendix/user_data).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct endpoint;

#define ACCOUNT_PATH "/v3/appendix/user_data"
#define ACCOUNT_LOGIN_MAX 128

/* Money and counts are -1 where the answer does not name them. */
struct account {
    int status_code; /* of the task, else of the envelope */
    char message[256];
    char login[ACCOUNT_LOGIN_MAX];
    char timezone[64];
    int64_t balance_nanousd;
    int64_t per_call_nanousd, per_item_nanousd; /* of one endpoint */
    int64_t calls_per_minute;                   /* the vendor's limit */
    int64_t per_day_nanousd;                    /* the cap that the account has set for itself */
};

/* Reads the answer as it concerns `endpoint`. ERR_DATA where it is not the vendor's envelope. */
bool account_parse(const char *text, size_t size, const struct endpoint *endpoint,
                   struct account *ret_account, struct err *err);
