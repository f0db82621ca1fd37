#include "unit/decode/decoded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/mem.h"

static const struct request_targets targets = {
    .keys = {(char[]){"1"}, (char[]){"2"}},
    .targets = {(char[]){"moz.com"}, (char[]){"ahrefs.com"}},
    .n = 2};

const struct page_front decoded_front = {
    .night = 9822,
    .loaded_at_us = 848620800000000,
    .run_id = 7,
    .listing_id = 9,
    .slice_no = 3,
    .items_before = 1000,
    .target = "moz.com",
    .targets = &targets,
};

static bool read_memory(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                        struct err *err)
{
    const struct memory *memory = data;
    size_t left = position < memory->size ? memory->size - (size_t)position : 0;

    if (memory->fails_at > 0 && position >= memory->fails_at)
        return err_set(err, ERR_IO, "the disk is gone");
    if (size > left)
        size = left;
    if (memory->piece > 0 && size > memory->piece)
        size = memory->piece;
    if (size > 0)
        memcpy(into, memory->data + position, size);
    *ret_size = size;
    return true;
}

struct page_source memory_source(struct memory *memory)
{
    return (struct page_source){.read = read_memory, .data = memory};
}

static bool take_part(struct page *page, enum page_part part, struct buf *bytes,
                      struct copy_reader *reader, struct page_counts *counts, struct err *err)
{
    bool is_end = false;
    struct buf chunk;

    page_select(page, &decoded_front, part, 0, INT64_MAX, NULL);
    buf_init(bytes, SIZE_MAX / 4);
    buf_init(&chunk, PAGE_CHUNK_MAX);
    while (!is_end) {
        buf_clear(&chunk);
        if (!page_next(page, &chunk, &is_end, err)) {
            buf_deinit(&chunk);
            return false;
        }
        buf_append(bytes, chunk.data, chunk.size);
    }
    buf_deinit(&chunk);
    *counts = *page_counts(page);
    return copy_read(reader, bytes->data, bytes->size) ||
           err_set(err, ERR_INTERNAL, "COPY: %s", reader->complaint);
}

static struct decoded decode_as(const struct endpoint *endpoint, struct memory *memory)
{
    struct page_source source = memory_source(memory);
    struct page *page = page_new(endpoint, &source);
    struct decoded decoded = {.endpoint = endpoint};

    decoded.is_fine = page_envelope(page, 1 << 30, &decoded.envelope, &decoded.err) &&
                      take_part(page, PAGE_ROWS, &decoded.rows_bytes, &decoded.rows,
                                &decoded.counts, &decoded.err) &&
                      take_part(page, PAGE_REJECTS, &decoded.rejects_bytes, &decoded.rejects,
                                &decoded.reject_counts, &decoded.err);
    page_destroy(page);
    return decoded;
}

struct decoded decode_memory(struct memory *memory)
{
    return decode_as(endpoint_find("backlinks"), memory);
}

struct decoded decode(const char *body, size_t size)
{
    struct memory memory = {.data = body, .size = size};

    return decode_memory(&memory);
}

void decoded_deinit(struct decoded *decoded)
{
    envelope_deinit(&decoded->envelope);
    copy_reader_deinit(&decoded->rows);
    copy_reader_deinit(&decoded->rejects);
    buf_deinit(&decoded->rows_bytes);
    buf_deinit(&decoded->rejects_bytes);
}

char *body_of(const char *items)
{
    return mem_printf(
        "{\"version\":\"0.1.20221214\",\"status_code\":20000,\"status_message\":"
        "\"Ok.\",\"time\":\"0.1 sec.\",\"cost\":0.0276,\"tasks_count\":1,"
        "\"tasks_error\":0,\"tasks\":[{\"id\":\"04301435-1535-0269-0000-f29dcb15157f"
        "\",\"status_code\":20000,\"status_message\":\"Ok.\",\"cost\":0.0276,"
        "\"result_count\":1,\"result\":[{\"target\":\"moz.com\",\"total_count\":"
        "42671699,\"items_count\":2,\"items\":[%s],\"search_after_token\":\"eyJ0\"}]"
        "}]}",
        items);
}

char *item_of(const char *more)
{
    return mem_printf("{\"url_from\":\"https://a.example/1\",\"url_to\":\"https://moz.com/\"%s}",
                      more);
}

struct decoded decode_items_of(const char *endpoint, const char *items)
{
    char *body = body_of(items);
    struct memory memory = {.data = body, .size = strlen(body)};
    struct decoded decoded = decode_as(endpoint_find(endpoint), &memory);

    free(body);
    return decoded;
}

struct decoded decode_items(const char *items)
{
    return decode_items_of("backlinks", items);
}

static size_t column_index(const struct endpoint *endpoint, const char *name)
{
    const struct {
        const char *name;
        bool is_there;
    } front[] = {
        {"night", true},
        {"run_id", true},
        {"listing_id", true},
        {"slice_no", true},
        {"ordinal", true},
        {"target", !endpoint->takes_list},
        {"target_key", endpoint->wrapper != NULL},
        {"link_key", true},
        {"link_no", endpoint->has_link_no},
        {"loaded_at", true},
        {"intersections_count", endpoint->wrapper != NULL},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(front) / sizeof(front[0]); i++) {
        if (front[i].is_there && strcmp(front[i].name, name) == 0)
            return n;
        n += front[i].is_there;
    }
    for (size_t i = 0; i < endpoint->n_columns; i++)
        if (strcmp(endpoint->columns[i].name, name) == 0)
            return n + i;
    if (strcmp(name, "extra") == 0)
        return n + endpoint->n_columns;
    abort();
}

struct copy_field row_field(const struct decoded *decoded, size_t row, const char *column)
{
    return copy_field_at(&decoded->rows, row, column_index(decoded->endpoint, column));
}

char *row_extra(const struct decoded *decoded, size_t row)
{
    struct copy_field field = row_field(decoded, row, "extra");

    if (field.size < 0)
        return NULL;
    if (field.size == 0 || field.data[0] != 1)
        return mem_strdup("not jsonb");
    return mem_strndup(field.data + 1, (size_t)field.size - 1);
}

char *gzip(const char *data, size_t size, size_t *ret_size)
{
    z_stream zlib = {.next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)size};
    char *into;

    deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    *ret_size = deflateBound(&zlib, size);
    into = mem_new(*ret_size);
    zlib.next_out = (unsigned char *)into;
    zlib.avail_out = (uInt)*ret_size;
    deflate(&zlib, Z_FINISH);
    *ret_size -= zlib.avail_out;
    deflateEnd(&zlib);
    return into;
}
