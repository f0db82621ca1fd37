/*
 * The bytes of a body as they were meant: inflated where they came as gzip, else as they are.
 *
 * The first two bytes tell which; no header does, since a spool keeps bodies, not their headers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "core/err.h"

struct page_source;

#define BODY_INPUT_SIZE (32 * 1024)

struct body {
    const struct page_source *source; /* not owned */
    uint64_t position;                /* in the source, of the next byte to ask it for */
    z_stream zlib;
    bool is_open;   /* the first bytes have been looked at */
    bool is_gzip;   /* zlib is set up */
    bool is_member; /* within a gzip member, which has to come to its end */
    bool is_source_end;
    unsigned char input[BODY_INPUT_SIZE];
};

/* Starts at the source's first byte, again if need be. Nothing is read yet. */
void body_open(struct body *body, const struct page_source *source);

/*
 * Fills `into`; fewer bytes than `size` come only at the body's end. ERR_DATA where a gzip stream
 * is broken or cut, or the source's own error.
 */
bool body_read(struct body *body, void *into, size_t size, size_t *ret_size, struct err *err);

/* Frees what body_open and body_read took. A zeroed body is fine. */
void body_close(struct body *body);
