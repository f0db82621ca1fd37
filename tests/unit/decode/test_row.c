#include "decode/row.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "unit/decode/decoded.h"

TestSuite(row, .timeout = 60);

#define FFFD "\xef\xbf\xbd"

/* One row of an item with both URLs and `more`. */
static struct decoded decode_item(const char *more)
{
    char *item = item_of(more);
    struct decoded decoded = decode_items(item);

    cr_assert(decoded.is_fine, "%s: %s", item, decoded.err.text);
    cr_assert(eq(sz, decoded.rows.n_rows, 1), "%s", item);
    cr_assert(eq(i64, decoded.counts.n_rejects, 0), "%s", item);
    free(item);
    return decoded;
}

static void expect_extra(const char *more, const char *wanted, int64_t n_extra, int64_t n_cleaned)
{
    struct decoded decoded = decode_item(more);
    char *extra = row_extra(&decoded, 0);

    if (wanted == NULL)
        cr_expect(extra == NULL, "%s: %s", more, extra);
    else
        cr_expect(extra != NULL && strcmp(extra, wanted) == 0, "%s: %s", more, extra);
    cr_expect(eq(i64, decoded.counts.n_extra, n_extra), "%s", more);
    cr_expect(eq(i64, decoded.counts.n_cleaned, n_cleaned), "%s", more);
    free(extra);
    decoded_deinit(&decoded);
}

/* A field as text, by its column's type. free() it. */
static char *shown(struct copy_field field, enum column_type type)
{
    if (field.size < 0)
        return mem_strdup("NULL");
    switch (type) {
    case COLUMN_BIGINT:
        return mem_printf("%lld", (long long)copy_field_number(field));
    case COLUMN_BOOLEAN:
        return mem_strdup(copy_field_number(field) == 1 ? "true" : "false");
    case COLUMN_TIMESTAMPTZ:
        return mem_printf("%lld us", (long long)copy_field_number(field));
    case COLUMN_TEXT_ARRAY:
        return copy_field_text_array(field);
    case COLUMN_JSONB:
        return field.size > 0 && field.data[0] == 1
                   ? mem_strndup(field.data + 1, (size_t)field.size - 1)
                   : mem_strdup("not jsonb");
    case COLUMN_TEXT:
        break;
    }
    return mem_strndup(field.data, (size_t)field.size);
}

/* Every kind of value, and what each type of column makes of it; NULL: it goes to extra. */
static const struct {
    const char *value;
    const char *wanted[6]; /* by enum column_type */
} kinds[] = {
    // clang-format off
    { "null",        { "NULL",  "NULL", "NULL",  "NULL", "NULL", "NULL" } },
    { "true",        { NULL,    NULL,   "true",  NULL,   NULL,   "true" } },
    { "false",       { NULL,    NULL,   "false", NULL,   NULL,   "false" } },
    { "0",           { NULL,    "0",    NULL,    NULL,   NULL,   "0" } },
    { "-0",          { NULL,    "0",    NULL,    NULL,   NULL,   "-0" } },
    { "12.0",        { NULL,    NULL,   NULL,    NULL,   NULL,   "12.0" } },
    { "1e3",         { NULL,    NULL,   NULL,    NULL,   NULL,   "1e3" } },
    { "9223372036854775807",  { NULL, "9223372036854775807",  NULL, NULL, NULL, "9223372036854775807" } },
    { "9223372036854775808",  { NULL, NULL,                   NULL, NULL, NULL, "9223372036854775808" } },
    { "-9223372036854775808", { NULL, "-9223372036854775808", NULL, NULL, NULL, "-9223372036854775808" } },
    { "-9223372036854775809", { NULL, NULL,                   NULL, NULL, NULL, "-9223372036854775809" } },
    { "\"\"",        { "",      NULL,   NULL,    NULL,   NULL,   "\"\"" } },
    { "\"12\"",      { "12",    NULL,   NULL,    NULL,   NULL,   "\"12\"" } },
    { "\"true\"",    { "true",  NULL,   NULL,    NULL,   NULL,   "\"true\"" } },
    { "\"2000-01-01 00:00:01 +00:00\"", { "2000-01-01 00:00:01 +00:00", NULL, NULL, "1000000 us", NULL, "\"2000-01-01 00:00:01 +00:00\"" } },
    { "\"2000-01-01T02:00:00.5+02:00\"", { "2000-01-01T02:00:00.5+02:00", NULL, NULL, "500000 us", NULL, "\"2000-01-01T02:00:00.5+02:00\"" } },
    { "[]",          { NULL,    NULL,   NULL,    NULL,   "{}",   "[]" } },
    { "[ ]",         { NULL,    NULL,   NULL,    NULL,   "{}",   "[ ]" } },
    { "[\"a\"]",     { NULL,    NULL,   NULL,    NULL,   "{a}",  "[\"a\"]" } },
    { "[ \"cms\" , \"\\u0041\\n\",\"\" ]", { NULL, NULL, NULL, NULL, "{cms,A\n,}", "[ \"cms\" , \"\\u0041\\n\",\"\" ]" } },
    { "[null,\"a\",null]", { NULL, NULL, NULL,   NULL,   "{NULL,a,NULL}", "[null,\"a\",null]" } },
    { "[\"a\",1]",   { NULL,    NULL,   NULL,    NULL,   NULL,   "[\"a\",1]" } },
    { "[[\"a\"]]",   { NULL,    NULL,   NULL,    NULL,   NULL,   "[[\"a\"]]" } },
    { "{}",          { NULL,    NULL,   NULL,    NULL,   NULL,   "{}" } },
    { "{\"a\": [1]}",{ NULL,    NULL,   NULL,    NULL,   NULL,   "{\"a\": [1]}" } },
    // clang-format on
};

static bool is_key_column(const struct endpoint *endpoint, const char *name)
{
    for (size_t i = 0; endpoint->key_columns[i] != NULL; i++)
        if (strcmp(endpoint->key_columns[i], name) == 0)
            return true;
    return false;
}

/* `path` with the value, as the item's only other key; an outer key where the path has one. */
static char *key_and_value(const char *path, const char *value)
{
    const char *dot = strchr(path, '.');

    return dot == NULL
               ? mem_printf("\"%s\":%s", path, value)
               : mem_printf("\"%.*s\":{\"%s\":%s}", (int)(dot - path), path, dot + 1, value);
}

static void expect_value(const struct column *column, const char *value, const char *wanted)
{
    char *pair = key_and_value(column->path, value);
    char *more = mem_printf(",%s", pair), *whole = mem_printf("{%s}", pair);
    struct decoded decoded = decode_item(more);
    char *text = shown(row_field(&decoded, 0, column->name), column->type);
    char *extra = row_extra(&decoded, 0);

    cr_expect_str_eq(text, wanted == NULL ? "NULL" : wanted, "%s: %s", more, text);
    if (wanted == NULL)
        cr_expect(extra != NULL && strcmp(extra, whole) == 0, "%s: %s", more, extra);
    else
        cr_expect(extra == NULL, "%s: %s", more, extra);
    cr_expect(eq(i64, decoded.counts.n_extra, wanted == NULL), "%s", more);
    cr_expect(eq(i64, decoded.counts.n_cleaned, 0), "%s", more);
    decoded_deinit(&decoded);
    free(text);
    free(extra);
    free(pair);
    free(more);
    free(whole);
}

Test(row, puts_every_kind_of_value_into_every_column_or_into_extra)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");

    for (size_t i = 0; i < endpoint->n_columns; i++) {
        const struct column *column = &endpoint->columns[i];

        if (is_key_column(endpoint, column->name))
            continue;
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++)
            expect_value(column, kinds[j].value, kinds[j].wanted[column->type]);
    }
}

Test(row, has_in_front_what_the_caller_knows)
{
    struct decoded decoded = decode_item("");

    cr_expect(eq(sz, decoded.rows.n_columns, 8 + endpoint_find("backlinks")->n_columns + 1));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "night")), 9822));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "run_id")), 7));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "listing_id")), 9));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "slice_no")), 3));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "ordinal")), 1001));
    cr_expect(copy_field_is(row_field(&decoded, 0, "target"), "moz.com"));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "loaded_at")), 848620800000000));
    cr_expect(eq(int, row_field(&decoded, 0, "night").size, 4));
    cr_expect(eq(int, row_field(&decoded, 0, "slice_no").size, 4));
    decoded_deinit(&decoded);
}

/* select md5(E'https://a.example/1\nhttps://moz.com/')::uuid in PostgreSQL gives this. */
Test(row, makes_the_link_key_that_sql_makes)
{
    static const unsigned char wanted[16] = {0xd6, 0xf2, 0x02, 0xfd, 0xe3, 0x0d, 0xb2, 0x96,
                                             0xfc, 0x58, 0x61, 0x1b, 0x8b, 0xf9, 0x5f, 0xaf};
    struct decoded decoded = decode_item("");
    struct copy_field field = row_field(&decoded, 0, "link_key");

    cr_assert(eq(int, field.size, 16));
    cr_expect(eq(int, memcmp(field.data, wanted, 16), 0));
    decoded_deinit(&decoded);
}

Test(row, computes_the_link_key_over_the_texts_as_they_are_stored)
{
    static const char stored[] = "https://a/\xc3\xa9" FFFD "\nhttps://b/" FFFD "/";
    struct decoded decoded = decode_items(
        "{\"url_to\":\"https:\\/\\/b\\/\\ud800\\/\",\"url_from\":"
        "\"https://a/\\u00e9\\u0000\"}");
    struct copy_field field;
    uint8_t wanted[16];
    MD5_CTX md5;

    cr_assert(eq(sz, decoded.rows.n_rows, 1), "%s", decoded.err.text);
    MD5Init(&md5);
    MD5Update(&md5, (const uint8_t *)stored, strlen(stored));
    MD5Final(wanted, &md5);
    field = row_field(&decoded, 0, "link_key");
    cr_expect(eq(int, memcmp(field.data, wanted, 16), 0));
    cr_expect(copy_field_is(row_field(&decoded, 0, "url_to"), "https://b/" FFFD "/"));
    cr_expect(eq(i64, decoded.counts.n_cleaned, 2));
    decoded_deinit(&decoded);
}

Test(row, keeps_unknown_keys_in_extra_as_they_came)
{
    expect_extra("", NULL, 0, 0);
    expect_extra(",\"new\":1", "{\"new\":1}", 1, 0);
    expect_extra(",\"new\":null", "{\"new\":null}", 1, 0);
    expect_extra(", \"b\" : [ 1.50, {\"x\" : \"\\u00e9\"} ] , \"a\":1e400",
                 "{\"b\":[ 1.50, {\"x\" : \"\\u00e9\"} ],\"a\":1e400}", 2, 0);
    expect_extra(",\"\":0,\"a\\\"\\n\\u0001\":1", "{\"\":0,\"a\\\"\\n\\u0001\":1}", 2, 0);
    expect_extra(",\"\\u0072ank\":5", NULL, 0, 0);
    expect_extra(",\"rank \":5,\"Rank\":6", "{\"rank \":5,\"Rank\":6}", 2, 0);
}

Test(row, keeps_what_is_left_over_of_the_nested_object)
{
    const char *const top_3 = "\"page_from_keywords_count_top_3\"";
    char *more = mem_printf(",\"ranked_keywords_info\":{%s:26,\"x\":1}", top_3);

    expect_extra(",\"ranked_keywords_info\":null", NULL, 0, 0);
    expect_extra(",\"ranked_keywords_info\":{}", NULL, 0, 0);
    expect_extra(more, "{\"ranked_keywords_info\":{\"x\":1}}", 1, 0);
    free(more);
    more = mem_printf(",\"a\":1,\"ranked_keywords_info\":{%s:\"26\",\"x\":1},\"b\":2", top_3);
    expect_extra(more,
                 "{\"a\":1,\"ranked_keywords_info\":{\"page_from_keywords_count_top_3\":\"26\","
                 "\"x\":1},\"b\":2}",
                 4, 0);
    free(more);
    expect_extra(",\"ranked_keywords_info\":[1]", "{\"ranked_keywords_info\":[1]}", 1, 0);
    expect_extra(",\"ranked_keywords_info\":\"\\ud800\"", "{\"ranked_keywords_info\":\"" FFFD "\"}",
                 1, 1);
}

Test(row, lets_the_last_of_equal_keys_count_and_keeps_the_others)
{
    struct decoded decoded = decode_item(",\"rank\":1,\"rank\":2,\"rank\":3");

    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "rank")), 3));
    decoded_deinit(&decoded);
    expect_extra(",\"rank\":1,\"rank\":2,\"rank\":3", "{\"rank#1\":1,\"rank#2\":2}", 2, 0);
    expect_extra(",\"rank\":1,\"rank\":\"x\"", "{\"rank#1\":1,\"rank\":\"x\"}", 2, 0);
    expect_extra(",\"x\":1,\"x\":2", "{\"x#1\":1,\"x\":2}", 2, 0);
    expect_extra(",\"x#1\":0,\"x\":1,\"x\":2,\"x#1#1\":3",
                 "{\"x#1\":0,\"x#1#1#1\":1,\"x\":2,\"x#1#1\":3}", 4, 0);
    expect_extra(",\"rank#1\":0,\"rank\":1,\"rank\":2", "{\"rank#1\":0,\"rank#1#1\":1}", 2, 0);
    expect_extra(",\"ranked_keywords_info\":{\"x\":1},\"ranked_keywords_info\":{\"y\":2,\"y\":3}",
                 "{\"ranked_keywords_info#1\":{\"x\":1},\"ranked_keywords_info\":{\"y#1\":2,"
                 "\"y\":3}}",
                 3, 0);
}

Test(row, keeps_both_where_cleaning_makes_two_keys_equal)
{
    expect_extra(",\"a\\u0000\":1,\"a\\ud800\":2", "{\"a" FFFD "#1\":1,\"a" FFFD "\":2}", 2, 2);
    expect_extra(",\"\\u0061\":1,\"a\":2", "{\"a#1\":1,\"a\":2}", 2, 0);
}

Test(row, counts_a_value_that_was_cleaned_once_wherever_it_goes)
{
    expect_extra(",\"alt\":\"\\u0000\\u0000\"", NULL, 0, 1);
    expect_extra(",\"attributes\":[\"\\ud800\",\"\xff\"]", NULL, 0, 1);
    expect_extra(",\"attributes\":[\"\\ud800\",7]", "{\"attributes\":[\"" FFFD "\",7]}", 1, 1);
    expect_extra(",\"indirect_link_path\":[1e200000]", NULL, 0, 1);
    expect_extra(",\"rank\":1e200000", "{\"rank\":\"1e200000\"}", 1, 1);
    expect_extra(",\"x\xff\":\"\xff\"", "{\"x" FFFD "\":\"" FFFD "\"}", 1, 1);
}

Test(row, takes_the_shapes_of_2021_and_2022_and_nothing_but_the_key)
{
    static const char *const later[] = {
        "backlink_spam_score", "url_to_spam_score", "url_to_redirect_target",
        "domain_from_country", "image_url",         "page_from_keywords_count_top_3",
        "is_indirect_link",    "indirect_link_path"};
    const struct endpoint *endpoint = endpoint_find("backlinks");
    struct buf more = BUF_WITH_CEILING(1 << 20);
    struct decoded decoded;

    for (size_t i = 0; i < endpoint->n_columns; i++) {
        const struct column *column = &endpoint->columns[i];
        bool is_later = strchr(column->path, '.') != NULL;

        for (size_t j = 0; j < sizeof later / sizeof later[0]; j++)
            is_later = is_later || strcmp(column->name, later[j]) == 0;
        if (!is_later && !is_key_column(endpoint, column->name) && column->type == COLUMN_BIGINT)
            buf_printf(&more, ",\"%s\":1", column->path);
    }
    decoded = decode_item(buf_text(&more));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "links_count")), 1));
    for (size_t j = 0; j < sizeof later / sizeof later[0]; j++)
        cr_expect(eq(int, row_field(&decoded, 0, later[j]).size, -1), "%s", later[j]);
    cr_expect(eq(int, row_field(&decoded, 0, "extra").size, -1));
    decoded_deinit(&decoded);
    buf_deinit(&more);
}

Test(row, takes_a_url_of_10_kb_and_text_in_every_script)
{
    char *url = mem_new(10001), *more;
    struct decoded decoded;

    memset(url, 'u', 10000);
    more = mem_printf(
        ",\"url_to_redirect_target\":\"%s\",\"domain_from_ip\":\"2001:db8::1\","
        "\"anchor\":\"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 "
        "\\ud83d\\ude00 \\u65e5\"",
        url);
    decoded = decode_item(more);
    cr_expect(copy_field_is(row_field(&decoded, 0, "url_to_redirect_target"), url));
    cr_expect(copy_field_is(row_field(&decoded, 0, "domain_from_ip"), "2001:db8::1"));
    cr_expect(copy_field_is(row_field(&decoded, 0, "anchor"),
                            "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 "
                            "\xf0\x9f\x98\x80 \xe6\x97\xa5"));
    cr_expect(eq(i64, decoded.counts.n_cleaned, 0));
    decoded_deinit(&decoded);
    free(more);
    free(url);
}
