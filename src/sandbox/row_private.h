/* What the values of a row are drawn with: each has a salt of its own, so that none hangs on
 * another. */
#pragma once

enum row_salt {
    SALT_SIZE = 1,
    SALT_SITE,
    SALT_FLAGS,
    SALT_FIRST_SEEN,
    SALT_LAST_SEEN,
    SALT_ODDITY,
    SALT_HOST_KIND,
    SALT_HOST,
    SALT_TLD,
    SALT_IP,
    SALT_COUNTRY,
    SALT_PLATFORM,
    SALT_SITE_RANK,
    SALT_RANK,
    SALT_PAGE_RANK,
    SALT_SPAM,
    SALT_PATH,
    SALT_URL_TO,
    SALT_COUNTS,
    SALT_PAGE_SIZE,
    SALT_LANGUAGE,
    SALT_TITLE,
    SALT_STATUS,
    SALT_ATTRIBUTES,
    SALT_ORIGINAL,
    SALT_ALT,
    SALT_IMAGE,
    SALT_ANCHOR,
    SALT_TEXT_PRE,
    SALT_TEXT_POST,
    SALT_LOCATION,
    SALT_LINKS,
    SALT_URL_TO_STATUS,
    SALT_URL_TO_SPAM,
    SALT_REDIRECT,
    SALT_KEYWORDS,
    SALT_INDIRECT,
    SALT_DOMAIN,
    SALT_ROW = 1 << 21,
    SALT_SITES = 1 << 30, /* apart from a site's number by standing above it */
    SALT_PAGES = 1 << 29,
};

#include "sandbox/pen.h"
#include "sandbox/row.h"

/* The texts of a row (texts.c), each written into the row and given as a value. */
struct value row_domain_from(struct row *row);
struct value row_url_from(struct row *row);
struct value row_tld_from(struct row *row);
struct value row_domain_from_ip(struct row *row);
struct value row_domain_to(struct row *row);
struct value row_url_to(struct row *row);
struct value row_url_to_redirect_target(struct row *row);
struct value row_image_url(struct row *row);
struct value row_indirect_link_path(struct row *row);
struct value row_page_from_title(struct row *row);
struct value row_alt(struct row *row);
struct value row_anchor(struct row *row);
struct value row_text_pre(struct row *row);
struct value row_text_post(struct row *row);

/* A rank in the scale that was asked for. */
struct value row_rank(const struct row *row, uint64_t bits);

/* The index in words_text of the page's language. */
size_t row_language_no(const struct row *row);
bool row_is_to_https(const struct row *row);
bool row_has_redirect(const struct row *row);
bool row_is_indirect(const struct row *row);
