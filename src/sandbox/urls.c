/*
 * Hosts, addresses and URLs of a row.
 *
 * A URL of a referring page holds the row's number, scrambled by a bijection of 32 bits, in eight
 * digits behind its last slug; so no two rows of a target share one.
 */
#include "sandbox/row_private.h"

#include "sandbox/random.h"
#include "sandbox/words.h"

static struct pen pen_on(struct row *row)
{
    return (struct pen){row->text, row->text + sizeof(row->text)};
}

static struct value written(const struct row *row, const struct pen *pen)
{
    return (struct value){
        .kind = VALUE_TEXT, .text = row->text, .size = (size_t)(pen->at - row->text)};
}

static const char *slug(uint64_t bits)
{
    return words_slug.words[random_below(bits, words_slug.n)];
}

static const char *tld(const struct row *row)
{
    static const char *const tlds[] = {
        "com", "com",  "com",  "com", "net",    "org", "de",  "co.uk", "fr", "io",     "ru",
        "jp",  "info", "shop", "pl",  "com.br", "nl",  "edu", "gov",   "es", "museum", "xn--p1ai"};

    return tlds[random_below(random_draw(row->site, SALT_TLD), sizeof(tlds) / sizeof(tlds[0]))];
}

static void put_ip4(struct pen *pen, uint64_t bits)
{
    pen_number(pen, (int64_t)(bits & 0x7f) + 11);
    for (int i = 1; i < 4; i++) {
        pen_char(pen, '.');
        pen_number(pen, (int64_t)(bits >> (8 * i) & 0xff));
    }
}

static void put_host(struct pen *pen, const struct row *row)
{
    static const char *const fronts[] = {"www.", "www.", "www.", "", "", "", "blog.", "shop."};
    uint64_t bits = random_draw(row->site, SALT_HOST);

    if (row->is_ip_host) {
        put_ip4(pen, bits);
        return;
    }
    pen_text(pen, fronts[bits & 7]);
    if ((bits >> 3 & 0x3f) == 0)
        pen_text(pen, "xn--");
    /* No two sites share a name: the first have a word each, the others their number. */
    pen_text(pen, row->site_no < words_slug.n ? words_slug.words[row->site_no] : slug(bits));
    if (bits >> 9 & 1)
        pen_char(pen, '-');
    pen_text(pen, slug(random_mix(bits)));
    if (row->site_no >= words_slug.n)
        pen_number(pen, (int64_t)row->site_no);
    pen_char(pen, '.');
    pen_text(pen, tld(row));
}

struct value row_domain_from(struct row *row)
{
    struct pen pen = pen_on(row);

    put_host(&pen, row);
    return written(row, &pen);
}

struct value row_tld_from(struct row *row)
{
    const char *text = row->is_ip_host ? NULL : tld(row);

    if (text == NULL)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_TEXT, .text = text, .size = strlen(text)};
}

struct value row_domain_from_ip(struct row *row)
{
    struct pen pen = pen_on(row);
    uint64_t bits = random_draw(row->site, SALT_IP);

    if (row->is_ip_host) {
        put_host(&pen, row);
    } else if ((bits >> 40 & 15) == 0) {
        pen_text(&pen, "2001:db8:");
        pen_hex32(&pen, (uint32_t)bits);
        pen.at[-8] = 'a'; /* a group of four digits, a colon, and four more */
        memmove(pen.at - 3, pen.at - 4, 4);
        pen.at[-4] = ':';
        pen.at++;
        pen_text(&pen, "::1");
    } else if ((bits >> 44 & 63) == 0) {
        return (struct value){.kind = VALUE_NULL};
    } else {
        put_ip4(&pen, bits);
    }
    return written(row, &pen);
}

static void put_slug(struct pen *pen, uint64_t bits)
{
    size_t n = 1 + random_below(bits, 5);

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            pen_char(pen, '-');
        pen_text(pen, slug(random_draw(bits, i)));
    }
}

/* A query of ten thousand bytes, as session ids and search forms make them. */
static void put_long_query(struct pen *pen, uint64_t bits)
{
    pen_text(pen, "?q=");
    for (uint64_t i = 0; i < 1400; i++) {
        pen_text(pen, slug(random_draw(bits, i)));
        pen_text(pen, i % 7 == 6 ? "%20" : "+");
    }
}

/* A bijection of 32 bits: multiplications by odd numbers and shifts, each of which can be undone.
 */
static uint32_t scrambled(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352dU;
    x = (x ^ x >> 15) * 0x846ca68bU;
    return x ^ x >> 16;
}

struct value row_url_from(struct row *row)
{
    static const char *const sections[] = {"/",      "/blog/",     "/news/2024/", "/de/",
                                           "/shop/", "/über-uns/", "/p/",         "/статьи/"};
    static const char *const ends[] = {"/", "", ".html", "/?utm_source=feed&utm_medium=rss"};
    struct pen pen = pen_on(row);
    uint64_t bits = random_draw(row->page, SALT_PATH);

    pen_text(&pen, row->is_https ? "https://" : "http://");
    put_host(&pen, row);
    /* The two sections with letters beyond ASCII are rarer than the others. */
    pen_text(&pen, sections[bits >> 8 & 3 ? bits & 3 : bits & 7]);
    put_slug(&pen, bits);
    pen_char(&pen, '-');
    pen_hex32(&pen, scrambled((uint32_t)row->number));
    if (random_below(random_mix(bits), 5000) == 0)
        put_long_query(&pen, bits);
    else
        pen_text(&pen, ends[bits >> 10 & 3]);
    return written(row, &pen);
}

static void put_url_to_host(struct pen *pen, const struct row *row, uint64_t bits)
{
    if (!row->source->is_page && (bits >> 60) < 6)
        pen_text(pen, "www.");
    pen_text(pen, row->source->host);
}

struct value row_domain_to(struct row *row)
{
    struct pen pen = pen_on(row);

    put_url_to_host(&pen, row, random_draw(row->bits, SALT_URL_TO));
    return written(row, &pen);
}

bool row_is_to_https(const struct row *row)
{
    if (row->source->is_page)
        return strncmp(row->source->target, "https:", 6) == 0;
    return (random_draw(row->bits, SALT_URL_TO) & 7) != 0;
}

static void put_url_to(struct pen *pen, const struct row *row)
{
    uint64_t bits = random_draw(row->bits, SALT_URL_TO);

    if (row->source->is_page) {
        pen_text(pen, row->source->target);
        return;
    }
    pen_text(pen, row_is_to_https(row) ? "https://" : "http://");
    put_url_to_host(pen, row, bits);
    pen_char(pen, '/');
    if ((bits >> 3 & 7) >= 2) {
        /* A site's pages: some hundreds, the first of them linked to most often. */
        put_slug(pen, random_draw(row->source->seed,
                                  random_below(bits, 400) & random_below(bits << 9, 400)));
        if (random_below(random_mix(bits), 6000) == 0)
            put_long_query(pen, bits);
    }
    if (row->link_no > 0) {
        pen_text(pen, "#");
        pen_number(pen, row->link_no);
    }
}

struct value row_url_to(struct row *row)
{
    struct pen pen = pen_on(row);

    put_url_to(&pen, row);
    return written(row, &pen);
}

bool row_has_redirect(const struct row *row)
{
    return random_below(random_draw(row->bits, SALT_URL_TO_STATUS), 100) < 12;
}

struct value row_url_to_redirect_target(struct row *row)
{
    struct pen pen = pen_on(row);

    if (!row_has_redirect(row))
        return (struct value){.kind = VALUE_NULL};
    put_url_to(&pen, row);
    pen_text(&pen, "?ref=landing");
    return written(row, &pen);
}

struct value row_image_url(struct row *row)
{
    struct pen pen = pen_on(row);
    uint64_t bits = random_draw(row->bits, SALT_IMAGE);

    if (row->kind != ROW_IMAGE || (bits & 15) == 0)
        return (struct value){.kind = VALUE_NULL};
    if (bits >> 4 & 1) {
        pen_text(&pen, "https://");
        put_host(&pen, row);
        pen_text(&pen, "/wp-content/uploads/");
    } else {
        pen_text(&pen, "https://api.dataforseo.com/cdn/i/");
    }
    put_slug(&pen, bits);
    pen_text(&pen, bits >> 5 & 1 ? ".png" : ".jpg");
    return written(row, &pen);
}

bool row_is_indirect(const struct row *row)
{
    return random_below(random_draw(row->bits, SALT_INDIRECT), 100) <
           (row->kind == ROW_REDIRECT ? 60 : 3);
}

struct value row_indirect_link_path(struct row *row)
{
    struct pen pen = pen_on(row);
    uint64_t bits = random_draw(row->bits, SALT_INDIRECT) >> 2;
    size_t n_steps = 1 + (bits & 1) + (bits >> 1 & 1);
    struct value path;

    if (!row_is_indirect(row))
        return (struct value){.kind = VALUE_NULL};
    pen_char(&pen, '[');
    for (size_t i = 0; i < n_steps; i++) {
        bool is_redirect = (bits >> (4 + i) & 3) != 0;

        pen_text(&pen, i == 0 ? "" : ",");
        pen_text(&pen, is_redirect ? "{\"type\":\"redirect\",\"status_code\":"
                                   : "{\"type\":\"canonical\",\"status_code\":");
        pen_number(&pen, is_redirect ? 301 + (int64_t)(bits >> 8 & 1) : 200);
        pen_text(&pen, ",\"url\":\"https://");
        pen_text(&pen, slug(random_draw(bits, i)));
        pen_text(&pen, ".example/");
        pen_hex32(&pen, (uint32_t)random_draw(bits, i));
        pen_text(&pen, "\"}");
    }
    pen_char(&pen, ']');
    path = written(row, &pen);
    path.kind = VALUE_JSON;
    return path;
}
