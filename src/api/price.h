/* What a call costs, and how dear it can become. */
#pragma once

#include <stdint.h>

struct price {
    int64_t per_call_nanousd;
    int64_t per_item_nanousd;
};

/* The list price since 2026-07-01; used until the account's own is known (appendix/user_data). */
#define PRICE_LISTED                                                                               \
    (struct price)                                                                                 \
    {                                                                                              \
        .per_call_nanousd = INT64_C(24000000), .per_item_nanousd = INT64_C(36000)                  \
    }

/* The most that a call for `n_items` items can cost. */
int64_t price_worst(struct price price, int64_t n_items);
