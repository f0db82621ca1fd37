/* The made-up rows themselves: pure functions, unique, valid JSON, as varied as the vendor's. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "sandbox/print.h"
#include "sandbox/row.h"

TestSuite(data, .timeout = 60);

#define N_ROWS 20000

static struct row row, other;
static struct row_source source;

Test(data, has_the_fields_of_the_endpoint_in_its_order)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");

    cr_assert(eq(sz, shape_backlinks.n_fields, endpoint->n_columns));
    for (size_t i = 0; i < shape_backlinks.n_fields; i++)
        cr_expect_str_eq(shape_backlinks.fields[i].path, endpoint->columns[i].path);
}

static bool is_same(const struct value *a, const struct value *b)
{
    return a->kind == b->kind && a->number == b->number && a->size == b->size &&
           a->texts == b->texts && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}

Test(data, makes_a_row_from_its_number_alone)
{
    struct row_source again;

    row_source_init(&source, 3, "example.com", N_ROWS);
    row_source_init(&again, 3, "example.com", N_ROWS);
    for (uint64_t number = 0; number < 500; number++) {
        row_make(&row, &source, number);
        row_make(&other, &again, 499 - number); /* what was made before must not matter */
        row_make(&other, &again, number);
        for (size_t field = 0; field < shape_backlinks.n_fields; field++) {
            struct value a = row_value(&row, field), b = row_value(&other, field);

            cr_assert(is_same(&a, &b), "row %d: %s", (int)number,
                      shape_backlinks.fields[field].path);
        }
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t field_of(const char *path)
{
    size_t field = 0;

    while (strcmp(shape_backlinks.fields[field].path, path) != 0)
        field++;
    return field;
}

/* The eight digits in a URL that stand for the row: all that makes it unique for certain. */
static const char *digits_of(const char *url)
{
    const char *found = NULL;

    for (const char *at = strchr(url, '-'); at != NULL; at = strchr(at + 1, '-'))
        if (strspn(at + 1, "0123456789abcdef") == 8)
            found = at + 1;
    cr_assert(found != NULL, "%s", url);
    return found;
}

Test(data, has_no_referring_page_twice)
{
    static char *digits[N_ROWS];
    size_t field = field_of("url_from");

    row_source_init(&source, 9, "example.com", N_ROWS);
    for (uint64_t number = 0; number < N_ROWS; number++) {
        struct value value;
        char *url;

        row_make(&row, &source, number);
        value = row_value(&row, field);
        url = mem_strndup(value.text, value.size);
        digits[number] = mem_strndup(digits_of(url), 8);
        free(url);
    }
    qsort(digits, N_ROWS, sizeof(digits[0]), compare_texts);
    for (size_t i = 1; i < N_ROWS; i++)
        cr_assert_str_neq(digits[i], digits[i - 1]);
    for (size_t i = 0; i < N_ROWS; i++)
        free(digits[i]);
}

Test(data, spreads_first_seen_over_years)
{
    int64_t first = INT64_MAX, last = 0;

    row_source_init(&source, 1, "example.com", N_ROWS);
    for (uint64_t number = 0; number < N_ROWS; number++) {
        row_make(&row, &source, number);
        cr_assert(row.last_seen >= row.first_seen && row.prev_seen <= row.last_seen);
        first = row.first_seen < first ? row.first_seen : first;
        last = row.first_seen > last ? row.first_seen : last;
    }
    cr_expect(gt(i64, (last - first) / 86400, 365 * 10));
}

/*
 * A value read back from the item's JSON by a library; the odd shapes are left out, since what they
 * print differs on purpose.
 */
static void expect_printed(const struct value *value, struct json_object *json, const char *path)
{
    char time[32] = "";

    switch (value->kind) {
    case VALUE_NULL:
        cr_assert(json == NULL, "%s", path);
        break;
    case VALUE_BOOL:
        cr_assert(eq(int, json_object_get_boolean(json), (int)value->number), "%s", path);
        break;
    case VALUE_NUM:
        cr_assert(eq(i64, json_object_get_int64(json), value->number), "%s", path);
        break;
    case VALUE_TIME:
        strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S +00:00",
                 gmtime_r(&(time_t){(time_t)value->number}, &(struct tm){0}));
        cr_assert_str_eq(json_object_get_string(json), time, "%s", path);
        break;
    case VALUE_TEXT:
        /* json-c puts U+FFFD for half of a surrogate pair; both have three bytes. */
        cr_assert(eq(sz, (size_t)json_object_get_string_len(json), value->size), "%s", path);
        if (memchr(value->text, 0xed, value->size) == NULL)
            cr_assert(memcmp(json_object_get_string(json), value->text, value->size) == 0, "%s",
                      path);
        break;
    case VALUE_TEXTS:
        for (size_t i = 0; value->texts[i] != NULL; i++)
            cr_assert_str_eq(json_object_get_string(json_object_array_get_idx(json, i)),
                             value->texts[i]);
        break;
    case VALUE_JSON:
        cr_assert(json_object_is_type(json, json_type_array), "%s", path);
        break;
    }
}

static struct json_object *value_at(struct json_object *item, const char *path)
{
    const char *dot = strchr(path, '.');
    struct json_object *inner = item, *value = NULL;

    if (dot != NULL)
        cr_assert(json_object_object_get_ex(item, "ranked_keywords_info", &inner));
    cr_assert(json_object_object_get_ex(inner, dot == NULL ? path : dot + 1, &value), "%s", path);
    return value;
}

Test(data, prints_what_a_library_reads_back)
{
    struct buf buf = BUF_WITH_CEILING(1 << 20);
    size_t n_bytes = 0, n_odd = 0;

    row_source_init(&source, 5, "example.com", N_ROWS);
    for (uint64_t number = 0; number < N_ROWS; number++) {
        enum json_tokener_error error;
        struct json_object *item;

        buf_clear(&buf);
        row_make(&row, &source, number);
        cr_assert(print_row(&buf, &row));
        n_bytes += buf.size;
        item = json_tokener_parse_verbose(buf_text(&buf), &error);
        cr_assert(eq(int, error, json_tokener_success), "row %d: %s", (int)number, buf_text(&buf));
        n_odd += !row.is_plain_shape;
        for (size_t field = 0; row.is_plain_shape && field < shape_backlinks.n_fields; field++) {
            struct value value = row_value(&row, field);

            expect_printed(&value, value_at(item, shape_backlinks.fields[field].path),
                           shape_backlinks.fields[field].path);
        }
        json_object_put(item);
    }
    cr_expect(n_odd > 10 && n_odd < 100, "%zu", n_odd);
    cr_expect(n_bytes / N_ROWS > 1300 && n_bytes / N_ROWS < 1700, "%zu bytes", n_bytes / N_ROWS);
    buf_deinit(&buf);
}

/* A timestamp with a T between date and time. */
static bool has_iso_time(const char *text)
{
    for (const char *at = strchr(text, 'T'); at != NULL; at = strchr(at + 1, 'T'))
        if (at > text && isdigit((unsigned char)at[-1]) && isdigit((unsigned char)at[1]) &&
            strstr(at, "+00:00\"") == at + 9)
            return true;
    return false;
}

/* What a decoder must be tested with is there, in a listing of some ten thousand rows. */
Test(data, holds_everything_that_the_vendor_has_been_seen_to_send)
{
    static const char *const pieces[] = {
        "\\u0000",       "\\ud83d cut",
        "\\u0001",       "\\\\",
        "\\\"",          "\"WW\"",
        "[\"unknown\"]", "\"2001:db8:",
        "Überblick",     "東京の",
        "\"redirect\"",  "\"page_from_topics\"",
        "\\/",           "\"indirect_link_path\":[",
        ":null",         "\"ranked_keywords_info\":null",
        "@media",
    };
    bool has_piece[sizeof(pieces) / sizeof(pieces[0])] = {false};
    struct buf buf = BUF_WITH_CEILING(1 << 20);
    size_t n_long = 0, n_big = 0, n_iso = 0, n_of_2021 = 0, n_of_2022 = 0;

    row_source_init(&source, 1, "example.com", N_ROWS);
    for (uint64_t number = 0; number < N_ROWS; number++) {
        struct value value;

        buf_clear(&buf);
        row_make(&row, &source, number);
        print_row(&buf, &row);
        for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
            has_piece[i] = has_piece[i] || strstr(buf_text(&buf), pieces[i]) != NULL;
        n_iso += has_iso_time(buf_text(&buf));
        if (strstr(buf_text(&buf), "\"is_indirect_link\"") == NULL)
            *(strstr(buf_text(&buf), "\"url_to_spam_score\"") ? &n_of_2022 : &n_of_2021) += 1;
        value = row_value(&row, field_of("url_from"));
        n_long += value.size > 9000;
        value = row_value(&row, field_of("page_from_external_links"));
        n_big += value.number > INT64_C(4294967295);
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        cr_expect(has_piece[i], "%s", pieces[i]);
    cr_expect(n_iso > 0 && n_iso < 20, "%zu", n_iso);
    cr_expect(n_of_2021 > 0 && n_of_2021 < 20, "%zu", n_of_2021);
    cr_expect(n_of_2022 > 0 && n_of_2022 < 20, "%zu", n_of_2022);
    cr_expect(n_long > 0 && n_long < 20, "%zu", n_long);
    cr_expect(n_big > 0 && n_big < 40, "%zu", n_big);
    buf_deinit(&buf);
}

Test(data, derives_sizes_of_some_hundreds_to_some_ten_thousands)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        row_source_init(&source, seed, "example.com", 0);
        cr_expect(source.n_live >= 256 && source.n_live < 65536);
    }
}

Test(data, links_to_the_page_where_the_target_is_one)
{
    struct value value;

    row_source_init(&source, 1, "https://example.com/a/b?c=d", 100);
    row_make(&row, &source, 7);
    value = row_value(&row, field_of("url_to"));
    cr_expect(eq(sz, value.size, strlen(source.target)));
    cr_expect(memcmp(value.text, source.target, value.size) == 0);
    value = row_value(&row, field_of("domain_to"));
    cr_expect(value.size == 11 && memcmp(value.text, "example.com", 11) == 0);
}
