/* How the vendor answers what costs nothing: its envelope around one result, read by json-c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct json_object;

struct free_answer {
    struct json_object *tree;
    struct json_object *result; /* the first of its task; of the tree's, NULL where there is none */
    int status_code;            /* of the task, else of the envelope */
    const char *message;        /* beside it; the tree's, "" where there is none */
};

/* ERR_DATA where it is not the vendor's envelope. Otherwise free_answer_close() is due. */
bool free_answer_open(const char *text, size_t size, struct free_answer *ret_answer,
                      struct err *err);
void free_answer_close(struct free_answer *answer);

/* The value behind a row of keys, NULL-terminated, or NULL; a key of an array means its first. */
struct json_object *json_at(struct json_object *tree, const char *const keys[]);
#define JSON_AT(tree, ...) json_at(tree, (const char *const[]){__VA_ARGS__, NULL})
