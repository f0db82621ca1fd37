#include "decode/body.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "decode/page.h"

/*
 * Input is fetched in pieces of BODY_INPUT_SIZE and given to zlib, or copied.
 *
 * - A source that fails: its error, unchanged.
 * - A gzip stream that is damaged, ends before its checksum, or has something other than another
 *   gzip member behind it: ERR_DATA.
 */

static void *take_memory(void *data, unsigned n, unsigned size)
{
    (void)data;
    return mem_new_array(n, size);
}

static void give_memory(void *data, void *memory)
{
    (void)data;
    free(memory);
}

void body_open(struct body *body, const struct page_source *source)
{
    body_close(body);
    body->source = source;
    body->position = 0;
    body->zlib = (z_stream){.zalloc = take_memory, .zfree = give_memory};
    body->is_open = body->is_member = body->is_source_end = false;
}

void body_close(struct body *body)
{
    if (body->is_gzip)
        inflateEnd(&body->zlib);
    body->is_gzip = false;
}

static bool read_source(struct body *body, void *into, size_t size, size_t *ret_size,
                        struct err *err)
{
    if (!body->source->read(body->source->data, body->position, into, size, ret_size, err))
        return false;
    body->position += *ret_size;
    body->is_source_end = *ret_size == 0;
    return true;
}

/* Puts one piece behind the input that is left; `zlib` points at the input in both cases. */
static bool fill_input(struct body *body, struct err *err)
{
    size_t n_kept = body->zlib.avail_in, n_new;

    if (n_kept > 0)
        memmove(body->input, body->zlib.next_in, n_kept);
    body->zlib.next_in = body->input;
    if (!read_source(body, body->input + n_kept, BODY_INPUT_SIZE - n_kept, &n_new, err))
        return false;
    body->zlib.avail_in = (uInt)(n_kept + n_new);
    return true;
}

static bool look_at_first_bytes(struct body *body, struct err *err)
{
    while (body->zlib.avail_in < 2 && !body->is_source_end)
        if (!fill_input(body, err))
            return false;
    body->is_open = true;
    if (body->zlib.avail_in < 2 || body->input[0] != 0x1f || body->input[1] != 0x8b)
        return true;
    if (inflateInit2(&body->zlib, 15 + 16) != Z_OK)
        return err_set(err, ERR_INTERNAL, "zlib cannot be set up");
    body->is_gzip = body->is_member = true;
    return true;
}

static bool read_gzip(struct body *body, struct err *err)
{
    int code;

    if (body->zlib.avail_in == 0 && !fill_input(body, err))
        return false;
    if (body->zlib.avail_in == 0)
        return !body->is_member || err_set(err, ERR_DATA, "the body's gzip stream is cut short");
    if (!body->is_member) {
        inflateReset(&body->zlib);
        body->is_member = true;
    }
    code = inflate(&body->zlib, Z_NO_FLUSH);
    if (code == Z_STREAM_END)
        body->is_member = false;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        return err_set(err, ERR_DATA, "the body's gzip stream is damaged: %s",
                       body->zlib.msg == NULL ? "unknown data" : body->zlib.msg);
    return true;
}

static bool read_plain(struct body *body, struct err *err)
{
    size_t size = body->zlib.avail_in;

    if (size == 0) {
        if (!read_source(body, body->zlib.next_out, body->zlib.avail_out, &size, err))
            return false;
    } else {
        size = size < body->zlib.avail_out ? size : body->zlib.avail_out;
        memcpy(body->zlib.next_out, body->zlib.next_in, size);
        body->zlib.next_in += size;
        body->zlib.avail_in -= (uInt)size;
    }
    body->zlib.next_out += size;
    body->zlib.avail_out -= (uInt)size;
    return true;
}

bool body_read(struct body *body, void *into, size_t size, size_t *ret_size, struct err *err)
{
    uInt wanted = size > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)size;

    if (!body->is_open && !look_at_first_bytes(body, err))
        return false;
    body->zlib.next_out = into;
    body->zlib.avail_out = wanted;
    while (body->zlib.avail_out > 0 && !(body->is_source_end && body->zlib.avail_in == 0)) {
        bool is_fine = body->is_gzip ? read_gzip(body, err) : read_plain(body, err);

        if (!is_fine)
            return false;
    }
    *ret_size = wanted - body->zlib.avail_out;
    return true;
}
