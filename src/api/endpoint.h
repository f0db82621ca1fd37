/*
 * What the API offers, as data.
 *
 * An endpoint is one constant table: where to ask, how its pages follow each other, which
 * parameters a request may hold, and which value of an item lands in which column. The check of job
 * files, the request builder, the decoder, the COPY writer, the schema test and the sandbox read
 * that table, so a new endpoint brings a table, a migration and a fixture, not code.
 *
 * Source of the facts: docs.dataforseo.com/v3/backlinks/<name>/live, and the vendor's OpenAPI file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type {
    COLUMN_TEXT,
    COLUMN_BIGINT,
    COLUMN_BOOLEAN,
    COLUMN_TIMESTAMPTZ,
    COLUMN_TEXT_ARRAY,
    COLUMN_JSONB, /* the value as it came */
};

/* The kinds of filter operators that a column takes (the API's own type names). */
enum filter_type {
    FILTER_NONE, /* neither filterable nor sortable */
    FILTER_BOOL,
    FILTER_NUM,
    FILTER_STR,
    FILTER_TIME,
    FILTER_ARRAY, /* has, has_not; not sortable */
};

struct column {
    const char *name; /* in our table */
    const char *path; /* in an item: a key, or "outer.inner" one level down */
    enum column_type type;
    enum filter_type filter;
    const char *doc; /* the comment on the column */
    bool may_lack;   /* nobody wonders where it never comes */
};

enum param_type {
    PARAM_TEXT,
    PARAM_BOOL,
    PARAM_INT,         /* min .. max */
    PARAM_WORD,        /* one of `words` */
    PARAM_TARGET,      /* a domain without scheme and www., or an absolute page URL */
    PARAM_TARGETS,     /* a map of "1" to "20", gapless from "1", each as PARAM_TARGET */
    PARAM_EXCLUDED,    /* a list of `min` .. `max` targets, or of pages with a * at the end */
    PARAM_FILTERS,     /* the filter grammar over the endpoint's columns, at most `max` conditions;
                          over those of `of` where that is set */
    PARAM_ORDER_BY,    /* "column,asc" or "column,desc", at most `max` rules */
    PARAM_CUSTOM_MODE, /* {field: one of `words`, value: min .. max} */
    PARAM_OURS,        /* linkhaul sets it itself; refused in a job, `doc` says why */
};

struct param {
    const char *name; /* as the API has it */
    enum param_type type;
    int64_t min, max;
    const char *const *words; /* NULL-terminated */
    const struct endpoint *of;
    const char *doc; /* one line; for PARAM_OURS the reason and what to write instead */
};

/* The numbered keys of an intersection are "1" to "20". */
#define TARGETS_MAX 20

/* An intersection leaves out the links to so many targets. */
#define EXCLUDED_MAX 10

struct endpoint {
    const char *name;     /* as a job file writes it, and as the vendor's price list does */
    const char *url_path; /* behind the base URL of DataForSEO itself */
    const char *table;    /* in schema linkhaul */
    const struct column *columns;
    size_t n_columns;
    const struct param *params;
    size_t n_params;
    /*
     * In an intersection an item holds, under this key or before 2023 bare, an object with a key
     * per target, "1" to "20": each object there is a row, and so is each of an array of them.
     * Columns are paths in it; fields in filters and orders stand behind "1." and so on. What the
     * item holds once is INTERSECTIONS_COUNT. NULL: an item is a row.
     */
    const char *wrapper;
    bool takes_list;                /* a call is for all targets of a job, each of them an item that
                                       names it in a column; there is no second page */
    bool has_link_no;               /* a key's rows are numbered, from 1 */
    const char *const *key_columns; /* paths: link_key is over these, NULL-terminated; without
                                       them: reject */
    const char *const *walk_order;  /* our order for a listing taken whole, NULL-terminated */
    int64_t offset_reach;           /* offset + limit may not pass this */
    int64_t limit_max;              /* items of a page */
    bool has_token;                 /* search_after_token goes on beyond offset_reach */
};

/* How many targets of an intersection an item belongs to: once for all of its rows, and the one
 * field in filters and orders that has no number. */
extern const struct column intersections_count_column;

/* Gives an endpoint its columns or parameters, and counts them. */
#define COLUMNS(...)                                                                               \
    .columns = (const struct column[]){__VA_ARGS__},                                               \
    .n_columns = sizeof((const struct column[]){__VA_ARGS__}) / sizeof(struct column)
#define PARAMS(...)                                                                                \
    .params = (const struct param[]){__VA_ARGS__},                                                 \
    .n_params = sizeof((const struct param[]){__VA_ARGS__}) / sizeof(struct param)
#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* The endpoint with that name, or NULL. */
const struct endpoint *endpoint_find(const char *name);

/* All of them, NULL-terminated, in alphabetical order. */
extern const struct endpoint *const endpoints[];
size_t endpoint_count(void);

/* Its place among them. */
size_t endpoint_no(const struct endpoint *endpoint);

const struct column *endpoint_column(const struct endpoint *endpoint, const char *path);

/* What a filter or an order names: a column by its path, behind its number in an intersection. */
const struct column *endpoint_field(const struct endpoint *endpoint, const char *name);
const struct param *endpoint_param(const struct endpoint *endpoint, const char *name);

/* The type's name in PostgreSQL, as format_type() prints it. */
const char *column_type_name(enum column_type type);

/* The filter operators of a type, NULL-terminated; empty for FILTER_NONE. */
const char *const *filter_operators(enum filter_type type);
