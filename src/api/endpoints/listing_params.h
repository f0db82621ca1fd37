/* Parameters that most listings have in common. docs.dataforseo.com/v3/backlinks/overview */
#pragma once

// clang-format off
#define TARGET_PARAM \
    { "target", PARAM_OURS, .doc = "is set from `targets` of the job, one feed each" }

#define TAG_PARAM \
    { "tag", PARAM_TEXT, 0, 160, .doc = "put behind our own tag, in the vendor's records" }

#define LISTING_PARAMS \
    { "filters", PARAM_FILTERS, .max = 8, .doc = "conditions on the fields of an item" }, \
    { "order_by", PARAM_ORDER_BY, .max = 3, \
      .doc = "rules \"field,asc\" or \"field,desc\"; matters only where max_rows binds" }, \
    { "limit", PARAM_INT, 1, 1000, .doc = "items of a page; every page costs a call" }, \
    { "backlinks_status_type", PARAM_WORD, .words = WORDS("all", "live", "lost"), \
      .doc = "which links to return" }, \
    { "include_subdomains", PARAM_BOOL, .doc = "also links to the target's subdomains" }, \
    { "include_indirect_links", PARAM_BOOL, .doc = "also links through redirects and canonicals" }, \
    { "exclude_internal_backlinks", PARAM_BOOL, .doc = "leave out links from the target's own subdomains" }, \
    { "rank_scale", PARAM_WORD, .words = WORDS("one_hundred", "one_thousand"), \
      .doc = "scale of the ranks" }, \
    TAG_PARAM, \
    { "offset", PARAM_OURS, .doc = "is set by linkhaul's pager; leave it out, and use max_rows to bound a listing" }

#define LIST_LIMIT_PARAM \
    { "internal_list_limit", PARAM_INT, 1, 1000, .doc = "values in each list or map of an item; the API's default is 10" }

#define INTERSECTION_PARAMS \
    { "targets", PARAM_TARGETS, .doc = "domains without https:// and www., or pages as absolute URLs: { \"1\": moz.com, \"2\": ahrefs.com }" }, \
    { "exclude_targets", PARAM_EXCLUDED, 1, EXCLUDED_MAX, .doc = "no item links to these; a page may end with *" }, \
    { "intersection_mode", PARAM_WORD, .words = WORDS("all", "partial"), \
      .doc = "all: from all links to the targets; partial: from intersecting ones only" }, \
    LIST_LIMIT_PARAM
// clang-format on
