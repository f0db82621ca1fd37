#include "api/endpoints/list.h"
#include "api/endpoints/listing_params.h"
#include "api/endpoints/metric_columns.h"

/*
 * Domains with links to a target: one item is a domain, with what it has.
 * docs.dataforseo.com/v3/backlinks/referring_domains/live
 */
const struct endpoint endpoint_referring_domains = {
    .name = "referring_domains",
    .url_path = "/v3/backlinks/referring_domains/live",
    .table = "referring_domain_metrics",
    .key_columns = WORDS("domain"),
    .walk_order = WORDS("first_seen,asc", "domain,asc"),
    .offset_reach = 20000,
    .limit_max = 1000,
    // clang-format off
    PARAMS(
        TARGET_PARAM,
        LIST_LIMIT_PARAM,
        { "backlinks_filters", PARAM_FILTERS, .max = 8, .of = &endpoint_backlinks,
          .doc = "conditions on the fields of the links that are counted, as in backlinks" },
        LISTING_PARAMS,
    ),
    COLUMNS(
        { "type",        "type",   COLUMN_TEXT, FILTER_NONE, "always backlinks_referring_domain" },
        { "domain_from", "domain", COLUMN_TEXT, FILTER_STR,  "referring domain, with www. where it has it; the API calls it domain" },
        METRIC_COLUMNS,
    ),
    // clang-format on
};
