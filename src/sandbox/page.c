/*
 * The result of a paid call: what was asked for, how much there is, and one page of it. What --odd
 * wants of a page is done here.
 */
#include "sandbox/paid_private.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/odd.h"
#include "sandbox/print.h"
#include "sandbox/random.h"
#include "sandbox/source.h"
#include "sandbox/token.h"

static bool is_odd(const struct paid *paid, enum odd odd, uint64_t number)
{
    return odds_hit(&paid->sandbox->options->odds, odd, number);
}

static void put_json(struct buf *buf, const char *name, struct json_object *json)
{
    buf_printf(buf, "\"%s\":%s,", name,
               json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void put_text(struct buf *buf, const char *name, const char *text)
{
    buf_printf(buf, "\"%s\":", name);
    print_string(buf, text, strlen(text));
    buf_append_char(buf, ',');
}

/* A listing of rows names its target and how it is grouped, an intersection its targets. */
static void put_head(struct paid *paid, struct buf *buf)
{
    const struct query *query = &paid->query;
    struct json_object *targets = NULL;

    if (query->shape->is_keyed && json_object_object_get_ex(paid->task, "targets", &targets))
        put_json(buf, "targets", targets);
    else
        put_text(buf, "target", query->target);
    if (!query->shape->is_per_site) {
        put_json(buf, "mode", query->mode);
        put_json(buf, "custom_mode", query->custom_mode);
    }
}

static size_t total_count(const struct paid *paid)
{
    const struct buf *key = &paid->query.listing_key;
    size_t n = paid->listing->order.n;

    return is_odd(paid, ODD_TOTAL, random_hash(0, buf_text(key), key->size)) ? n + n / 4 + 1 : n;
}

/* Which item of the listing the page's `i`th is: its first may be the last of the page before. */
static size_t place_of(const struct paid *paid, size_t i)
{
    bool is_repeat = i == 0 && paid->position > 0 && is_odd(paid, ODD_TIES, paid->position);

    return paid->position + i - is_repeat;
}

static void put_token(struct paid *paid, struct item *last, struct buf *buf)
{
    struct token token = {
        .position = paid->position + paid->n_items,
        .call_no = paid->sandbox->options->token_life > 0 ? paid->call_no : 0,
    };

    buf_append_string(buf, ",\"search_after_token\":");
    if (paid->n_items == 0 || is_odd(paid, ODD_TOKEN_NULL, paid->call_no)) {
        buf_append_string(buf, "null");
    } else if (paid->query.token != NULL && is_odd(paid, ODD_TOKEN_REPEATED, paid->call_no)) {
        print_string(buf, paid->query.token, strlen(paid->query.token));
    } else {
        buf_append_char(buf, '"');
        token_append(buf, &paid->query, last, &token);
        buf_append_char(buf, '"');
    }
}

static void put_listing(struct paid *paid, struct buf *buf)
{
    struct item *item = mem_new(sizeof(*item));

    put_head(paid, buf);
    buf_printf(buf, "\"total_count\":%zu,\"items_count\":%zu,\"items\":", total_count(paid),
               paid->n_items);
    for (size_t i = 0; i < paid->n_items; i++) {
        buf_append_char(buf, i == 0 ? '[' : ',');
        listing_item(paid->listing, place_of(paid, i), item);
        item_append(buf, item);
    }
    buf_append_string(buf, paid->n_items == 0 ? "null" : "]");
    if (paid->endpoint->has_token)
        put_token(paid, item, buf);
    free(item);
}

/* New and lost links since a day; where every night is the same, as many as there are on average.
 */
static void count_since(const struct row_source *source, int64_t since, uint64_t *ret_n_new,
                        uint64_t *ret_n_lost)
{
    if (source->nights.are_asked) {
        nights_count(&source->nights, since, ret_n_new, ret_n_lost);
        return;
    }
    *ret_n_new = row_n_since(source->n_live, since);
    *ret_n_lost = row_n_since(source->n_lost, since);
}

static void put_bulk(struct paid *paid, struct buf *buf)
{
    const struct query *query = &paid->query;
    struct row_source source;

    buf_printf(buf, "\"items_count\":%zu,\"items\":[", paid->n_items);
    for (size_t i = 0; i < paid->n_items; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(query->bulk, i));
        uint64_t n_new, n_lost;

        source_begin_rows(&source, paid->sandbox->options, name);
        count_since(&source, query->date_from, &n_new, &n_lost);
        buf_append_string(buf, i == 0 ? "{" : ",{");
        put_text(buf, "target", name);
        buf_printf(buf, "\"new_backlinks\":%" PRIu64 ",\"lost_backlinks\":%" PRIu64 "}", n_new,
                   n_lost);
    }
    buf_append_char(buf, ']');
}

void page_append(struct paid *paid, struct buf *buf)
{
    buf_append_string(buf, "[{");
    if (paid->query.bulk != NULL)
        put_bulk(paid, buf);
    else
        put_listing(paid, buf);
    buf_append_string(buf, "}]");
}
