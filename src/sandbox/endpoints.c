/*
 * Endpoints beyond those that linkhaul has, as far as a client may want to try them here
 * (docs.dataforseo.com/v3/backlinks/<name>/live).
 */
#include "sandbox/endpoints.h"

#include <string.h>

#include "api/endpoint.h"
#include "api/endpoints/listing_params.h"
#include "api/endpoints/metric_columns.h"

// clang-format off
static const struct endpoint others[] = {
    {
        .name = "bulk_new_lost_backlinks",
        .url_path = "/v3/backlinks/bulk_new_lost_backlinks/live",
        .limit_max = 1000,
        PARAMS({ "targets", PARAM_OURS }, { "date_from", PARAM_TEXT }, { "tag", PARAM_TEXT, 0, 255 }),
    },
    {
        .name = "referring_domains",
        .url_path = "/v3/backlinks/referring_domains/live",
        .offset_reach = 20000,
        .limit_max = 1000,
        PARAMS({ "target", PARAM_OURS }, { "backlinks_filters", PARAM_FILTERS, .max = 8 }, LIST_LIMIT_PARAM, LISTING_PARAMS),
        COLUMNS({ "domain", "domain", COLUMN_TEXT, FILTER_STR, NULL }, METRIC_COLUMNS),
    },
};
// clang-format on

const struct endpoint *sandbox_endpoint(const char *name)
{
    const struct endpoint *endpoint = endpoint_find(name);

    for (size_t i = 0; endpoint == NULL && i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i].name, name) == 0)
            endpoint = &others[i];
    return endpoint;
}
