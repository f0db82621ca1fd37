#include "support/random_keyed.h"

#include <string.h>

#include "api/endpoint.h"
#include "support/random_number.h"

#define ITEM_MAX ((size_t)16 << 20)

void random_keyed_init(struct random_keyed *random, const struct endpoint *endpoint, uint64_t seed)
{
    *random = (struct random_keyed){.sent = BUF_WITH_CEILING(ITEM_MAX),
                                    .storable = BUF_WITH_CEILING(ITEM_MAX)};
    random_item_init(&random->part, endpoint, seed);
}

void random_keyed_deinit(struct random_keyed *random)
{
    random_item_deinit(&random->part);
    buf_deinit(&random->sent);
    buf_deinit(&random->storable);
}

static unsigned below(struct random_keyed *random, unsigned n)
{
    return random_below(&random->part.state, n);
}

static bool is_one_in(struct random_keyed *random, unsigned n)
{
    return below(random, n) == 0;
}

#define PICK(random, list) ((list)[below(random, sizeof(list) / sizeof((list)[0]))])

static void put(struct random_keyed *random, const char *text)
{
    buf_append_string(&random->sent, text);
    buf_append_string(&random->storable, text);
}

/* A comma where something stands in front. */
static void put_comma(struct random_keyed *random)
{
    char last = random->sent.data[random->sent.size - 1];

    if (last != '{' && last != '[')
        put(random, is_one_in(random, 4) ? " ,\n" : ",");
}

static void put_part(struct random_keyed *random)
{
    struct random_item *part = &random->part;

    random_item_next(part);
    buf_append(&random->sent, part->sent.data, part->sent.size);
    buf_append(&random->storable, part->storable.data, part->storable.size);
    /* What is nested to the limit by itself is beyond it within an item, and is kept as text. */
    random->is_odd =
        random->is_odd || part->is_odd || strstr(buf_text(&part->sent), "[[[[[[[[[[[[[[[[") != NULL;
}

static void put_array(struct random_keyed *random)
{
    static const char *const strangers[] = {"null", "null", "7", "\"x\"", "[]", "[null]", "true"};

    put(random, "[");
    for (unsigned n = below(random, 4); n > 0; n--) {
        put_comma(random);
        if (is_one_in(random, 5))
            put(random, PICK(random, strangers));
        else
            put_part(random);
    }
    put(random, "]");
}

/* What stands under a target's key: as it should, the other way round, or anything. */
static void put_under_key(struct random_keyed *random)
{
    static const char *const strangers[] = {"null", "null", "{}", "[]", "[null]", "5", "\"\""};

    if (is_one_in(random, 6))
        put(random, PICK(random, strangers));
    else if (random->part.endpoint->has_link_no != is_one_in(random, 6))
        put_array(random);
    else
        put_part(random);
}

/* Equal keys come, and some that are no target's. */
static void put_keys(struct random_keyed *random)
{
    static const char *const keys[] = {"1",  "1",  "2",  "2",       "3",   "20", "7",
                                       "01", "99", "00", "\\u0032", "100", "x",  ""};

    for (unsigned n = below(random, 6); n > 0; n--) {
        put_comma(random);
        put(random, "\"");
        put(random, PICK(random, keys));
        put(random, "\":");
        put_under_key(random);
    }
}

static void put_wrapper(struct random_keyed *random)
{
    static const char *const strangers[] = {"null", "null", "5", "[]", "\"x\""};

    put_comma(random);
    put(random, "\"");
    put(random, random->part.endpoint->wrapper);
    put(random, "\": ");
    if (is_one_in(random, 12)) {
        put(random, PICK(random, strangers));
        return;
    }
    put(random, "{");
    put_keys(random);
    put(random, "}");
}

static void put_others(struct random_keyed *random)
{
    static const char *const others[] = {
        "\"summary\":{\"intersections_count\":2}",
        "\"summary\":{\"intersections_count\":2}",
        "\"summary\":null",
        "\"summary\":5",
        "\"summary\":{}",
        "\"summary\":{\"intersections_count\":null}",
        "\"summary\":{\"intersections_count\":\"2\",\"more\":[1]}",
        "\"summary\":{\"intersections_count\":99999999999999999999}",
        "\"intersections_count\":3",
        "\"intersections_count\":null",
        "\"intersections_count\":[]",
        "\"color\":{\"a\":null}",
        "\"Summary\":null",
        "\"\":\"empty\"",
    };

    while (!is_one_in(random, 3)) {
        put_comma(random);
        put(random, PICK(random, others));
    }
}

void random_keyed_next(struct random_keyed *random)
{
    buf_clear(&random->sent);
    buf_clear(&random->storable);
    random->is_odd = false;
    if (is_one_in(random, 200)) {
        put(random, "7");
        return;
    }
    put(random, "{");
    put_others(random);
    if (is_one_in(random, 6))
        put_keys(random);
    if (!is_one_in(random, 6))
        put_wrapper(random);
    if (is_one_in(random, 30))
        put_wrapper(random);
    put_others(random);
    put(random, "}");
}
