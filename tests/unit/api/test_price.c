#include "api/price.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(price, .timeout = 10);

Test(price, is_a_call_and_its_items)
{
    cr_expect(eq(i64, price_worst(PRICE_LISTED, 0), INT64_C(24000000)));
    cr_expect(eq(i64, price_worst(PRICE_LISTED, 1), INT64_C(24036000)));
    cr_expect(eq(i64, price_worst(PRICE_LISTED, 1000), INT64_C(60000000)));
}

Test(price, of_one_account_is_not_that_of_another)
{
    struct price price = {.per_call_nanousd = 7, .per_item_nanousd = 3};

    cr_expect(eq(i64, price_worst(price, 5), 22));
}
