/*
 * What the API counts of a referring domain, alike in several endpoints and in its order.
 * docs.dataforseo.com/v3/backlinks/domain_intersection/live
 */
#pragma once

// clang-format off
#define METRIC_COLUMNS \
    { "rank",                               "rank",                               COLUMN_BIGINT,      FILTER_NUM,  "of the referring domain, 0 to 1000 or 0 to 100 by rank_scale" }, \
    { "backlinks",                          "backlinks",                          COLUMN_BIGINT,      FILTER_NUM,  "links from the referring domain" }, \
    { "first_seen",                         "first_seen",                         COLUMN_TIMESTAMPTZ, FILTER_TIME, "when the vendor first saw one of them" }, \
    { "lost_date",                          "lost_date",                          COLUMN_TIMESTAMPTZ, FILTER_TIME, "when the last of them was lost" }, \
    { "backlinks_spam_score",               "backlinks_spam_score",               COLUMN_BIGINT,      FILTER_NUM,  "average of the links, 0 to 100" }, \
    { "broken_backlinks",                   "broken_backlinks",                   COLUMN_BIGINT,      FILTER_NUM,  "links to pages that answer 4xx or 5xx" }, \
    { "broken_pages",                       "broken_pages",                       COLUMN_BIGINT,      FILTER_NUM,  "pages linked to that answer 4xx or 5xx" }, \
    { "referring_domains",                  "referring_domains",                  COLUMN_BIGINT,      FILTER_NUM,  "domains and subdomains with links" }, \
    { "referring_domains_nofollow",         "referring_domains_nofollow",         COLUMN_BIGINT,      FILTER_NUM,  "of these, with a nofollow link" }, \
    { "referring_main_domains",             "referring_main_domains",             COLUMN_BIGINT,      FILTER_NUM,  "main domains with links" }, \
    { "referring_main_domains_nofollow",    "referring_main_domains_nofollow",    COLUMN_BIGINT,      FILTER_NUM,  "of these, with a nofollow link" }, \
    { "referring_ips",                      "referring_ips",                      COLUMN_BIGINT,      FILTER_NUM,  "addresses with links" }, \
    { "referring_subnets",                  "referring_subnets",                  COLUMN_BIGINT,      FILTER_NUM,  "networks with links" }, \
    { "referring_pages",                    "referring_pages",                    COLUMN_BIGINT,      FILTER_NUM,  "pages with links" }, \
    { "referring_links_tld",                "referring_links_tld",                COLUMN_JSONB,       FILTER_NONE, "links by top-level domain" }, \
    { "referring_links_types",              "referring_links_types",              COLUMN_JSONB,       FILTER_NONE, "links by type: anchor, image, redirect, ..." }, \
    { "referring_links_attributes",         "referring_links_attributes",         COLUMN_JSONB,       FILTER_NONE, "links by rel value; null where none has one" }, \
    { "referring_links_platform_types",     "referring_links_platform_types",     COLUMN_JSONB,       FILTER_NONE, "links by platform: cms, blogs, news, ..." }, \
    { "referring_links_semantic_locations", "referring_links_semantic_locations", COLUMN_JSONB,       FILTER_NONE, "links by HTML element around them; the empty key: none" }, \
    { "referring_links_countries",          "referring_links_countries",          COLUMN_JSONB,       FILTER_NONE, "links by country" }, \
    { "referring_pages_nofollow",           "referring_pages_nofollow",           COLUMN_BIGINT,      FILTER_NUM,  "pages with a nofollow link; since 2023" }
// clang-format on
