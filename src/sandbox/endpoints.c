/*
 * Endpoints beyond those that linkhaul has, as far as a client may want to try them here
 * (docs.dataforseo.com/v3/backlinks/<name>/live).
 */
#include "sandbox/endpoints.h"

#include <string.h>

#include "api/endpoint.h"

// clang-format off
#define LISTING_PARAMS \
        { "filters", PARAM_FILTERS, .max = 8 }, \
        { "order_by", PARAM_ORDER_BY, .max = 3 }, \
        { "limit", PARAM_INT, 1, 1000 }, \
        { "offset", PARAM_OURS }, \
        { "internal_list_limit", PARAM_INT, 1, 1000 }, \
        { "backlinks_status_type", PARAM_WORD, .words = WORDS("all", "live", "lost") }, \
        { "include_subdomains", PARAM_BOOL }, \
        { "include_indirect_links", PARAM_BOOL }, \
        { "exclude_internal_backlinks", PARAM_BOOL }, \
        { "rank_scale", PARAM_WORD, .words = WORDS("one_hundred", "one_thousand") }, \
        { "tag", PARAM_TEXT, 0, 255 }

#define METRICS \
        { "rank",                              "rank",                              COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "backlinks",                         "backlinks",                         COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "first_seen",                        "first_seen",                        COLUMN_TIMESTAMPTZ, FILTER_TIME, NULL }, \
        { "lost_date",                         "lost_date",                         COLUMN_TIMESTAMPTZ, FILTER_TIME, NULL }, \
        { "backlinks_spam_score",              "backlinks_spam_score",              COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "broken_backlinks",                  "broken_backlinks",                  COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "broken_pages",                      "broken_pages",                      COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_domains",                 "referring_domains",                 COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_domains_nofollow",        "referring_domains_nofollow",        COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_main_domains",            "referring_main_domains",            COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_main_domains_nofollow",   "referring_main_domains_nofollow",   COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_ips",                     "referring_ips",                     COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_subnets",                 "referring_subnets",                 COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_pages",                   "referring_pages",                   COLUMN_BIGINT,      FILTER_NUM, NULL }, \
        { "referring_pages_nofollow",          "referring_pages_nofollow",          COLUMN_BIGINT,      FILTER_NUM, NULL }

#define INTERSECTION_PARAMS \
        { "targets", PARAM_OURS }, \
        { "exclude_targets", PARAM_OURS }, \
        { "intersection_mode", PARAM_OURS }

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
        PARAMS({ "target", PARAM_OURS }, { "backlinks_filters", PARAM_FILTERS, .max = 8 }, LISTING_PARAMS),
        /* "target" is what an intersection calls the domain */
        COLUMNS({ "domain", "domain", COLUMN_TEXT, FILTER_STR, NULL }, { "target", "target", COLUMN_TEXT, FILTER_STR, NULL }, METRICS),
    },
    {
        .name = "domain_intersection",
        .url_path = "/v3/backlinks/domain_intersection/live",
        .offset_reach = 20000,
        .limit_max = 1000,
        PARAMS(INTERSECTION_PARAMS, { "backlinks_filters", PARAM_FILTERS, .max = 8 }, LISTING_PARAMS),
    },
    {
        .name = "page_intersection",
        .url_path = "/v3/backlinks/page_intersection/live",
        .offset_reach = 20000,
        .limit_max = 1000,
        PARAMS(INTERSECTION_PARAMS, LISTING_PARAMS),
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
