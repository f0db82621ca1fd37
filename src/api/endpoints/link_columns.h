/*
 * The fields of a link, which backlinks and page_intersection have in common, in the API's order:
 * what stands before image_url, behind it, and behind ranked_keywords_info.
 * docs.dataforseo.com/v3/backlinks/backlinks/live
 */
#pragma once

// clang-format off
#define LINK_COLUMNS_FIRST \
    { "domain_from",               "domain_from",               COLUMN_TEXT,        FILTER_STR,   "referring host, with www. where it has it" }, \
    { "url_from",                  "url_from",                  COLUMN_TEXT,        FILTER_STR,   "referring page" }, \
    { "url_from_https",            "url_from_https",            COLUMN_BOOLEAN,     FILTER_BOOL,  "the referring page is https" }, \
    { "domain_to",                 "domain_to",                 COLUMN_TEXT,        FILTER_STR,   "host that is linked to" }, \
    { "url_to",                    "url_to",                    COLUMN_TEXT,        FILTER_STR,   "page that is linked to" }, \
    { "url_to_https",              "url_to_https",              COLUMN_BOOLEAN,     FILTER_BOOL,  "the page linked to is https" }, \
    { "tld_from",                  "tld_from",                  COLUMN_TEXT,        FILTER_STR,   "top-level domain of the referring host" }, \
    { "is_new",                    "is_new",                    COLUMN_BOOLEAN,     FILTER_BOOL,  "the vendor found it at its last visit" }, \
    { "is_lost",                   "is_lost",                   COLUMN_BOOLEAN,     FILTER_BOOL,  "the vendor no longer found it" }, \
    { "backlink_spam_score",       "backlink_spam_score",       COLUMN_BIGINT,      FILTER_NUM,   "0 to 100" }, \
    { "rank",                      "rank",                      COLUMN_BIGINT,      FILTER_NUM,   "of the link, 0 to 1000 or 0 to 100 by rank_scale" }, \
    { "page_from_rank",            "page_from_rank",            COLUMN_BIGINT,      FILTER_NUM,   "of the referring page, same scale" }, \
    { "domain_from_rank",          "domain_from_rank",          COLUMN_BIGINT,      FILTER_NUM,   "of the referring domain, same scale" }, \
    { "domain_from_platform_type", "domain_from_platform_type", COLUMN_TEXT_ARRAY,  FILTER_ARRAY, "cms, blogs, ecommerce, news, ..., also unknown" }, \
    { "domain_from_is_ip",         "domain_from_is_ip",         COLUMN_BOOLEAN,     FILTER_BOOL,  "the referring host is an address" }, \
    { "domain_from_ip",            "domain_from_ip",            COLUMN_TEXT,        FILTER_STR,   "address of the referring host" }, \
    { "domain_from_country",       "domain_from_country",       COLUMN_TEXT,        FILTER_STR,   "ISO code, WW where unknown" }, \
    { "page_from_external_links",  "page_from_external_links",  COLUMN_BIGINT,      FILTER_NUM,   "links to other sites on the page" }, \
    { "page_from_internal_links",  "page_from_internal_links",  COLUMN_BIGINT,      FILTER_NUM,   "links within the site on the page" }, \
    { "page_from_size",            "page_from_size",            COLUMN_BIGINT,      FILTER_NUM,   "bytes, 0 for redirects" }, \
    { "page_from_encoding",        "page_from_encoding",        COLUMN_TEXT,        FILTER_STR,   "character encoding" }, \
    { "page_from_language",        "page_from_language",        COLUMN_TEXT,        FILTER_STR,   "ISO 639-1" }, \
    { "page_from_title",           "page_from_title",           COLUMN_TEXT,        FILTER_STR,   "title of the referring page" }, \
    { "page_from_status_code",     "page_from_status_code",     COLUMN_BIGINT,      FILTER_NUM,   "HTTP status of the referring page" }, \
    { "first_seen",                "first_seen",                COLUMN_TIMESTAMPTZ, FILTER_TIME,  "when the vendor first saw the link" }, \
    { "prev_seen",                 "prev_seen",                 COLUMN_TIMESTAMPTZ, FILTER_TIME,  "the visit before the last; null where new" }, \
    { "last_seen",                 "last_seen",                 COLUMN_TIMESTAMPTZ, FILTER_TIME,  "when the vendor last saw the link" }, \
    { "item_type",                 "item_type",                 COLUMN_TEXT,        FILTER_STR,   "anchor, image, meta, canonical, alternate, redirect" }, \
    { "attributes",                "attributes",                COLUMN_TEXT_ARRAY,  FILTER_ARRAY, "rel values such as nofollow" }, \
    { "dofollow",                  "dofollow",                  COLUMN_BOOLEAN,     FILTER_BOOL,  "passes rank" }, \
    { "original",                  "original",                  COLUMN_BOOLEAN,     FILTER_BOOL,  "was there when the page was first seen" }, \
    { "alt",                       "alt",                       COLUMN_TEXT,        FILTER_STR,   "alternative text of an image" }

#define LINK_COLUMNS_MORE \
    { "anchor",                    "anchor",                    COLUMN_TEXT,        FILTER_STR,   "anchor text" }, \
    { "text_pre",                  "text_pre",                  COLUMN_TEXT,        FILTER_STR,   "text before the anchor" }, \
    { "text_post",                 "text_post",                 COLUMN_TEXT,        FILTER_STR,   "text behind the anchor" }, \
    { "semantic_location",         "semantic_location",         COLUMN_TEXT,        FILTER_STR,   "HTML element around the link" }, \
    { "links_count",               "links_count",               COLUMN_BIGINT,      FILTER_NUM,   "equal links on the page" }, \
    { "group_count",               "group_count",               COLUMN_BIGINT,      FILTER_NUM,   "links of the group, 0 for mode as_is" }, \
    { "is_broken",                 "is_broken",                 COLUMN_BOOLEAN,     FILTER_BOOL,  "the page linked to answers 4xx or 5xx" }, \
    { "url_to_status_code",        "url_to_status_code",        COLUMN_BIGINT,      FILTER_NUM,   "HTTP status of the page linked to" }, \
    { "url_to_spam_score",         "url_to_spam_score",         COLUMN_BIGINT,      FILTER_NUM,   "0 to 100" }, \
    { "url_to_redirect_target",    "url_to_redirect_target",    COLUMN_TEXT,        FILTER_STR,   "where the page linked to redirects" }

#define LINK_COLUMNS_LAST \
    { "is_indirect_link",          "is_indirect_link",          COLUMN_BOOLEAN,     FILTER_BOOL,  "through redirects or canonicals" }, \
    { "indirect_link_path",        "indirect_link_path",        COLUMN_JSONB,       FILTER_NONE,  "the steps in between: type, status_code, url" }
// clang-format on
