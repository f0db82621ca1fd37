#include "api/endpoints/link_columns.h"
#include "api/endpoints/list.h"
#include "api/endpoints/listing_params.h"

/*
 * Every link to a target: one item is the best-ranked link of a referring page.
 * docs.dataforseo.com/v3/backlinks/backlinks/live
 */
const struct endpoint endpoint_backlinks = {
    .name = "backlinks",
    .url_path = "/v3/backlinks/backlinks/live",
    .table = "backlink",
    .key_columns = WORDS("url_from", "url_to"),
    .walk_order = WORDS("first_seen,asc", "url_from,asc"),
    .offset_reach = 20000,
    .limit_max = 1000,
    .has_token = true,
    // clang-format off
    PARAMS(
        TARGET_PARAM,
        { "mode", PARAM_WORD, .words = WORDS("as_is", "one_per_domain", "one_per_anchor"),
          .doc = "how links are grouped; ignored where custom_mode is set" },
        { "custom_mode", PARAM_CUSTOM_MODE, 1, 1000,
          WORDS("anchor", "domain_from", "domain_from_country", "tld_from", "page_from_encoding",
                "page_from_language", "item_type", "page_from_status_code", "semantic_location"),
          .doc = "links per value of a field: {field: ..., value: N}" },
        LISTING_PARAMS,
        { "search_after_token", PARAM_OURS, .doc = "is set by linkhaul's pager; leave it out" },
    ),
    COLUMNS(
        { "type",                      "type",                      COLUMN_TEXT,        FILTER_NONE,  "always backlink" },
        LINK_COLUMNS_FIRST,
        { "image_url",                 "image_url",                 COLUMN_TEXT,        FILTER_STR,   "address of an image" },
        LINK_COLUMNS_MORE,
        { "page_from_keywords_count_top_3",   "ranked_keywords_info.page_from_keywords_count_top_3",   COLUMN_BIGINT, FILTER_NUM, "keywords the page ranks for in the top 3" },
        { "page_from_keywords_count_top_10",  "ranked_keywords_info.page_from_keywords_count_top_10",  COLUMN_BIGINT, FILTER_NUM, "in the top 10" },
        { "page_from_keywords_count_top_100", "ranked_keywords_info.page_from_keywords_count_top_100", COLUMN_BIGINT, FILTER_NUM, "in the top 100" },
        LINK_COLUMNS_LAST,
    ),
    // clang-format on
};
