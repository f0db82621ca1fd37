#include "sandbox/source.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/options.h"
#include "sandbox/query.h"
#include "sandbox/random.h"

#define SALT_EXCLUDED UINT64_C(0xe8c1)
#define SALT_PARTIAL UINT64_C(0x9a47)

_Static_assert((int)LIFE_LIVE == (int)STATUS_LIVE && (int)LIFE_LOST == (int)STATUS_LOST,
               "a life's state is the status that is asked for");

/* The fewest sites that one of the targets has; each links to all of them. */
static uint64_t n_common_sites(const struct source *source)
{
    uint64_t n_sites = UINT64_MAX;

    for (size_t i = 0; i < source->n_targets; i++)
        if (source->targets[i].n_sites < n_sites)
            n_sites = source->targets[i].n_sites;
    return n_sites;
}

static void begin_nights(struct row_source *target, const struct options *options, uint64_t n_first)
{
    struct night_terms terms = night_rules_terms(&options->nights, target->target);

    if (n_first > (uint64_t)ROW_SOURCE_ITEMS_MAX)
        n_first = (uint64_t)ROW_SOURCE_ITEMS_MAX;
    if (terms.are_asked)
        nights_init(&target->nights, &terms, target->seed, n_first);
}

void source_begin_rows(struct row_source *target, const struct options *options, const char *name)
{
    row_source_init(target, options->seed, name, options_items(options, name));
    begin_nights(target, options, target->n_live);
}

/* Of sites those that each target has a number for. */
static uint64_t n_items_tonight(const struct source *source)
{
    uint64_t n = source->targets[0].nights.n_numbers;

    for (size_t i = 1; i < source->n_targets; i++)
        if (source->targets[i].nights.n_numbers < n)
            n = source->targets[i].nights.n_numbers;
    return source->shape->is_per_site ? (n + ROWS_PER_SITE - 1) / ROWS_PER_SITE : n;
}

void source_init(struct source *source, const struct query *query, const struct options *options)
{
    char *at = mem_new(query->names_size);
    uint64_t n_asked = 0;

    *source = (struct source){.shape = query->shape, .n_targets = query->n_targets, .names = at};
    if (source->shape->is_per_site && source->n_targets > 1)
        n_asked = options_items(options, query->target);
    for (size_t i = 0; i < source->n_targets; i++) {
        struct row_source *target = &source->targets[i];
        size_t size = strlen(query->targets[i]) + 1;

        memcpy(at, query->targets[i], size);
        source_begin_rows(target, options, at);
        if (n_asked > 0)
            begin_nights(target, options, n_asked * ROWS_PER_SITE);
        target->shape = source->shape;
        target->is_rank_in_hundred = query->is_rank_in_hundred;
        target->list_limit = (size_t)query->list_limit;
        target->odds = &options->odds;
        at += size;
    }
    source->n_live = source->targets[0].n_live;
    if (source->shape->is_per_site)
        source->n_live = n_asked > 0 ? n_asked : n_common_sites(source);
    source->n_items = source->n_live + source->n_live / 20;
    source->first_partial = source->n_items;
    if (options->nights.are_asked) {
        source->n_items = n_items_tonight(source);
        source->first_partial = NIGHTS_FIXED / ROWS_PER_SITE + 1;
    }
    if (query->is_partial && source->n_targets > 1 && source->n_items > 0)
        source->n_partial = source->n_live / 2;
}

void source_deinit(struct source *source)
{
    free(source->names);
    source->names = NULL;
}

unsigned source_status(const struct source *source, uint64_t number)
{
    unsigned status = STATUS_LIVE;

    if (!source->targets[0].nights.are_asked)
        return number < source->n_live ? STATUS_LIVE : STATUS_LOST;
    if (!source->shape->is_per_site)
        return nights_state(&source->targets[0].nights, number);
    for (size_t i = 0; i < source->n_targets; i++) {
        switch (nights_state(&source->targets[i].nights, number * ROWS_PER_SITE)) {
        case LIFE_AHEAD:
            return 0;
        case LIFE_LOST:
            status = STATUS_LOST;
            break;
        case LIFE_LIVE:
            break;
        }
    }
    return status;
}

/* Of those that link to some only, one target is certain and another one is missing. */
bool source_has_key(const struct source *source, uint64_t number, size_t key)
{
    uint64_t bits;
    size_t certain, missing;

    if (number < source->first_partial)
        return true;
    bits = random_draw(source->targets[0].world ^ SALT_PARTIAL, number);
    certain = random_below(bits, source->n_targets);
    missing = (certain + 1 + random_below(bits << 16, source->n_targets - 1)) % source->n_targets;
    return key - 1 == certain || (key - 1 != missing && (bits >> (key - 1) & 1) != 0);
}

bool source_is_excluded(const struct source *source, uint64_t number, const char *target)
{
    uint64_t bits = random_hash(source->targets[0].world ^ SALT_EXCLUDED, target, strlen(target));

    return random_below(random_draw(bits, number), 8) == 0;
}

void source_row(const struct source *source, uint64_t number, size_t key, unsigned link_no,
                struct row *row)
{
    if (source->shape->is_per_site) {
        row_make_shared(row, &source->targets[key - 1], number, link_no);
        if (!source->targets[0].nights.are_asked)
            row->is_lost = number >= source->n_live && number < source->first_partial;
    } else {
        row_make(row, &source->targets[key - 1], number);
    }
}
