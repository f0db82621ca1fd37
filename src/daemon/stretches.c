#include "daemon/stretches.h"

#include <string.h>

/* None of them reaches to INT64_MAX. */
static bool reaches(const struct stretch *item, int64_t from_s)
{
    return item->to_s >= from_s || item->to_s + 1 == from_s;
}

static void remove_item(struct stretches *stretches, size_t at)
{
    stretches->n--;
    memmove(&stretches->items[at], &stretches->items[at + 1],
            (stretches->n - at) * sizeof(stretches->items[0]));
}

/* The item has grown: it takes in those that it touches. */
static void swallow(struct stretches *stretches, size_t at)
{
    struct stretch *item = &stretches->items[at];

    while (at + 1 < stretches->n && reaches(item, stretches->items[at + 1].from_s)) {
        if (stretches->items[at + 1].to_s > item->to_s)
            item->to_s = stretches->items[at + 1].to_s;
        remove_item(stretches, at + 1);
    }
}

void stretches_add(struct stretches *stretches, int64_t from_s, int64_t to_s)
{
    size_t at = 0;

    while (at < stretches->n && !reaches(&stretches->items[at], from_s))
        at++;
    if (at < stretches->n && stretches->items[at].from_s <= to_s + 1) {
        struct stretch *item = &stretches->items[at];

        if (from_s < item->from_s)
            item->from_s = from_s;
        if (to_s > item->to_s)
            item->to_s = to_s;
        swallow(stretches, at);
        return;
    }
    if (stretches->n == STRETCHES_MAX) {
        stretches->items[0].to_s = stretches->items[1].to_s;
        remove_item(stretches, 1);
        stretches_add(stretches, from_s, to_s);
        return;
    }
    memmove(&stretches->items[at + 1], &stretches->items[at],
            (stretches->n - at) * sizeof(stretches->items[0]));
    stretches->items[at] = (struct stretch){.from_s = from_s, .to_s = to_s};
    stretches->n++;
}

bool stretches_hold(const struct stretches *stretches, int64_t at_s, int64_t *ret_to_s)
{
    for (size_t i = 0; i < stretches->n; i++)
        if (stretches->items[i].from_s <= at_s && at_s <= stretches->items[i].to_s) {
            *ret_to_s = stretches->items[i].to_s;
            return true;
        }
    return false;
}
