#include "api/endpoints/list.h"
#include "api/endpoints/listing_params.h"

/*
 * How many links each of up to 1,000 targets has won and lost since a date, in one call.
 * docs.dataforseo.com/v3/backlinks/bulk_new_lost_backlinks/live; its items are documented without
 * the `type` that those of other endpoints have.
 */
const struct endpoint endpoint_bulk_new_lost_backlinks = {
    .name = "bulk_new_lost_backlinks",
    .url_path = "/v3/backlinks/bulk_new_lost_backlinks/live",
    .table = "bulk_new_lost_backlinks",
    .takes_list = true,
    .key_columns = WORDS("target"),
    .walk_order = WORDS(NULL),
    .offset_reach = 1000,
    .limit_max = 1000,
    // clang-format off
    PARAMS(
        { "targets", PARAM_OURS, .doc = "is set from `targets` of the job, all of them in one feed" },
        { "date_from", PARAM_TEXT, 0, 10, .doc = "since when, as yyyy-mm-dd; the API's default is a month ago" },
        TAG_PARAM,
    ),
    COLUMNS(
        { "target",        "target",        COLUMN_TEXT,   FILTER_NONE, "what the job asked for" },
        { "type",          "type",          COLUMN_TEXT,   FILTER_NONE, "always backlinks_bulk_new_lost_backlinks", .may_lack = true },
        { "new_backlinks", "new_backlinks", COLUMN_BIGINT, FILTER_NONE, "links that were found since" },
        { "lost_backlinks", "lost_backlinks", COLUMN_BIGINT, FILTER_NONE, "links that were lost since" },
    ),
    // clang-format on
};
