/* The list of calls, which tells what was billed though its answer never came. */
#include "unit/sandbox/fixture.h"

#include "sandbox/history.h"

TestSuite(id_list, .timeout = 60);

#define ID_LIST "/v3/backlinks/id_list"
#define EVER "\"datetime_from\":\"2020-01-01\",\"datetime_to\":\"2099-01-01\""

/* The answer to a task of these fields on top of all times; json_object_put() it. */
static struct json_object *list(const char *fields)
{
    char *body = mem_printf("[{" EVER "%s}]", fields);
    struct json_object *json = ask("POST", ID_LIST, body);

    free(body);
    return json;
}

Test(id_list, has_what_was_posted_and_what_it_cost)
{
    struct json_object *paid, *json, *row;
    char *body;

    START("--items", "a.com=10", "--fault", "drop_after=@2", "--fault", "http500=@3");
    paid = live("[{\"target\":\"a.com\",\"limit\":3,\"tag\":\"lh/1\"}]");
    body = mem_printf(
        "[{\"target\":\"a.com\",\"limit\":3,\"tag\":\"lh/1\","
        "\"search_after_token\":\"%s\"}]",
        text_at(paid, TOKEN));
    for (int i = 0; i < 2; i++) {
        struct reply reply = ask_raw("POST", LIVE, AUTHORIZATION, body);

        buf_deinit(&reply.body);
    }
    json = list(",\"sort\":\"asc\",\"include_metadata\":true");
    cr_expect(eq(i64, int_at(json, "tasks.0.result_count"), 2));
    row = at(json, "tasks.0.result.0");
    cr_expect_str_eq(text_at(row, "id"), text_at(paid, "tasks.0.id"));
    cr_expect_str_eq(text_at(row, "metadata.target"), "a.com");
    cr_expect(eq(i64, int_at(row, "metadata.limit"), 3));
    row = at(json, "tasks.0.result.1");
    cr_expect_str_eq(text_at(row, "metadata.tag"), "lh/1");
    cr_expect_str_eq(text_at(row, "metadata.search_after_token"), text_at(paid, TOKEN));
    cr_expect_str_eq(text_at(row, "cost"), "0.024108");
    cr_expect(eq(i64, int_at(row, "status"), 20000));
    cr_expect(
        eq(sz, strlen(text_at(row, "datetime_posted")), strlen("2026-01-01 00:00:00 +00:00")));
    cr_expect(ge(i64, strcmp(text_at(row, "datetime_done"), text_at(row, "datetime_posted")), 0));
    cr_expect(strstr(text_at(row, "url"), LIVE) != NULL);
    free(body);
    json_object_put(json);
    json_object_put(paid);
    stop();
}

Test(id_list, is_no_paid_call_and_answers_ten_times_a_minute)
{
    START("--per-minute", "1", "--items", "a.com=10");
    for (int i = 0; i < 11; i++) {
        struct json_object *json = list("");

        cr_expect(eq(i64, int_at(json, TASK_CODE), i < 10 ? 20000 : 40202));
        json_object_put(json);
    }
    cr_expect(eq(u64, sandbox->n_paid_calls, 0));
    cr_expect(eq(int, code_of("[{\"target\":\"a.com\"}]", NULL, 0), 20000));
    stop();
}

Test(id_list, is_paged_in_the_order_of_posting)
{
    static const struct {
        const char *fields, *tags;
    } pages[] = {
        {",\"sort\":\"asc\",\"limit\":2", "01"},
        {",\"sort\":\"asc\",\"limit\":2,\"offset\":2", "23"},
        {",\"sort\":\"asc\",\"limit\":2,\"offset\":4", "4"},
        {",\"sort\":\"asc\",\"offset\":5", ""},
        {",\"sort\":\"desc\",\"limit\":3", "432"},
        {",\"sort\":\"desc\",\"limit\":3,\"offset\":3", "10"},
        {"", "43210"},
    };

    START("--items", "a.com=10");
    for (int i = 0; i < 5; i++) {
        char body[64];

        snprintf(body, sizeof(body), "[{\"target\":\"a.com\",\"tag\":\"%d\"}]", i);
        json_object_put(live(body));
    }
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        char *fields = mem_printf("%s,\"include_metadata\":true", pages[i].fields);
        struct json_object *json = list(fields);
        struct json_object *rows = at(json, "tasks.0.result");
        char tags[16] = "";
        size_t n = rows == NULL ? 0 : json_object_array_length(rows);

        for (size_t j = 0; j < n && j < sizeof(tags) - 1; j++)
            tags[j] = text_at(json_object_array_get_idx(rows, j), "metadata.tag")[0];
        cr_expect_str_eq(tags, pages[i].tags, "%s", pages[i].fields);
        json_object_put(json);
        free(fields);
    }
    stop();
}

Test(id_list, takes_times_with_and_without_their_offset)
{
    static const struct {
        const char *from, *to;
        int code;
        int64_t n;
    } windows[] = {
        {"2020-01-01 00:00:00 +00:00", "2099-12-31 23:59:59 +00:00", 20000, 1},
        {"2020-01-01 00:00:00", "2099-12-31 23:59:59", 20000, 1},
        {"2020-01-01", "2099-12-31", 20000, 1},
        {"2020-01-01 00:00:00", "2020-12-31 23:59:59", 20000, 0},
        {"2099-01-01 00:00:00", "2099-12-31 23:59:59", 20000, 0},
        {"2020-01-01 00:00", "2099-12-31 23:59:59", 40501, 0},
        {"2020-13-01 00:00:00", "2099-12-31 23:59:59", 40501, 0},
    };

    START("--items", "a.com=10");
    json_object_put(live("[{\"target\":\"a.com\"}]"));
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        char *body = mem_printf("[{\"datetime_from\":\"%s\",\"datetime_to\":\"%s\"}]",
                                windows[i].from, windows[i].to);
        struct json_object *json = ask("POST", ID_LIST, body);

        cr_expect(eq(i64, int_at(json, TASK_CODE), windows[i].code), "%s", windows[i].from);
        cr_expect(eq(i64, int_at(json, "tasks.0.result_count"), windows[i].n), "%s",
                  windows[i].from);
        json_object_put(json);
        free(body);
    }
    stop();
}

/* 30 s of the API's time are 300 ms here. */
Test(id_list, lags_behind)
{
    int64_t begin_ms;

    setenv("LINKHAUL_HASTE", "100", 1);
    START("--items", "a.com=10", "--id-list-lag", "30000");
    begin_ms = clock_mono_ms();
    json_object_put(live("[{\"target\":\"a.com\"}]"));
    cr_expect(eq(i64, n_listed(), 0));
    while (true) {
        struct json_object *json = list("");
        int64_t n = int_at(json, "tasks.0.result_count");

        json_object_put(json);
        if (n == 1)
            break;
    }
    cr_expect(ge(i64, clock_mono_ms() - begin_ms, 300));
    stop();
}

Test(id_list, may_know_nothing_of_live_calls)
{
    START("--items", "a.com=10", "--id-list", "none");
    json_object_put(live("[{\"target\":\"a.com\"}]"));
    cr_expect(eq(i64, n_listed(), 0));
    stop();
}

static void fill(struct history *history, uint64_t place, int code)
{
    struct history_task task = {.code = code, .metadata = mem_strdup("{}")};

    history_fill(history, place, &task);
}

Test(id_list, keeps_the_order_of_posting_where_calls_end_in_another)
{
    struct history history = {0};
    uint64_t first = history_post(&history), second = history_post(&history);

    cr_expect(eq(sz, history_size(&history), 2));
    fill(&history, second, 2);
    cr_expect(history_at(&history, 0)->metadata == NULL);
    fill(&history, first, 1);
    cr_expect(eq(int, history_at(&history, 0)->code, 1));
    cr_expect(eq(int, history_at(&history, 1)->code, 2));
    history_deinit(&history);
}

Test(id_list, forgets_the_oldest_of_more_than_a_hundred_thousand)
{
    struct history history = {0};
    uint64_t late = history_post(&history);

    for (int i = 1; i < HISTORY_MAX + 5; i++)
        fill(&history, history_post(&history), i);
    fill(&history, late, 0); /* its place is another's by now */
    cr_expect(eq(sz, history_size(&history), HISTORY_MAX));
    cr_expect(eq(int, history_at(&history, 0)->code, 5));
    cr_expect(eq(int, history_at(&history, HISTORY_MAX - 1)->code, HISTORY_MAX + 4));
    history_deinit(&history);
}
