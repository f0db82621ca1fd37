/*
 * Sorting compares two numbers per item, made beforehand from the first two rules; only items that
 * are equal in both, or whose rule is over a text, are made again and compared value by value. At
 * last their number decides, so every order is total and the same in every run.
 *
 * A null stands last, whether ascending or descending.
 */
#include "sandbox/order.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/odd.h"
#include "sandbox/query.h"
#include "sandbox/random.h"

#define N_KEYS 2

/* No value is as far out, so that each has a neighbour. */
#define VALUE_MIN (INT64_MIN + 1)
#define VALUE_MAX (INT64_MAX - 1)

struct entry {
    uint64_t keys[N_KEYS];
    uint32_t number;
    uint32_t group_count;
};

/* What a comparison needs to make items again. */
struct sorting {
    const struct source *source;
    const struct query *query;
    struct item a, b;
};

static uint64_t key_of_text(const struct value *value)
{
    uint64_t key = 0;

    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < value->size ? (unsigned char)value->text[i] : 0);
    return key;
}

/* Keys compare as the values do; a null is above all. */
static uint64_t key_of(struct item *item, const struct query_rule *rule)
{
    struct value value = item_value(item, rule->place);
    uint64_t key = rule->is_text && value.kind == VALUE_TEXT
                       ? key_of_text(&value)
                       : (uint64_t)value.number ^ UINT64_C(1) << 63;

    if (value.kind == VALUE_NULL)
        return UINT64_MAX;
    return rule->is_descending ? ~key : key;
}

/* The second key of a text would cost its making, and mostly is not asked for. */
static void put_keys(struct entry *entry, struct item *item, const struct query *query)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        bool is_cheap = i < query->n_rules && (i == 0 || !query->rules[i].is_text);

        entry->keys[i] = is_cheap ? key_of(item, &query->rules[i]) : 0;
    }
}

static int compare_values(struct sorting *sorting, const struct query_rule *rule)
{
    struct value a = item_value(&sorting->a, rule->place), b = item_value(&sorting->b, rule->place);
    int order;

    if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
        return (a.kind == VALUE_NULL) - (b.kind == VALUE_NULL);
    if (rule->is_text) {
        order = memcmp(a.text, b.text, a.size < b.size ? a.size : b.size);
        if (order == 0)
            order = (a.size > b.size) - (a.size < b.size);
    } else {
        order = (a.number > b.number) - (a.number < b.number);
    }
    return rule->is_descending ? -order : order;
}

static bool is_after(struct sorting *sorting, const struct entry *a, const struct entry *b)
{
    const struct query *query = sorting->query;
    bool are_made = false;

    for (size_t i = 0; i < query->n_rules; i++) {
        int order;

        if (i < N_KEYS && a->keys[i] != b->keys[i])
            return a->keys[i] > b->keys[i];
        if (i < N_KEYS && !query->rules[i].is_text)
            continue;
        if (!are_made) {
            item_begin(&sorting->a, sorting->source, a->number);
            item_begin(&sorting->b, sorting->source, b->number);
            sorting->a.group_count = a->group_count;
            sorting->b.group_count = b->group_count;
            are_made = true;
        }
        order = compare_values(sorting, &query->rules[i]);
        if (order != 0)
            return order > 0;
    }
    return a->number > b->number;
}

/* Bottom up; `spare` has room for all of them. Afterwards they are in `entries`. */
static void sort(struct sorting *sorting, struct entry *entries, struct entry *spare, size_t n)
{
    struct entry *from = entries, *to = spare;

    for (size_t width = 1; width < n; width *= 2) {
        struct entry *swap = from;

        for (size_t begin = 0; begin < n; begin += 2 * width) {
            size_t middle = begin + width < n ? begin + width : n;
            size_t end = middle + width < n ? middle + width : n;
            size_t left = begin, right = middle;

            for (size_t i = begin; i < end; i++) {
                bool is_left = left < middle &&
                               (right == end || !is_after(sorting, &from[left], &from[right]));

                to[i] = is_left ? from[left++] : from[right++];
            }
        }
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof(*entries));
}

static uint64_t hash_of_value(const struct value *value)
{
    if (value->kind == VALUE_TEXT)
        return random_hash(1, value->text, value->size);
    return random_mix((uint64_t)value->number ^ (uint64_t)value->kind << 60);
}

static int compare_keys(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    for (size_t i = 0; i < N_KEYS; i++)
        if (x->keys[i] != y->keys[i])
            return x->keys[i] > y->keys[i] ? 1 : -1;
    return x->number > y->number ? 1 : -1;
}

/* Keeps of each group the best-ranked items, each with the size of its group. */
static size_t cut_groups(struct sorting *sorting, struct entry *entries, size_t n)
{
    const struct query *query = sorting->query;
    struct query_rule by_rank = {.is_descending = true};
    size_t n_kept = 0, end;

    place_find(&by_rank.place, sorting->source->shape, 1, "rank", 4);
    for (size_t i = 0; i < n; i++) {
        struct value value;

        item_begin(&sorting->a, sorting->source, entries[i].number);
        value = item_value(&sorting->a, query->group_place);
        entries[i].keys[0] = hash_of_value(&value);
        entries[i].keys[1] = key_of(&sorting->a, &by_rank);
    }
    qsort(entries, n, sizeof(*entries), compare_keys);
    for (size_t begin = 0; begin < n; begin = end) {
        uint64_t group = entries[begin].keys[0];

        for (end = begin; end < n && entries[end].keys[0] == group; end++)
            ;
        for (size_t i = begin; i < end && i - begin < (size_t)query->group_size; i++) {
            entries[n_kept] = entries[i];
            entries[n_kept++].group_count = (uint32_t)(end - begin);
        }
    }
    for (size_t i = 0; i < n_kept; i++) {
        item_begin(&sorting->a, sorting->source, entries[i].number);
        sorting->a.group_count = entries[i].group_count;
        put_keys(&entries[i], &sorting->a, query);
    }
    return n_kept;
}

/* backlinks_filters: the link that a site has for certain must pass them, for each target. */
static bool has_link(const struct query *query, const struct source *links, struct item *item,
                     uint64_t number)
{
    for (size_t key = 0; query->links_filter != NULL && key < links->n_targets; key++) {
        item_begin(item, links, number);
        item->key_offset = key;
        if (source_has_key(links, number, key + 1) && !filter_holds(query->links_filter, item))
            return false;
    }
    return true;
}

static bool is_excluded(const struct query *query, const struct source *source, uint64_t number)
{
    for (size_t i = 0; i < query->n_excluded; i++)
        if (source_is_excluded(source, number, query->excluded[i]))
            return true;
    return false;
}

/* What is left of the numbers, in their order. */
static size_t pick(const struct source *source, const struct query *query, uint32_t *numbers,
                   size_t n)
{
    struct source *links = mem_new(sizeof(*links));
    struct item *item = mem_new(sizeof(*item));
    size_t n_left = 0;

    *links = *source;
    for (size_t i = 0; i < links->n_targets; i++)
        links->targets[i].shape = &shape_backlinks;
    for (size_t i = 0; i < n; i++) {
        uint64_t number = numbers[i];

        item_begin(item, source, number);
        if ((filter_holds(query->filter, item) && has_link(query, links, item, number) &&
             !is_excluded(query, source, number)) ||
            odds_hit(source->targets[0].odds, ODD_FILTER, number))
            numbers[n_left++] = numbers[i];
    }
    free(item);
    free(links);
    return n_left;
}

/* Those that the status and the mode ask for. */
static size_t all_numbers(const struct source *source, const struct query *query,
                          uint32_t **ret_numbers)
{
    size_t n_all = (size_t)(source->n_items + source->n_partial), n = 0;
    uint32_t *numbers = mem_new_array(n_all, sizeof(*numbers));

    for (uint64_t number = 0; number < source->n_items; number++)
        if (source_status(source, number) & query->status)
            numbers[n++] = (uint32_t)number;
    for (uint64_t i = 0; (query->status & STATUS_LIVE) && i < source->n_partial; i++)
        numbers[n++] = (uint32_t)(source->first_partial + i);
    *ret_numbers = numbers;
    return n;
}

void order_make(struct order *order, const struct source *source, const struct query *query)
{
    struct sorting *sorting = mem_new(sizeof(*sorting));
    struct entry *entries, *spare;

    sorting->source = source;
    sorting->query = query;
    order->n = all_numbers(source, query, &order->numbers);
    order->n = pick(source, query, order->numbers, order->n);
    entries = mem_new_array(order->n, sizeof(*entries));
    for (size_t i = 0; i < order->n; i++) {
        entries[i] = (struct entry){.number = order->numbers[i]};
        item_begin(&sorting->a, source, entries[i].number);
        put_keys(&entries[i], &sorting->a, query);
    }
    if (query->group_size > 0)
        order->n = cut_groups(sorting, entries, order->n);
    spare = mem_new_array(order->n, sizeof(*spare));
    sort(sorting, entries, spare, order->n);
    if (query->group_size > 0)
        order->group_counts = mem_new_array(order->n, sizeof(uint32_t));
    for (size_t i = 0; i < order->n; i++) {
        order->numbers[i] = entries[i].number;
        if (order->group_counts != NULL)
            order->group_counts[i] = entries[i].group_count;
    }
    free(spare);
    free(entries);
    free(sorting);
}

/* Whether the item stands in front of those with `min` <= value <= `max`. */
static bool is_before(const struct value *value, bool is_descending, int64_t min, int64_t max)
{
    if (value->kind == VALUE_NULL)
        return false;
    return is_descending ? value->number > max : value->number < min;
}

/* The first place in the order that does not stand in front of these values. */
static size_t lower_bound(const struct order *whole, const struct source *source,
                          const struct query_rule *rule, int64_t min, int64_t max)
{
    struct item *item = mem_new(sizeof(*item));
    size_t low = 0, high = whole->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct value value;

        item_begin(item, source, whole->numbers[middle]);
        value = item_value(item, rule->place);
        if (is_before(&value, rule->is_descending, min, max))
            low = middle + 1;
        else
            high = middle;
    }
    free(item);
    return low;
}

void order_narrow(struct order *order, const struct order *whole, const struct source *source,
                  const struct query *query)
{
    const struct query_rule *rule = &query->rules[0];
    const struct odds *odds = source->targets[0].odds;
    int64_t min = VALUE_MIN, max = VALUE_MAX;
    bool is_exact = filter_bounds(query->filter, rule->place, &min, &max);
    size_t begin = 0, end = whole->n;

    if (!odds_is_asked(odds, ODD_FILTER) && (min > VALUE_MIN || max < VALUE_MAX) && min <= max) {
        begin = lower_bound(whole, source, rule, min, max);
        end = rule->is_descending ? lower_bound(whole, source, rule, INT64_MIN, min - 1)
                                  : lower_bound(whole, source, rule, max + 1, INT64_MAX);
    }
    order->n = end - begin;
    order->numbers = mem_new_array(order->n, sizeof(uint32_t));
    memcpy(order->numbers, whole->numbers + begin, order->n * sizeof(uint32_t));
    if (!is_exact || min > max || query->links_filter != NULL || query->n_excluded > 0 ||
        odds_is_asked(odds, ODD_FILTER))
        order->n = pick(source, query, order->numbers, order->n);
}

void order_deinit(struct order *order)
{
    free(order->numbers);
    free(order->group_counts);
}
