/* The object of what an item holds beyond its columns; its form is told in row.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct fields;

struct extra {
    struct fields *fields;
    struct buf *json;  /* room to work in, of the caller's; as are the names */
    struct buf *names; /* given to superseded values of one object, a NUL behind each */
    int64_t n_values;
    int64_t n_cleaned; /* values changed, or standing under a changed key */
};

/* Makes `json` of what is marked of the first `n_top` fields, an object; false where nothing is. */
bool extra_json(struct extra *extra, size_t n_top);

/* Appends the field `extra` to a row: what is marked of the first `n_top` fields, or NULL. */
void extra_put(struct extra *extra, size_t n_top, struct buf *out);
