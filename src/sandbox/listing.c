/*
 * A listing with filters is cut from the one without them, which is sorted once for all: the slices
 * of a target differ in their filters only.
 */
#include "sandbox/listing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/query.h"

#define LISTINGS_BYTES_MAX (UINT64_C(256) << 20)

struct kept {
    struct listing listing; /* first, so that a listing is its kept */
    struct kept *next;
    char *key;
    uint64_t n_users, last_use;
    bool is_ready;
};

struct listings {
    const struct options *options;
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct kept *first;
    uint64_t n_uses;
};

struct listings *listings_new(const struct options *options)
{
    struct listings *listings = mem_new(sizeof(*listings));

    listings->options = options;
    pthread_mutex_init(&listings->lock, NULL);
    pthread_cond_init(&listings->ready, NULL);
    return listings;
}

static void destroy_kept(struct kept *kept)
{
    order_deinit(&kept->listing.order);
    source_deinit(&kept->listing.source);
    free(kept->key);
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
            bytes += (*at)->listing.order.n * 2 * sizeof(uint32_t);
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

/* What is new under a key, for its maker to fill in. */
static struct kept *put_new(struct listings *listings, const char *key)
{
    struct kept *kept = mem_new(sizeof(*kept));

    kept->key = mem_strdup(key);
    kept->next = listings->first;
    listings->first = kept;
    return kept;
}

static const struct listing *get(struct listings *listings, const char *key,
                                 const struct query *query, const struct listing *whole)
{
    struct kept *kept;

    pthread_mutex_lock(&listings->lock);
    kept = find(listings, key);
    if (kept == NULL) {
        kept = put_new(listings, key);
        kept->n_users = 1;
        pthread_mutex_unlock(&listings->lock);
        source_init(&kept->listing.source, query, listings->options);
        if (whole == NULL)
            order_make(&kept->listing.order, &kept->listing.source, query);
        else
            order_narrow(&kept->listing.order, &whole->order, &kept->listing.source, query);
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

const struct listing *listings_get(struct listings *listings, const struct query *query)
{
    const char *key = buf_text(&query->listing_key);
    const struct listing *whole, *listing;
    struct query unfiltered = *query;

    if (query->group_size > 0 || strcmp(key, buf_text(&query->order_key)) == 0)
        return get(listings, key, query, NULL);
    unfiltered.filter = unfiltered.links_filter = NULL;
    unfiltered.n_excluded = 0;
    whole = get(listings, buf_text(&query->order_key), &unfiltered, NULL);
    listing = get(listings, key, query, whole);
    listings_release(listings, whole);
    return listing;
}

void listings_release(struct listings *listings, const struct listing *listing)
{
    pthread_mutex_lock(&listings->lock);
    for (struct kept *kept = listings->first; kept != NULL; kept = kept->next)
        if (&kept->listing == listing)
            kept->n_users--;
    pthread_mutex_unlock(&listings->lock);
}

void listing_item(const struct listing *listing, size_t place, struct item *item)
{
    item_begin(item, &listing->source, listing->order.numbers[place]);
    if (listing->order.group_counts != NULL)
        item->group_count = listing->order.group_counts[place];
}
