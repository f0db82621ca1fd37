/*
 * Oddities that are asked for on the command line: answers that are whole and paid for, but not
 * what one expects. Some of them are in the vendor's sample answers, some are what it has changed
 * over the years, some were seen once (docs.dataforseo.com/v3/backlinks/..., and its changelog).
 *
 * Which item, page or listing is odd hangs on the seed and on its number, so asking again brings
 * the same answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "sandbox/rate.h"

enum odd {
    /* of an item of an intersection */
    ODD_KEY_MISSING,     /* what it has of one target is not there */
    ODD_KEY_NULL,        /* ... is null */
    ODD_KEY_SHAPE,       /* ... is an array instead of an object, or the reverse */
    ODD_SUMMARY_MISSING, /* no summary */
    ODD_SUMMARY_NULL,
    ODD_FLAT, /* as before 2023-03-23: the keys stand in the item itself, and no summary */
    ODD_WWW,  /* the referring domain has www. under one key and not under another */
    /* of a row */
    ODD_OLD_FIELDS, /* no referring_pages_nofollow */
    ODD_LOST_DATE,  /* lost_date is a number */
    ODD_LIST_EMPTY, /* [] for every list, and for the links under one key */
    ODD_LIST_NULL,
    ODD_LIST_MISSING,
    ODD_FIELD_GONE, /* one that is named, or any */
    ODD_FIELD_TYPE, /* its value has another type */
    ODD_NEW_FIELD,
    /* of a listing */
    ODD_FILTER, /* a row that the filter forbids stands in it */
    ODD_TIES,   /* a page begins with the last item of the one before; its own first is left out */
    ODD_TOTAL,  /* total_count is a quarter more than there is */
    /* of a call */
    ODD_ITEMS_NULL,     /* no items, though there are some */
    ODD_TOKEN_NULL,     /* no token, though there is more */
    ODD_TOKEN_REPEATED, /* the token that was sent comes back */
    /* of available_filters */
    ODD_FILTER_GONE, /* the named field is not listed */
    ODD_FILTER_TYPE, /* it has another type */
    N_ODDS,
};

#define ODD_FIELD_MAX 64

struct odds {
    uint64_t seed;
    struct {
        struct rate rate;
        char field[ODD_FIELD_MAX]; /* "": none is named */
    } kinds[N_ODDS];
};

/* Reads "KIND", "KIND=RATE", "KIND:FIELD", "KIND:FIELD=RATE", and "KIND=@N" for those of a call. */
bool odds_parse(struct odds *odds, const char *text, struct err *err);

/* Whether anything is to be odd in that way. `odds` may be NULL. */
bool odds_is_asked(const struct odds *odds, enum odd odd);

/* Whether item, row, page or call `number` is odd in that way. `odds` may be NULL. */
bool odds_hit(const struct odds *odds, enum odd odd, uint64_t number);

/* The field that is named for it; NULL: none is. */
const char *odds_field(const struct odds *odds, enum odd odd);

/* The names of all kinds, separated by ", ". Returns `text`. */
#define ODD_KINDS_TEXT_MAX 512
const char *odd_kinds(char text[ODD_KINDS_TEXT_MAX]);
