/*
 * A row's cheap half: draws that hang on nothing but the row's number. The texts are in fields.c.
 *
 * Most rows are what most links are: an anchor on a page that answers 200. The rest is there
 * because the vendor's data has it, in about these shares: redirects, images, hosts that are
 * addresses, nulls, and once in some thousand rows a value that fits no column.
 */
#include "sandbox/row.h"

#include <string.h>

#include "sandbox/random.h"
#include "sandbox/row_private.h"

#define FIRST_DAY INT64_C(1356998400) /* 2013-01-01 */
#define LAST_DAY INT64_C(1793404800)  /* 2026-10-31 */

static void put_host(struct row_source *source)
{
    const char *host = strstr(source->target, "://");
    size_t size;

    source->is_page = host != NULL;
    host = host == NULL ? source->target : host + 3;
    size = strcspn(host, "/?#:");
    if (size >= ROW_HOST_MAX)
        size = ROW_HOST_MAX - 1;
    memcpy(source->host, host, size);
    source->host[size] = '\0';
}

void row_source_init(struct row_source *source, uint64_t seed, const char *target, uint64_t n_items)
{
    *source = (struct row_source){.target = target, .shape = &shape_backlinks, .world = seed};
    source->seed = random_hash(seed, target, strlen(target));
    put_host(source);
    if (n_items == 0) {
        uint64_t bits = random_draw(source->seed, SALT_SIZE);

        /* 256 to 65,535: every size from hundreds to ten-thousands is as likely as the next. */
        n_items = (UINT64_C(256) << random_below(bits, 8)) + (bits & 0xff);
    }
    source->n_live = n_items;
    source->n_lost = n_items / 20;
    source->n_sites = (n_items + ROWS_PER_SITE - 1) / ROWS_PER_SITE;
}

static enum row_kind kind_of(uint64_t bits)
{
    uint64_t percent = random_below(bits, 100);

    if (percent < 70)
        return ROW_ANCHOR;
    if (percent < 84)
        return ROW_IMAGE;
    if (percent < 90)
        return ROW_REDIRECT;
    if (percent < 94)
        return ROW_CANONICAL;
    if (percent < 97)
        return ROW_ALTERNATE;
    return percent < 99 ? ROW_META : ROW_LINK;
}

static void put_times(struct row *row)
{
    uint64_t age = random_draw(row->bits, SALT_FIRST_SEEN);
    uint64_t visits = random_draw(row->bits, SALT_LAST_SEEN);

    row->first_seen = FIRST_DAY + (int64_t)((age >> 34) * (uint64_t)(LAST_DAY - FIRST_DAY) >> 30);
    row->is_new = random_below(visits, 25) == 0;
    row->last_seen = row->first_seen;
    row->prev_seen = -1;
    if (!row->is_new) {
        uint64_t span = (uint64_t)(LAST_DAY - row->first_seen) + 2;

        row->last_seen += 1 + (int64_t)((visits & 0xffff) * span >> 16);
        row->prev_seen =
            row->first_seen +
            (int64_t)(((visits >> 16) & 0xff) * (uint64_t)(row->last_seen - row->first_seen) >> 8);
    }
    row->lost_at = row->last_seen;
    row->night = -1;
}

static void put_life(struct row *row)
{
    struct life life = nights_life(&row->source->nights, row->number);

    row->is_lost = life.state == LIFE_LOST;
    row->is_new = life.is_new;
    row->first_seen = life.first_seen;
    row->prev_seen = life.prev_seen;
    row->last_seen = life.last_seen;
    row->lost_at = life.lost_at;
    row->night = life.night;
}

/* What hangs on the row's bits, its page and its site. */
static void put_draws(struct row *row)
{
    uint64_t flags = random_draw(row->bits, SALT_ODDITY);

    row->site = random_draw(row->source->world, row->site_no ^ SALT_SITES);
    row->is_https = (random_draw(row->page, SALT_FLAGS) & 7) != 0;
    row->is_ip_host = random_below(random_draw(row->site, SALT_HOST_KIND), 60) == 0;
    row->kind = kind_of(random_draw(row->bits, SALT_FLAGS));
    if (row->source->nights.are_asked)
        put_life(row);
    else
        put_times(row);

    row->is_plain_shape = (flags & 0x1ff) != 0;
    row->null_field = -1;
    if ((flags >> 16 & 0x1ff) == 0) {
        size_t field = (size_t)random_below(flags, row->source->shape->n_fields);

        if (row->source->shape->fields[field].may_be_null)
            row->null_field = (int)field;
    }
}

static void begin(struct row *row, const struct row_source *source, uint64_t number)
{
    row->source = source;
    row->number = number;
    row->bits = random_draw(source->seed, number + SALT_ROW);
    row->group_count = 0;
    row->link_no = 0;
    row->has_other_www = false;
    row->is_lost = number >= source->n_live;
}

void row_make_shared(struct row *row, const struct row_source *source, uint64_t site_no,
                     unsigned link_no)
{
    begin(row, source, site_no * ROWS_PER_SITE);
    row->site_no = site_no;
    row->link_no = link_no;
    row->bits = random_mix(row->bits ^ link_no);
    row->page = random_draw(source->world, site_no ^ SALT_PAGES);
    put_draws(row);
}

/* All links to a page have the same two ends, so there is one. */
unsigned row_n_shared(const struct row_source *source, uint64_t site_no)
{
    uint64_t bits = random_draw(random_draw(source->seed, SALT_LINKS), site_no);

    return source->is_page || (bits & 3) != 0 ? 1 : 2 + (unsigned)(bits >> 2 & 3);
}

void row_make(struct row *row, const struct row_source *source, uint64_t number)
{
    uint64_t place;

    if (number % ROWS_PER_SITE == 0 && (number < source->n_live || source->nights.are_asked)) {
        row_make_shared(row, source, number / ROWS_PER_SITE, 0);
        return;
    }
    begin(row, source, number);
    row->page = row->bits;
    /* Squared, so that a few sites have many of the links. */
    place = random_draw(row->bits, SALT_SITE) >> 33;
    row->site_no = ((place * place >> 31) * source->n_sites) >> 31;
    put_draws(row);
}

uint64_t row_n_since(uint64_t n, int64_t day)
{
    if (day <= FIRST_DAY)
        return n;
    return day >= LAST_DAY ? 0 : n * (uint64_t)(LAST_DAY - day) / (uint64_t)(LAST_DAY - FIRST_DAY);
}

struct value row_value(struct row *row, size_t field)
{
    if (row->null_field == (int)field)
        return (struct value){.kind = VALUE_NULL};
    return row->source->shape->fields[field].value(row);
}
