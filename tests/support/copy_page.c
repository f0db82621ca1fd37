#include "support/copy_page.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static bool read_body(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                      struct err *err)
{
    const struct buf *body = data;
    size_t left = body->size - (size_t)position;

    (void)err;
    *ret_size = size < left ? size : left;
    memcpy(into, body->data + position, *ret_size);
    return true;
}

struct page_source buf_source(struct buf *body)
{
    return (struct page_source){.read = read_body, .data = body};
}

void copy_page(PGconn *connection, const struct endpoint *endpoint, struct page *page,
               const struct page_front *front, enum page_part part)
{
    char *sql = page_copy_statement(endpoint, part, "linkhaul");
    PGresult *result = PQexec(connection, sql);
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    struct err err;
    bool is_end = false;

    cr_assert(PQresultStatus(result) == PGRES_COPY_IN, "%s", PQresultErrorMessage(result));
    PQclear(result);
    page_select(page, front, part, 0, INT64_MAX, NULL);
    while (!is_end) {
        buf_clear(&chunk);
        cr_assert(page_next(page, &chunk, &is_end, &err), "%s", err.text);
        cr_assert(PQputCopyData(connection, chunk.data, (int)chunk.size) == 1);
    }
    cr_assert(PQputCopyEnd(connection, NULL) == 1);
    result = PQgetResult(connection);
    cr_expect(PQresultStatus(result) == PGRES_COMMAND_OK, "PostgreSQL refuses what we made: %s",
              PQresultErrorMessage(result));
    PQclear(result);
    PQclear(PQgetResult(connection));
    buf_deinit(&chunk);
    free(sql);
}
