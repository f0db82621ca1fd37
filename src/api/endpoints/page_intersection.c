#include "api/endpoints/link_columns.h"
#include "api/endpoints/list.h"
#include "api/endpoints/listing_params.h"

/*
 * Referring pages that link to several targets: one item is a page, with its links to each target.
 * docs.dataforseo.com/v3/backlinks/page_intersection/live
 */
const struct endpoint endpoint_page_intersection = {
    .name = "page_intersection",
    .url_path = "/v3/backlinks/page_intersection/live",
    .table = "page_intersection",
    .wrapper = "page_intersection",
    .has_link_no = true,
    .key_columns = WORDS("url_from", "url_to"),
    .walk_order = WORDS("1.first_seen,asc", "1.url_from,asc"),
    .offset_reach = 20000,
    .limit_max = 1000,
    // clang-format off
    PARAMS(
        INTERSECTION_PARAMS,
        LISTING_PARAMS,
    ),
    COLUMNS(
        { "type", "type", COLUMN_TEXT, FILTER_NONE, "always backlinks_page_intersection" },
        LINK_COLUMNS_FIRST,
        LINK_COLUMNS_MORE,
        LINK_COLUMNS_LAST,
    ),
    // clang-format on
};
