/*
 * One item of a listing. Its rows, one per link or one per target, are made one at a time, when a
 * value of one is asked for: a filter over thousands of items touches little.
 */
#pragma once

#include "core/buf.h"
#include "sandbox/source.h"

/* A value of an item: a field of the shape, under one of the keys. */
struct place {
    size_t key;   /* from 1; 1 where an item is not keyed */
    size_t field; /* PLACE_INTERSECTIONS: intersections_count of the item */
};
#define PLACE_INTERSECTIONS SIZE_MAX

/*
 * The place that a filter or an order calls "rank", or "2.rank" where items are keyed. False where
 * there is none among so many targets.
 */
bool place_find(struct place *place, const struct shape *shape, size_t n_targets, const char *path,
                size_t size);

/* The field's path, without its key. */
const char *place_path(const struct place *place, const struct shape *shape);

struct item {
    const struct source *source;
    uint64_t number;
    uint64_t group_count; /* how many links it stands for; 0: none but itself */
    size_t key_offset;    /* what is added to a place's key: 0 as it begins */
    size_t key;           /* whose row is made; 0: none yet */
    struct row row;
};

void item_begin(struct item *item, const struct source *source, uint64_t number);

/* Null where there is no such key. The text lasts until the next value is asked for. */
struct value item_value(struct item *item, struct place place);

/* Appends the item as JSON, without blanks, as odd as --odd wants it. */
bool item_append(struct buf *buf, struct item *item);
