/*
 * The account: its money, its prices, its login. Whoever calls these holds the sandbox's lock.
 *
 * A call is let in only where its worst case is covered by what no other call in flight may need,
 * so the balance never sinks below zero.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/price.h"

/* What the command line says about it. */
struct account_terms {
    int64_t balance_nanousd;
    int64_t day_limit_nanousd; /* 0: none */
    struct price price;
    struct price later_price;
    uint64_t later_from;  /* the number of the paid call from which on it holds; 0: never */
    uint64_t refuse_from; /* from this paid call on the password is refused; 0: never */
};

struct account {
    const struct account_terms *terms;
    int64_t paid_in_nanousd;
    int64_t spent_nanousd;
    int64_t spent_today_nanousd;
    int64_t promised_nanousd; /* the worst cases of the calls in flight */
    bool is_mended;           /* neither the day's limit nor the refusal hold any more */
    bool is_refusing;         /* the login, since one paid call */
};

/* `terms` must last. */
void account_init(struct account *account, const struct account_terms *terms);

/* What the `call_no`th paid call costs; 0, before any: what the first will. */
struct price account_price(const struct account *account, uint64_t call_no);

/* Whether the login is still taken for the `call_no`th paid call. Once it is not, for none. */
bool account_takes_login(struct account *account, uint64_t call_no);

/* Sets the worst case of a call aside. Else nothing is set aside: CODE_FUNDS or CODE_DAY_LIMIT. */
int account_promise(struct account *account, int64_t worst_nanousd);

/* The call is over; what was set aside for it is free again. */
void account_bill(struct account *account, int64_t worst_nanousd, int64_t cost_nanousd);

int64_t account_balance(const struct account *account);

/* 0: none, or none any more. */
int64_t account_day_limit(const struct account *account);

/* The operator has been there: the balance is what it was at the start, the limit of the day is
 * off, the login is taken. */
void account_mend(struct account *account);
