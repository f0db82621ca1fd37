#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "core/text.h"
#include "unit/decode/decoded.h"

TestSuite(envelope, .timeout = 30);

static struct decoded decode_text(const char *body)
{
    return decode(body, strlen(body));
}

static void expect_bad(const char *body, const char *wanted_in_text)
{
    struct decoded decoded = decode_text(body);

    cr_expect(not(decoded.is_fine), "%.80s", body);
    cr_expect(eq(int, decoded.err.kind, ERR_DATA), "%.80s", body);
    cr_expect(strstr(decoded.err.text, wanted_in_text) != NULL, "%.80s: %s", body,
              decoded.err.text);
    cr_expect(decoded.envelope.token == NULL);
    decoded_deinit(&decoded);
}

Test(envelope, reads_what_an_answer_says_about_itself)
{
    struct decoded decoded = decode_items("{\"a\":1},{\"b\":[2,3]}");
    const struct envelope *envelope = &decoded.envelope;

    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(int, envelope->status_code, 20000));
    cr_expect(eq(int, envelope->task_status_code, 20000));
    cr_expect_str_eq(envelope->message, "Ok.");
    cr_expect_str_eq(envelope->task_id, "04301435-1535-0269-0000-f29dcb15157f");
    cr_expect(eq(i64, envelope->cost_nanousd, 27600000));
    cr_expect(eq(i64, envelope->total_count, 42671699));
    cr_expect(eq(i64, envelope->items_count, 2));
    cr_expect(eq(i64, envelope->n_items, 2));
    cr_expect_str_eq(envelope->token, "eyJ0");
    decoded_deinit(&decoded);
}

Test(envelope, tolerates_that_anything_is_missing_null_or_of_another_type)
{
    static const char *const bodies[] = {
        "{}",
        "{\"tasks\":null}",
        "{\"tasks\":[]}",
        "{\"tasks\":[null]}",
        "{\"tasks\":[{}]}",
        "{\"tasks\":{\"result\":[]}}",
        "{\"tasks\":[{\"result\":null}]}",
        "{\"tasks\":[{\"result\":[]}]}",
        "{\"tasks\":[{\"result\":[null]}]}",
        "{\"tasks\":[{\"result\":[{}]}]}",
        "{\"tasks\":[{\"result\":[{\"items\":null}]}]}",
        "{\"tasks\":[{\"result\":[{\"items\":[]}]}]}",
        "{\"tasks\":[{\"result\":[{\"items\":[ \n ]}]}]}",
        "{\"status_code\":\"20000\",\"cost\":\"1\",\"status_message\":7,\"tasks\":[{\"id\":[],"
        "\"status_code\":1.5,\"result\":[{\"total_count\":\"5\",\"items_count\":-1,"
        "\"search_after_token\":7,\"items\":[]}]}]}",
        "{\"status_code\":99999999999,\"cost\":-1,\"tasks\":[{\"status_code\":-20000,\"cost\":null,"
        "\"result\":[{\"total_count\":99999999999999999999,\"items_count\":1e3,"
        "\"search_after_token\":\"\"}]}]}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct decoded decoded = decode_text(bodies[i]);
        const struct envelope *envelope = &decoded.envelope;

        cr_assert(decoded.is_fine, "%s: %s", bodies[i], decoded.err.text);
        cr_expect(eq(int, envelope->status_code, 0), "%s", bodies[i]);
        cr_expect(eq(int, envelope->task_status_code, 0), "%s", bodies[i]);
        cr_expect_str_eq(envelope->message, "", "%s", bodies[i]);
        cr_expect_str_eq(envelope->task_id, "", "%s", bodies[i]);
        cr_expect(eq(i64, envelope->cost_nanousd, -1), "%s", bodies[i]);
        cr_expect(eq(i64, envelope->total_count, -1), "%s", bodies[i]);
        cr_expect(eq(i64, envelope->items_count, -1), "%s", bodies[i]);
        cr_expect(eq(i64, envelope->n_items, 0), "%s", bodies[i]);
        cr_expect(envelope->token == NULL, "%s", bodies[i]);
        cr_expect(eq(sz, decoded.rows.n_rows, 0), "%s", bodies[i]);
        decoded_deinit(&decoded);
    }
}

Test(envelope, finds_everything_in_any_order_among_unknown_keys)
{
    struct decoded decoded = decode_text(
        "\xef\xbb\xbf \r\n{\"items\":[1],\"tasks\":[{\"data\":{\"items\":[{}],\"result\":[{\"items\":"
        "[1,2,3]}]},\"result\":[{\"search_after_token\":\"t\",\"x\":{\"items\":[9]},\"items\":"
        " [ {\"items\":[{}]} , 7 ] ,\"total_count\":3,\"y\":[[[\"items\"]]]},{\"items\":[5,6]}],"
        "\"cost\":3.6e-05,\"status_code\":20000},{\"status_code\":40000,\"cost\":5,\"result\":"
        "[{\"items\":[1]}]}],\"new\":{\"tasks\":[]},\"cost\":1,\"status_code\":20100}\n \n");
    const struct envelope *envelope = &decoded.envelope;

    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(int, envelope->status_code, 20100));
    cr_expect(eq(int, envelope->task_status_code, 20000));
    cr_expect(eq(i64, envelope->cost_nanousd, 36000));
    cr_expect(eq(i64, envelope->total_count, 3));
    cr_expect(eq(i64, envelope->n_items, 2));
    cr_expect_str_eq(envelope->token, "t");
    cr_expect(eq(sz, decoded.rejects.n_rows, 2));
    decoded_deinit(&decoded);
}

Test(envelope, reads_the_cost_digit_by_digit_wherever_it_stands)
{
    static const struct {
        const char *body;
        int64_t cost_nanousd;
    } cases[] = {
        {"{\"cost\":0.02015,\"tasks\":null}", 20150000},
        {"{\"cost\":0.5,\"tasks\":[{\"cost\":0.25}]}", 250000000},
        {"{\"cost\":0.5,\"tasks\":[{\"cost\":0}]}", 0},
        {"{\"cost\":0.5,\"tasks\":[{\"cost\":null}]}", 500000000},
        {"{\"cost\":3.6e-05}", 36000},
        {"{\"cost\":2E-2}", 20000000},
        {"{\"cost\":2}", 2000000000},
        {"{\"cost\":0.0240360000000000000001}", 24036001},
        {"{\"cost\":1e300}", -1},
        {"{\"cost\":99999999999999999999999}", -1},
        {"{\"cost\":true}", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded decoded = decode_text(cases[i].body);

        cr_assert(decoded.is_fine, "%s: %s", cases[i].body, decoded.err.text);
        cr_expect(eq(i64, decoded.envelope.cost_nanousd, cases[i].cost_nanousd), "%s",
                  cases[i].body);
        decoded_deinit(&decoded);
    }
}

Test(envelope, takes_the_tasks_message_before_the_top_levels_and_cleans_it)
{
    struct decoded decoded = decode_text(
        "{\"status_message\":\"Ok.\",\"tasks\":[{\"status_message\":"
        "\"Invalid Field: 'target'. \xff\\ud800\\u0000\"}]}");
    char *body, *message = mem_new(2001);

    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(strncmp(decoded.envelope.message, "Invalid Field: 'target'. \xef\xbf\xbd", 28) == 0);
    cr_expect(eq(sz, text_utf8_valid(decoded.envelope.message, strlen(decoded.envelope.message)),
                 strlen(decoded.envelope.message)));
    decoded_deinit(&decoded);

    for (unsigned i = 0; i < 1000; i++)
        memcpy(message + 2 * i, "\xc3\xa9", 2);
    body = mem_printf("{\"status_message\":\"x%s\",\"tasks\":[{\"id\":\"%s\"}]}", message, message);
    decoded = decode_text(body);
    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(sz, strlen(decoded.envelope.message), ENVELOPE_TEXT_MAX - 1));
    cr_expect(eq(sz, strlen(decoded.envelope.task_id), ENVELOPE_ID_MAX - 2));
    decoded_deinit(&decoded);
    free(message);
    free(body);
}

Test(envelope, keeps_a_token_of_16_kb_and_refuses_a_longer_one)
{
    for (size_t size = ENVELOPE_TOKEN_MAX; size <= ENVELOPE_TOKEN_MAX + 1; size++) {
        char *token = mem_new(size + 1), *body;

        memset(token, 'A', size);
        body = mem_printf("{\"tasks\":[{\"result\":[{\"search_after_token\":\"%s\"}]}]}", token);
        if (size > ENVELOPE_TOKEN_MAX) {
            expect_bad(body, "search_after_token has 16385 bytes");
        } else {
            struct decoded decoded = decode_text(body);

            cr_assert(decoded.is_fine, "%s", decoded.err.text);
            cr_expect_str_eq(decoded.envelope.token, token);
            decoded_deinit(&decoded);
        }
        free(token);
        free(body);
    }
    expect_bad("{\"tasks\":[{\"result\":[{\"search_after_token\":\"a\\u0000b\"}]}]}", "token");
    expect_bad("{\"tasks\":[{\"result\":[{\"search_after_token\":\"a\xff\"}]}]}", "token");
}

Test(envelope, says_what_came_instead_of_an_object)
{
    expect_bad("", "empty");
    expect_bad(" \n ", "empty");
    expect_bad("\xef\xbb\xbf", "empty");
    expect_bad("<html>\n<title>502 Bad Gateway</title>", "begins with: <html> <title>502 Bad");
    expect_bad("<html>]}\xff", "begins with: <html>]}\xef\xbf\xbd");
    expect_bad("[]", "no JSON object");
    expect_bad("\"{}\"", "no JSON object");
    expect_bad("null", "no JSON object");
    expect_bad("42", "no JSON object");
}

Test(envelope, refuses_what_is_not_one_valid_object)
{
    expect_bad("{", "cut short");
    expect_bad("{\"a\":\"", "cut short");
    expect_bad("{\"a\":NaN}", "not valid JSON");
    expect_bad("{\"a\":\"\n\"}", "not valid JSON");
    expect_bad("{\"a\" 1}", "not valid JSON");
    expect_bad("{'a':1}", "not valid JSON");
    expect_bad("{\"a\":1,}", "not valid JSON");
    expect_bad("{\"a\":[1}", "cut short");
    expect_bad("{}{}", "behind");
    expect_bad("{} x", "behind");
    expect_bad("{}]", "never opened");
    expect_bad("{\"tasks\" [{\"result\":[{\"items\":[]}]}]}", "not valid JSON");
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":[{\"a\":]}]}]}", "do not match");
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":[{}", "cut short within its items");
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":[\"", "cut short within its items");
}

/* Each of these would otherwise be a page that looks empty and is not. */
Test(envelope, never_loses_items_silently)
{
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":{\"1\":{}}}]}]}", "no array");
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":\"x\"}]}]}", "no array");
    expect_bad("{\"tasks\":[{\"result\":[{\"\\u0069tems\":[{}]}]}]}", "not where");
    expect_bad("{\"\\u0074asks\":[{\"result\":[{\"items\":[{}]}]}]}", "not where");
    expect_bad("{\"tasks\":[{\"result\":[{\"items\":[{}],\"items\":[{}]}]}]}", "twice");
    expect_bad(
        "{\"tasks\":[],\"tasks\":[{\"result\":[{\"items\":[{}]},{}]}],\"tasks\":[{\"result\":"
        "[{\"items\":[1]}]}]}",
        "twice");
}

Test(envelope, bounds_the_body_and_what_stands_around_the_items)
{
    size_t size = 1100000;
    char *filler = mem_new(size + 1), *body, *items;
    struct memory memory;
    struct page_source source;
    struct page *page;
    struct envelope envelope;
    struct err err;

    memset(filler, 'x', size);
    body = mem_printf("{\"a\":\"%s\"}", filler);
    expect_bad(body, "around");
    items = mem_printf("{\"tasks\":[{\"result\":[{\"items\":[\"%s\"]}]}]}", filler);
    memory = (struct memory){.data = items, .size = strlen(items)};
    source = memory_source(&memory);
    page = page_new(endpoint_find("backlinks"), &source);
    cr_expect(not(page_envelope(page, strlen(items) - 1, &envelope, &err)));
    cr_expect(eq(int, err.kind, ERR_DATA));
    cr_assert(page_envelope(page, strlen(items), &envelope, &err), "%s", err.text);
    cr_expect(eq(i64, envelope.n_items, 1));
    envelope_deinit(&envelope);
    page_destroy(page);
    free(filler);
    free(body);
    free(items);
}

Test(envelope, refuses_a_body_that_is_cut_at_any_byte)
{
    char *item = item_of(",\"rank\":5,\"alt\":\"\\\"]}\\u00e9\",\"ranked_keywords_info\":{}");
    char *items = mem_printf("%s , 7, %s", item, item);
    char *body = body_of(items);

    for (size_t size = 0; size < strlen(body); size++) {
        struct decoded decoded = decode(body, size);

        cr_expect(not(decoded.is_fine), "%zu bytes", size);
        cr_expect(eq(int, decoded.err.kind, ERR_DATA), "%zu bytes", size);
        decoded_deinit(&decoded);
    }
    free(item);
    free(items);
    free(body);
}

/* A gateway's error, what it is called (NULL: it is none) and what it says. */
static void expect_error(const char *body, const char *code, const char *message)
{
    struct decoded decoded = decode_text(body);

    cr_assert(decoded.is_fine, "%s: %s", body, decoded.err.text);
    cr_expect(decoded.envelope.has_error == (code != NULL), "%s", body);
    cr_expect_str_eq(decoded.envelope.error_code, code == NULL ? "" : code, "%s", body);
    cr_expect_str_eq(decoded.envelope.message, message, "%s", body);
    decoded_deinit(&decoded);
}

Test(envelope, reads_the_error_of_a_gateway)
{
    expect_error(
        "{\"error\":{\"type\":\"rate\",\"code\":\"quota_exceeded\",\"message\":\"Enough.\","
        "\"request_id\":\"req_1\"}}",
        "quota_exceeded", "Enough. (request req_1)");
    expect_error("{\"error\":\"invalid_api_key\",\"message\":\"No such key.\"}", "invalid_api_key",
                 "No such key.");
    expect_error("{\"error\":\"gone\"}", "gone", "gone");
    expect_error("{\"error\":{\"type\":\"rate\"}}", "rate", "rate");
    expect_error("{\"error\":{}}", "", "");
    expect_error("{\"error\":{\"code\":7,\"message\":[]}}", "", "");
    expect_error("{\"error\":null}", NULL, "");
    expect_error("{\"error\":[]}", NULL, "");
    expect_error("{\"status_code\":20000,\"status_message\":\"Ok.\",\"error\":\"x\"}", NULL, "Ok.");
}
