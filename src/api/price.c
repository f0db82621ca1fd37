#include "api/price.h"

int64_t price_worst(struct price price, int64_t n_items)
{
    return price.per_call_nanousd + n_items * price.per_item_nanousd;
}
