/*
 * What items show that is not as the endpoint's table has it: fields that the table does not know,
 * values of another type than their column's, and columns that never come. Nothing of it is lost
 * (row.h), but somebody should hear of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct endpoint;
struct field;

#define DRIFT_NOTES_MAX 32 /* more are not kept: the API is another one then */

enum drift_kind { DRIFT_NEW, DRIFT_TYPE };

struct drift_note {
    enum drift_kind kind;
    char name[96];   /* as a path in the item; clean, as is the sample */
    char sample[96]; /* the value that was met first, cut where it is long */
};

struct drift {
    const struct endpoint *endpoint;
    struct drift_note notes[DRIFT_NOTES_MAX];
    size_t n_notes;
    bool *has_come; /* by column: its field was in some item, be it null */
    int64_t n_rows;
};

void drift_init(struct drift *drift, const struct endpoint *endpoint);
void drift_deinit(struct drift *drift);

/* Notes a field, once by kind and name. `outer` is what it stands in, or NULL. */
void drift_note(struct drift *drift, enum drift_kind kind, const char *outer,
                const struct field *field);

/* Adds what `more` has. Both are of one endpoint. */
void drift_join(struct drift *drift, const struct drift *more);

/*
 * Appends what is of that kind, for people: "rank ("high"), alt (7) and 3 more". Columns that never
 * came have no samples. Nothing where there is nothing of it.
 */
void drift_list(const struct drift *drift, enum drift_kind kind, struct buf *out);
void drift_list_gone(const struct drift *drift, struct buf *out);
