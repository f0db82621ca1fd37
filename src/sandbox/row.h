/*
 * The made-up links to a target.
 *
 * Row `number` of a target is a pure function of (seed, target, number): the same rows come in
 * every order, on every machine, however many the target has. What a row needs for filters is cheap
 * to make (some numbers); its texts are written when they are asked for. So an index over millions
 * of rows takes seconds, and no rendered row is kept.
 *
 * Rows 0 .. n_live - 1 are live, the n_lost behind them are lost. url_from is unique in a target.
 *
 * All targets share one world of referring sites: those that link to a target of n_sites are 0 ..
 * n_sites - 1, each by at least one link, and the first of them stands on a page that links to
 * every target of the site. So who links to two targets can be told without looking.
 *
 * With --night rows come and go (nights.h); each row 0, 5, 10, ... is then the first of a site, of
 * whichever of them is there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/nights.h"
#include "sandbox/value.h"

#define ROWS_PER_SITE 5 /* on average; each site has row ROWS_PER_SITE * site_no for certain */
#define ROW_SOURCE_ITEMS_MAX INT64_C(1000000000)
#define ROW_HOST_MAX 254

struct odds;
struct row;

enum field_nesting { FIELD_FLAT, FIELD_OPENS, FIELD_INSIDE };

/* One value of a row. */
struct field {
    const char *path;
    const char *key; /* as it stands before the value, "\"rank\":", with what opens an object */
    size_t key_size;
    struct value (*value)(struct row *row);
    enum field_nesting nesting; /* of an object inside the item */
    bool closes;                /* ... of which it is the last */
    bool is_link_only;          /* not in the links of page_intersection */
    int since;                  /* the year it came; missing in items of older shapes */
    bool may_be_null;           /* rarely, though the vendor's examples have none */
};

/* What the rows of an endpoint are. Fields stand in the vendor's order. */
struct shape {
    const char *type;       /* of a row, as it says itself */
    const char *columns_of; /* the endpoint whose columns say what may be done with the fields */
    const struct field *fields;
    size_t n_fields;
    bool is_per_site;    /* one item per referring site, not per link */
    bool is_keyed;       /* an item has a row, or several, for each of the targets */
    const char *wrapper; /* ... in an object of this name */
    bool has_lists;      /* ... in an array */
};
extern const struct shape shape_backlinks, shape_page_intersection;

/* The rows of one target. */
struct row_source {
    const char *target; /* not owned */
    const struct shape *shape;
    uint64_t world; /* the program's seed */
    uint64_t seed;  /* of that and the target */
    uint64_t n_live, n_lost;
    uint64_t n_sites;        /* referring sites that the rows come from */
    char host[ROW_HOST_MAX]; /* of the target */
    bool is_page;            /* the target is a page, so every link goes there */
    bool is_rank_in_hundred; /* rank_scale one_hundred */
    size_t list_limit;       /* internal_list_limit; 0: none */
    const struct odds *odds; /* NULL: none */
    struct nights nights;    /* the caller's to begin; else every night is the same */
};

enum row_kind {
    ROW_ANCHOR,
    ROW_IMAGE,
    ROW_REDIRECT,
    ROW_CANONICAL,
    ROW_ALTERNATE,
    ROW_META,
    ROW_LINK
};

/* A row of anything is in one place at once: a value's text lives here until the next is asked for.
 */
#define ROW_TEXT_MAX 24576

struct row {
    const struct row_source *source;
    uint64_t number;
    uint64_t bits; /* what its values are drawn from */
    uint64_t site; /* the same for the referring site */
    uint64_t page; /* the same for the referring page */
    uint64_t site_no;
    unsigned link_no;    /* of several that one page has to one target */
    int64_t group_count; /* set by the listing */
    enum row_kind kind;
    bool is_lost, is_new, is_https, is_ip_host;
    bool is_plain_shape; /* false: some rare oddity is printed (print.c) */
    bool has_other_www;  /* a referring domain is called www.x instead of x, or the reverse */
    int null_field;      /* the rare null in a field that has none usually; -1: none */
    int64_t first_seen, prev_seen, last_seen;
    int64_t lost_at; /* where it is lost */
    int64_t night;   /* that its values are of; -1: they are the same on all */
    char text[ROW_TEXT_MAX];
};

/* Links to `target`, which is kept, not copied. `n_items` of 0: a number that hangs on seed and
 * name. */
void row_source_init(struct row_source *source, uint64_t seed, const char *target,
                     uint64_t n_items);

void row_make(struct row *row, const struct row_source *source, uint64_t number);

/* The link on the page of a site that links to all targets of it; such a page may have several. */
void row_make_shared(struct row *row, const struct row_source *source, uint64_t site_no,
                     unsigned link_no);

/* How many. */
unsigned row_n_shared(const struct row_source *source, uint64_t site_no);

/* How many of `n` rows were seen first after that day, on average. */
uint64_t row_n_since(uint64_t n, int64_t day);

/* One value, by the shape of its source; its text lasts until the row's next is asked for. */
struct value row_value(struct row *row, size_t field);
