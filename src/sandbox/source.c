#include "sandbox/source.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/options.h"
#include "sandbox/query.h"
#include "sandbox/random.h"

#define SALT_EXCLUDED UINT64_C(0xe8c1)
#define SALT_PARTIAL UINT64_C(0x9a47)

/* The fewest sites that one of the targets has; each links to all of them. */
static uint64_t n_common_sites(const struct source *source)
{
    uint64_t n_sites = UINT64_MAX;

    for (size_t i = 0; i < source->n_targets; i++)
        if (source->targets[i].n_sites < n_sites)
            n_sites = source->targets[i].n_sites;
    return n_sites;
}

void source_init(struct source *source, const struct query *query, const struct options *options)
{
    char *at = mem_new(query->names_size);
    uint64_t n_asked;

    *source = (struct source){.shape = query->shape, .n_targets = query->n_targets, .names = at};
    for (size_t i = 0; i < source->n_targets; i++) {
        struct row_source *target = &source->targets[i];
        size_t size = strlen(query->targets[i]) + 1;

        memcpy(at, query->targets[i], size);
        row_source_init(target, options->seed, at, options_items(options, at));
        target->shape = source->shape;
        target->is_rank_in_hundred = query->is_rank_in_hundred;
        target->list_limit = (size_t)query->list_limit;
        target->odds = &options->odds;
        at += size;
    }
    source->n_live = source->targets[0].n_live;
    source->n_lost = source->targets[0].n_lost;
    if (source->shape->is_per_site) {
        n_asked = source->n_targets > 1 ? options_items(options, query->target) : 0;
        source->n_live = n_asked > 0 ? n_asked : n_common_sites(source);
        source->n_lost = source->n_live / 20;
    }
    if (query->is_partial && source->n_targets > 1)
        source->n_partial = source->n_live / 2;
}

void source_deinit(struct source *source)
{
    free(source->names);
    source->names = NULL;
}

/* Of those that link to some only, one target is certain and another one is missing. */
bool source_has_key(const struct source *source, uint64_t number, size_t key)
{
    uint64_t bits;
    size_t certain, missing;

    if (number < source->n_live + source->n_lost)
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
        row->is_lost = number >= source->n_live && number < source->n_live + source->n_lost;
    } else {
        row_make(row, &source->targets[key - 1], number);
    }
}
