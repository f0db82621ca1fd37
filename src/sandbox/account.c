#include "sandbox/account.h"

#include "sandbox/codes.h"

void account_init(struct account *account, const struct account_terms *terms)
{
    *account = (struct account){.terms = terms, .paid_in_nanousd = terms->balance_nanousd};
}

struct price account_price(const struct account *account, uint64_t call_no)
{
    const struct account_terms *terms = account->terms;

    return terms->later_from > 0 && call_no >= terms->later_from ? terms->later_price
                                                                 : terms->price;
}

bool account_takes_login(struct account *account, uint64_t call_no)
{
    uint64_t from = account->terms->refuse_from;

    if (from > 0 && call_no >= from && !account->is_mended)
        account->is_refusing = true;
    return !account->is_refusing;
}

int account_promise(struct account *account, int64_t worst_nanousd)
{
    int64_t limit = account_day_limit(account);
    int64_t more = account->promised_nanousd + worst_nanousd;

    if (more > account_balance(account))
        return CODE_FUNDS;
    if (limit > 0 && account->spent_today_nanousd + more > limit)
        return CODE_DAY_LIMIT;
    account->promised_nanousd = more;
    return 0;
}

void account_bill(struct account *account, int64_t worst_nanousd, int64_t cost_nanousd)
{
    account->promised_nanousd -= worst_nanousd;
    account->spent_nanousd += cost_nanousd;
    account->spent_today_nanousd += cost_nanousd;
}

int64_t account_balance(const struct account *account)
{
    return account->paid_in_nanousd - account->spent_nanousd;
}

int64_t account_day_limit(const struct account *account)
{
    return account->is_mended ? 0 : account->terms->day_limit_nanousd;
}

void account_mend(struct account *account)
{
    account->paid_in_nanousd = account->spent_nanousd + account->terms->balance_nanousd;
    account->spent_today_nanousd = 0;
    account->is_mended = true;
    account->is_refusing = false;
}
