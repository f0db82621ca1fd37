/* What takes how much room: tables of the database and the spool, for `status --size`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/people.h"

struct writer;

struct sizes_spool {
    uint64_t bytes;
    size_t n_files;
};

/* A table for people on standard output, with a total; and the members `sizes` and `bytes` of the
 * open object. */
void sizes_print(const struct store_size *sizes, size_t n_sizes, const struct sizes_spool *spool);
void sizes_write(struct writer *writer, const struct store_size *sizes, size_t n_sizes,
                 const struct sizes_spool *spool);
