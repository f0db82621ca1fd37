/*
 * Making a listing: every row of the target is made (its cheap half), the filter is asked, groups
 * are cut to their best rows, and what is left is sorted. Sorting compares two numbers per row,
 * made beforehand from the first two rules; only rows that are equal in both, or whose rule is over
 * a text, are made again and compared value by value. At last their number decides, so every order
 * is total and the same in every run.
 *
 * A null stands last, whether ascending or descending.
 */
#include "sandbox/listing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/query.h"
#include "sandbox/random.h"

#define LISTINGS_BYTES_MAX (UINT64_C(256) << 20)
#define N_KEYS 2

struct entry {
    uint64_t keys[N_KEYS];
    uint32_t row;
    uint32_t group_count;
};

/* What a comparison needs to make rows again. */
struct sorting {
    const struct row_source *source;
    const struct query *query;
    struct row a, b;
};

struct kept {
    struct listing listing; /* first, so that a listing is its kept */
    struct kept *next;
    char *key, *target;
    uint64_t n_users, last_use;
    bool is_ready;
};

struct listings {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct kept *first;
    uint64_t seed, n_uses;
};

static uint64_t key_of_text(const struct value *value)
{
    uint64_t key = 0;

    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < value->size ? (unsigned char)value->text[i] : 0);
    return key;
}

/* Keys compare as the values do; a null is above all. */
static uint64_t key_of(struct row *row, const struct query_rule *rule)
{
    struct value value = row_value(row, rule->field);
    uint64_t key = rule->is_text && value.kind == VALUE_TEXT
                       ? key_of_text(&value)
                       : (uint64_t)value.number ^ UINT64_C(1) << 63;

    if (value.kind == VALUE_NULL)
        return UINT64_MAX;
    return rule->is_descending ? ~key : key;
}

/* The second key of a text would cost its making, and mostly is not asked for. */
static void put_keys(struct entry *entry, struct row *row, const struct query *query)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        bool is_cheap = i < query->n_rules && (i == 0 || !query->rules[i].is_text);

        entry->keys[i] = is_cheap ? key_of(row, &query->rules[i]) : 0;
    }
}

static int compare_values(struct sorting *sorting, const struct query_rule *rule)
{
    struct value a = row_value(&sorting->a, rule->field), b = row_value(&sorting->b, rule->field);
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
            row_make(&sorting->a, sorting->source, a->row);
            row_make(&sorting->b, sorting->source, b->row);
            sorting->a.group_count = a->group_count;
            sorting->b.group_count = b->group_count;
            are_made = true;
        }
        order = compare_values(sorting, &query->rules[i]);
        if (order != 0)
            return order > 0;
    }
    return a->row > b->row;
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
    return x->row > y->row ? 1 : -1;
}

/* Keeps of each group the best-ranked rows, each with the size of its group. */
static size_t cut_groups(struct sorting *sorting, struct entry *entries, size_t n)
{
    const struct query *query = sorting->query;
    struct query_rule by_rank = {.is_descending = true};
    size_t n_kept = 0, end;

    while (strcmp(row_fields[by_rank.field].path, "rank") != 0)
        by_rank.field++;
    for (size_t i = 0; i < n; i++) {
        struct value value;

        row_make(&sorting->a, sorting->source, entries[i].row);
        value = row_value(&sorting->a, query->group_field);
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
        row_make(&sorting->a, sorting->source, entries[i].row);
        sorting->a.group_count = entries[i].group_count;
        put_keys(&entries[i], &sorting->a, query);
    }
    return n_kept;
}

/* The rows that the query asks for, not yet in order. */
static size_t find_rows(struct sorting *sorting, struct entry *entries)
{
    const struct query *query = sorting->query;
    uint64_t begin = query->status & STATUS_LIVE ? 0 : sorting->source->n_live;
    uint64_t end =
        sorting->source->n_live + (query->status & STATUS_LOST ? sorting->source->n_lost : 0);
    size_t n = 0;

    for (uint64_t number = begin; number < end; number++) {
        row_make(&sorting->a, sorting->source, number);
        if (!filter_holds(query->filter, &sorting->a))
            continue;
        entries[n] = (struct entry){.row = (uint32_t)number};
        put_keys(&entries[n++], &sorting->a, query);
    }
    return n;
}

static void make(struct listing *listing, const struct query *query)
{
    struct sorting *sorting = mem_new(sizeof(*sorting));
    size_t n_all = (size_t)(listing->source.n_live + listing->source.n_lost);
    struct entry *entries = mem_new_array(n_all, sizeof(*entries));
    struct entry *spare;

    sorting->source = &listing->source;
    sorting->query = query;
    listing->n = find_rows(sorting, entries);
    if (query->group_size > 0)
        listing->n = cut_groups(sorting, entries, listing->n);
    spare = mem_new_array(listing->n, sizeof(*spare));
    sort(sorting, entries, spare, listing->n);
    free(spare);

    listing->rows = mem_new_array(listing->n, sizeof(uint32_t));
    if (query->group_size > 0)
        listing->group_counts = mem_new_array(listing->n, sizeof(uint32_t));
    for (size_t i = 0; i < listing->n; i++) {
        listing->rows[i] = entries[i].row;
        if (listing->group_counts != NULL)
            listing->group_counts[i] = entries[i].group_count;
    }
    free(entries);
    free(sorting);
}

struct listings *listings_new(uint64_t seed)
{
    struct listings *listings = mem_new(sizeof(*listings));

    pthread_mutex_init(&listings->lock, NULL);
    pthread_cond_init(&listings->ready, NULL);
    listings->seed = seed;
    return listings;
}

static void destroy_kept(struct kept *kept)
{
    free(kept->listing.rows);
    free(kept->listing.group_counts);
    free(kept->key);
    free(kept->target);
    free(kept);
}

void listings_destroy(struct listings *listings)
{
    struct kept *next;

    if (listings == NULL)
        return;
    for (struct kept *kept = listings->first; kept != NULL; kept = next) {
        next = kept->next;
        destroy_kept(kept);
    }
    pthread_cond_destroy(&listings->ready);
    pthread_mutex_destroy(&listings->lock);
    free(listings);
}

/* Takes out what has not been used for longest until the others fit. */
static void make_room(struct listings *listings)
{
    for (;;) {
        struct kept **oldest = NULL;
        uint64_t bytes = 0;

        for (struct kept **at = &listings->first; *at != NULL; at = &(*at)->next) {
            if (!(*at)->is_ready)
                continue;
            bytes += (*at)->listing.n * 2 * sizeof(uint32_t);
            if ((*at)->n_users == 0 && (oldest == NULL || (*at)->last_use < (*oldest)->last_use))
                oldest = at;
        }
        if (bytes <= LISTINGS_BYTES_MAX || oldest == NULL)
            return;
        struct kept *gone = *oldest;

        *oldest = gone->next;
        destroy_kept(gone);
    }
}

static struct kept *find(struct listings *listings, const char *key)
{
    struct kept *kept = listings->first;

    while (kept != NULL && strcmp(kept->key, key) != 0)
        kept = kept->next;
    return kept;
}

const struct listing *listings_get(struct listings *listings, const struct query *query,
                                   uint64_t n_items)
{
    struct kept *kept;

    pthread_mutex_lock(&listings->lock);
    kept = find(listings, buf_text(&query->listing_key));
    if (kept == NULL) {
        kept = mem_new(sizeof(*kept));
        kept->key = mem_strdup(buf_text(&query->listing_key));
        kept->target = mem_strdup(query->target);
        row_source_init(&kept->listing.source, listings->seed, kept->target, n_items);
        kept->listing.source.is_rank_in_hundred = query->is_rank_in_hundred;
        kept->n_users = 1;
        kept->next = listings->first;
        listings->first = kept;
        pthread_mutex_unlock(&listings->lock);
        make(&kept->listing, query);
        pthread_mutex_lock(&listings->lock);
        kept->is_ready = true;
        pthread_cond_broadcast(&listings->ready);
        make_room(listings);
    } else {
        kept->n_users++;
        while (!kept->is_ready)
            pthread_cond_wait(&listings->ready, &listings->lock);
    }
    kept->last_use = ++listings->n_uses;
    pthread_mutex_unlock(&listings->lock);
    return &kept->listing;
}

void listings_release(struct listings *listings, const struct listing *listing)
{
    pthread_mutex_lock(&listings->lock);
    for (struct kept *kept = listings->first; kept != NULL; kept = kept->next)
        if (&kept->listing == listing)
            kept->n_users--;
    pthread_mutex_unlock(&listings->lock);
}

void listing_row(const struct listing *listing, size_t place, struct row *row)
{
    row_make(row, &listing->source, listing->rows[place]);
    if (listing->group_counts != NULL)
        row->group_count = listing->group_counts[place];
}
