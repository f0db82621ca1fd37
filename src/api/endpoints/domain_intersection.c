#include "api/endpoints/list.h"
#include "api/endpoints/listing_params.h"
#include "api/endpoints/metric_columns.h"

/*
 * Referring domains that link to several targets: one item is a domain, with what it has for each
 * target. `target` in there is the referring domain, under every key the same.
 * docs.dataforseo.com/v3/backlinks/domain_intersection/live
 */
const struct endpoint endpoint_domain_intersection = {
    .name = "domain_intersection",
    .url_path = "/v3/backlinks/domain_intersection/live",
    .table = "domain_intersection",
    .wrapper = "domain_intersection",
    .key_columns = WORDS("target"),
    .walk_order = WORDS("1.first_seen,asc", "1.target,asc"),
    .offset_reach = 20000,
    .limit_max = 1000,
    // clang-format off
    PARAMS(
        INTERSECTION_PARAMS,
        { "backlinks_filters", PARAM_FILTERS, .max = 8, .of = &endpoint_backlinks,
          .doc = "conditions on the fields of the links that are counted, as in backlinks" },
        LISTING_PARAMS,
    ),
    COLUMNS(
        { "type",        "type",   COLUMN_TEXT, FILTER_NONE, "always backlinks_domain_intersection" },
        { "domain_from", "target", COLUMN_TEXT, FILTER_STR,  "referring domain, with www. where it has it; the API calls it target" },
        METRIC_COLUMNS,
    ),
    // clang-format on
};
