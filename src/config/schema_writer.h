/* A JSON text on its way out, member by member: for the schemas. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct writer {
    struct buf *out;
    int depth;
    bool is_first; /* of its object or list */
};

/* `name` is NULL in a list, here and below. */
void begin_member(struct writer *writer, const char *name);
void open_in(struct writer *writer, const char *name, char bracket);
void close_with(struct writer *writer, char bracket);

void put_text(struct writer *writer, const char *name, const char *text);
void put_int(struct writer *writer, const char *name, int64_t number);
void put_false(struct writer *writer, const char *name);
void put_words(struct writer *writer, const char *name, const char *const *words);

/* {"type": "string", "pattern": ...}: one more choice wherever a variable may stand. */
void put_variable(struct writer *writer);

/* What makes up the schema of such a number, and of a list of texts. */
void put_int_or_variable(struct writer *writer, int64_t min, int64_t max);
void put_strings(struct writer *writer, int64_t min, int64_t max);

/* A rule for each endpoint: what `request` of its jobs may hold. */
void put_requests(struct writer *writer);
