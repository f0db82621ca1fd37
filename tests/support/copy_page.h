/* A body taken through both passes of the decoder and COPYed to PostgreSQL, for tests. */
#pragma once

#include <libpq-fe.h>

#include "core/buf.h"
#include "decode/page.h"

/* A source over bytes in memory. */
struct page_source buf_source(struct buf *body);

/* One part of the whole page into the tables of schema linkhaul, which are there. */
void copy_page(PGconn *connection, const struct endpoint *endpoint, struct page *page,
               const struct page_front *front, enum page_part part);
