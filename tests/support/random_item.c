#include "support/random_item.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "support/random_number.h"

#define FFFD "\xef\xbf\xbd"
#define ITEM_MAX ((size_t)16 << 20)

void random_item_init(struct random_item *random, const struct endpoint *endpoint, uint64_t seed)
{
    *random = (struct random_item){
        .endpoint = endpoint,
        .state = seed,
        .sent = BUF_WITH_CEILING(ITEM_MAX),
        .storable = BUF_WITH_CEILING(ITEM_MAX),
    };
}

void random_item_deinit(struct random_item *random)
{
    buf_deinit(&random->sent);
    buf_deinit(&random->storable);
}

static unsigned below(struct random_item *random, unsigned n)
{
    return random_below(&random->state, n);
}

static bool is_one_in(struct random_item *random, unsigned n)
{
    return below(random, n) == 0;
}

static void put(struct random_item *random, const char *text)
{
    buf_append_string(&random->sent, text);
    buf_append_string(&random->storable, text);
}

__attribute__((format(printf, 2, 3))) static void put_printed(struct random_item *random,
                                                              const char *format, ...)
{
    char text[128];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(random, text);
}

static void put_replaced(struct random_item *random, const char *sent, const char *storable)
{
    buf_append_string(&random->sent, sent);
    buf_append_string(&random->storable, storable);
}

#define PICK(random, list) ((list)[below(random, sizeof(list) / sizeof((list)[0]))])

/* A piece of a JSON string's inside that PostgreSQL cannot store; each ends so that none joins. */
static void put_unstorable(struct random_item *random)
{
    static const char *const pieces[][2] = {
        {"\\u0000", FFFD},
        {"\\ud800x", FFFD "x"},
        {"\\udfff", FFFD},
        {"\\uDBFF ", FFFD " "},
        {"\xff", FFFD},
        {"\xc3(", FFFD "("},
        {"\xc0\x80", FFFD FFFD},
        {"\xed\xa0\x80", FFFD FFFD FFFD},
        {"\xe2\x82!", FFFD FFFD "!"},
        {"\\ud83d\\u0041", FFFD "\\u0041"},
    };
    size_t i = below(random, sizeof pieces / sizeof pieces[0]);

    if (!random->is_sound)
        put_replaced(random, pieces[i][0], pieces[i][1]);
}

/* A piece that any JSON string may hold. */
static void put_sound(struct random_item *random)
{
    static const char *const pieces[] = {
        "a",
        "Z",
        "9",
        " ",
        "/",
        "=",
        "&",
        ",",
        "[",
        "]",
        "{",
        "}",
        ":",
        "'",
        "#1",
        ".",
        "-",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\n",
        "\\r",
        "\\t",
        "\\u00e9",
        "\\u20AC",
        "\\uFFFE",
        "\\ud83d\\ude00",
        "\\uDBFF\\uDFFF",
        "\\u0001",
        "\\u001f",
        "\\u007f",
        "\x7f",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\xef\xbf\xbf",
        FFFD,
        "a plain run of text that is longer than a word of eight",
    };

    if (is_one_in(random, 3))
        put_printed(random, "\\u%04x", 0x100 + below(random, 0x1000));
    else
        put(random, PICK(random, pieces));
}

static void put_string(struct random_item *random)
{
    unsigned n = is_one_in(random, 2000) ? 3000 : below(random, 12);
    bool may_be_unstorable = is_one_in(random, 4);

    put(random, "\"");
    for (unsigned i = 0; i < n; i++) {
        if (may_be_unstorable && is_one_in(random, 5))
            put_unstorable(random);
        else
            put_sound(random);
    }
    put(random, "\"");
}

static void put_integer(struct random_item *random)
{
    static const char *const edges[] = {
        "0",
        "-0",
        "1",
        "-1",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "123456789012345678901234567890",
    };

    if (is_one_in(random, 3))
        put(random, PICK(random, edges));
    else
        put_printed(random, "%u", below(random, 1000000));
}

/* Numbers that are no plain integers: jsonb writes them in its own way, so they are odd. */
static void put_number(struct random_item *random)
{
    static const char *const numbers[] = {
        "12.0",         "0.5",           "-0.0",     "1e3",     "1E+3",       "1.50e-2",
        "1e18",         "1e19",          "5e-324",   "1e308",   "1e400",      "1e131071",
        "-9.99e131071", "0.0001e131075", "1e-16383", "0e16383", "1.5e-16382",
    };
    static const char *const unstorable[] = {
        "1e131072",
        "-1E+131072",
        "1e200000",
        "1e-16384",
        "0e-16384",
        "1.5e-16383",
        "1e99999999999999999999",
        "-1e-99999999999999999999",
        "123.456e131070",
    };
    const char *number;

    if (!random->may_be_odd) {
        put_integer(random);
        return;
    }
    random->is_odd = true;
    if (!is_one_in(random, 4)) {
        put(random, PICK(random, numbers));
        return;
    }
    number = PICK(random, unstorable);
    buf_append_string(&random->sent, number);
    buf_printf(&random->storable, "\"%s\"", number);
}

static void put_timestamp(struct random_item *random)
{
    static const char *const offsets[] = {" +00:00",   "+00:00",         "Z",       " Z",
                                          "+02",       "-0530",          "+15:59",  " -11:30",
                                          ".5 +00:00", ".123456 +00:00", ".000001Z"};
    static const char *const others[] = {
        "\"2019-02-29 00:00:00 +00:00\"",
        "\"2020-02-29T23:59:59+00:00\"",
        "\"now\"",
        "\"infinity\"",
        "\"2019-01-21\"",
        "\"2019-01-21 18:17:01\"",
        "\"0001-01-01 00:00:00 +15:59\"",
        "\"9999-12-31 23:59:59 -15:59\"",
        "\"0000-01-01 00:00:00 +00:00\"",
        "\"2019-01-21 24:00:00 +00:00\"",
        "\"2019-01-21 18:17:60 +00:00\"",
        "\"Jan 21 2019\"",
        "\"2019-01-21 18-17-01 +00:00\"",
        "\"\"",
        "\"20190121T181701Z\"",
    };

    if (is_one_in(random, 4)) {
        put(random, PICK(random, others));
        return;
    }
    put_printed(random, "\"%04u-%02u-%02u%c%02u:%02u:%02u%s\"", 1 + below(random, 9999),
                1 + below(random, 12), 1 + below(random, 28), "T "[below(random, 2)],
                below(random, 24), below(random, 60), below(random, 60), PICK(random, offsets));
}

/* Brackets of a value deeper than is kept: it becomes a string of its text. */
static void put_deep(struct random_item *random)
{
    unsigned depth = (random->may_be_odd ? 495 : 490) + below(random, 10);
    bool is_too_deep = depth > 500;

    random->is_odd = random->is_odd || is_too_deep;
    if (is_too_deep)
        buf_append_string(&random->storable, "\"");
    for (unsigned i = 0; i < depth; i++)
        put(random, "[");
    put_replaced(random, "\"\\n\"", is_too_deep ? "\\\"\\\\n\\\"" : "\"\\n\"");
    for (unsigned i = 0; i < depth; i++)
        put(random, "]");
    if (is_too_deep)
        buf_append_string(&random->storable, "\"");
}

static void put_value(struct random_item *random, unsigned depth);

static void put_array(struct random_item *random, unsigned depth, bool is_of_text)
{
    unsigned n = below(random, 5);

    put(random, is_one_in(random, 3) ? "[ " : "[");
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            put(random, is_one_in(random, 3) ? " ,\n" : ",");
        if (!is_of_text)
            put_value(random, depth + 1);
        else if (is_one_in(random, 5))
            put(random, "null");
        else
            put_string(random);
    }
    put(random, "]");
}

/* Keys apart from each other, since a jsonb keeps only the last of equal ones. */
static void put_object(struct random_item *random, unsigned depth)
{
    unsigned n = below(random, 4);

    put(random, "{");
    for (unsigned i = 0; i < n; i++) {
        put_printed(random, "%s\"k%u", i > 0 ? "," : "", i);
        if (is_one_in(random, 5))
            put_unstorable(random);
        put(random, is_one_in(random, 3) ? "\" : " : "\":");
        put_value(random, depth + 1);
    }
    put(random, "}");
}

static void put_of_type(struct random_item *random, enum column_type type)
{
    switch (type) {
    case COLUMN_TEXT:
        put_string(random);
        break;
    case COLUMN_BIGINT:
        put_integer(random);
        break;
    case COLUMN_BOOLEAN:
        put(random, is_one_in(random, 2) ? "true" : "false");
        break;
    case COLUMN_TIMESTAMPTZ:
        put_timestamp(random);
        break;
    case COLUMN_TEXT_ARRAY:
        put_array(random, 0, true);
        break;
    case COLUMN_JSONB:
        put_array(random, 0, false);
        break;
    }
}

static void put_value(struct random_item *random, unsigned depth)
{
    switch (below(random, depth < 4 ? 11 : 5)) {
    case 0:
        put(random, "null");
        break;
    case 1:
        put_number(random);
        break;
    case 2:
        put_timestamp(random);
        break;
    case 3:
        put_of_type(random, COLUMN_BOOLEAN);
        break;
    case 4:
        put_string(random);
        break;
    case 5:
        put_object(random, depth);
        break;
    case 6:
        if (depth == 0 && is_one_in(random, 5))
            put_deep(random);
        else
            put_array(random, depth, false);
        break;
    default:
        put_of_type(random, (enum column_type)below(random, COLUMN_JSONB + 1));
        break;
    }
}

static void put_any(struct random_item *random, enum column_type type)
{
    if (is_one_in(random, 3))
        put_value(random, 0);
    else if (is_one_in(random, 8))
        put(random, "null");
    else
        put_of_type(random, type);
}

/* --- an item --------------------------------------------------------------------------------- */

static void put_key(struct random_item *random, const char *key)
{
    static const char *const separators[] = {"\":", "\": ", "\" :\n\t", "\"\r\n:"};

    put(random, random->n_fields++ == 0 ? "\"" : is_one_in(random, 4) ? " ,\n\"" : ",\"");
    put(random, key);
    put(random, PICK(random, separators));
}

/* The columns of a nested object that follow one another, as that object. Returns how many. */
static size_t put_nested(struct random_item *random, size_t first)
{
    const struct column *columns = random->endpoint->columns;
    size_t outer_size = strcspn(columns[first].path, "."), n = 0, n_fields = random->n_fields;
    char outer[64];

    snprintf(outer, sizeof outer, "%.*s", (int)outer_size, columns[first].path);
    put_key(random, outer);
    n_fields = random->n_fields;
    random->n_fields = 0;
    put(random, "{");
    for (; first + n < random->endpoint->n_columns &&
           strncmp(columns[first + n].path, columns[first].path, outer_size + 1) == 0;
         n++) {
        if (is_one_in(random, 5))
            continue;
        put_key(random, columns[first + n].path + outer_size + 1);
        put_any(random, columns[first + n].type);
    }
    if (is_one_in(random, 4)) {
        put_key(random, "unknown");
        put_value(random, 0);
    }
    put(random, "}");
    random->n_fields = n_fields;
    return n;
}

static void put_unknown(struct random_item *random)
{
    static const char *const names[] = {"new_field", "",        "Rank", "rank ", "\\u00e9",
                                        "\xc3\xa9",  "k\\\"ey", "a.b",  "\\n"};

    put_key(random, PICK(random, names));
    put_value(random, 0);
    if (is_one_in(random, 3)) {
        put(random, ",\"bad");
        put_unstorable(random);
        put(random, "\":");
        random->n_fields++;
        put_value(random, 0);
    }
}

/*
 * The keys that link_key needs are mostly there, so that there are rows to compare, and never odd:
 * a number that becomes a string would be a key for PostgreSQL.
 */
static void put_column(struct random_item *random, const struct column *column)
{
    bool is_key = false, may_be_odd = random->may_be_odd;

    for (size_t i = 0; random->endpoint->key_columns[i] != NULL; i++)
        is_key = is_key || strcmp(column->path, random->endpoint->key_columns[i]) == 0;
    if (is_one_in(random, is_key ? 60 : 6))
        return;
    put_key(random, column->path);
    random->may_be_odd = may_be_odd && !is_key;
    if (is_key && !is_one_in(random, 60))
        put_string(random);
    else
        put_any(random, column->type);
    random->may_be_odd = may_be_odd;
}

/* An ASCII byte changed where the page stays whole, the text storable, and no escape is touched. */
static void damage(struct random_item *random)
{
    static const char bytes[] = "0.,:-+ntx \x01"; /* an e could leave numeric's range */
    struct buf *sent = &random->sent;
    size_t at = below(random, (unsigned)sent->size);

    if (((unsigned char)sent->data[at] & 0x80u) != 0 || strchr("{}[]\"", sent->data[at]) != NULL)
        return;
    for (size_t i = 0; i <= 5 && i <= at; i++)
        if (sent->data[at - i] == '\\')
            return;
    sent->data[at] = PICK(random, bytes);
    if (sent->data[at] == '\0')
        sent->data[at] = '#';
    buf_clear(&random->storable);
    buf_append(&random->storable, sent->data, sent->size);
    random->is_odd = true; /* an integer may have a point now */
}

void random_item_next(struct random_item *random)
{
    const struct endpoint *endpoint = random->endpoint;
    size_t start = is_one_in(random, 4) ? below(random, (unsigned)endpoint->n_columns) : 0;

    buf_clear(&random->sent);
    buf_clear(&random->storable);
    random->n_fields = 0;
    random->is_odd = false;
    random->is_sound = is_one_in(random, 10);
    random->may_be_odd = !random->is_sound && is_one_in(random, 4);
    if (is_one_in(random, 200)) {
        put_value(random, 0);
        random->is_odd = true; /* its fields are not counted */
        return;
    }
    put(random, "{");
    for (size_t i = 0; i < endpoint->n_columns;) {
        size_t at = (start + i) % endpoint->n_columns;

        if (strchr(endpoint->columns[at].path, '.') == NULL) {
            put_column(random, &endpoint->columns[at]);
            i++;
        } else {
            i += put_nested(random, at);
        }
        if (is_one_in(random, 40))
            put_unknown(random);
        if (is_one_in(random, 40))
            put_column(random, &endpoint->columns[below(random, (unsigned)at + 1)]);
    }
    put(random, "}");
    if (random->is_sound && is_one_in(random, 2))
        damage(random);
}
