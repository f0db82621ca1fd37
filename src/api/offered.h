/*
 * What one can filter by, as the API itself tells: GET /v3/backlinks/available_filters, which is
 * free (docs.dataforseo.com/v3/backlinks/filters). Held against an endpoint's own table it shows
 * what the API has gained, lost or changed since that was written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct endpoint;

#define OFFERED_PATH "/v3/backlinks/available_filters"

enum offered_change {
    OFFERED_NEW,     /* the API has it, our table has not */
    OFFERED_GONE,    /* our table has it, and the API no longer names it */
    OFFERED_RETYPED, /* both have it, with filter operators of another kind */
};

/* `field` is the API's own name for it; the types are the API's words, "" where there is none. */
typedef void offered_fn(void *data, enum offered_change change, const char *field,
                        const char *our_type, const char *their_type);

/*
 * Calls `differs` for each difference, those of the API's fields in its order first. Of the
 * numbered fields of an intersection only the first number's are looked at. `ret_is_told` is false
 * where the answer does not name the endpoint at all. ERR_DATA where it is not the vendor's
 * envelope, ERR_API where it is a refusal.
 */
bool offered_compare(const char *text, size_t size, const struct endpoint *endpoint,
                     offered_fn *differs, void *data, bool *ret_is_told, struct err *err);
