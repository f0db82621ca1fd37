#include "decode/tasks.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

/* The vendor's list of tasks, in the forms that it is known or likely to come in. */

TestSuite(tasks, .timeout = 20);

static struct tasks list;
static struct err err;
static size_t n_listed;

static bool add(const char *text)
{
    return tasks_add(&list, text, strlen(text), &n_listed, &err);
}

#define PAGE(rows)                                                                                 \
    "{\"version\":\"0.1\",\"status_code\":20000,\"status_message\":\"Ok.\",\"cost\":0,\"tasks\":[" \
    "{\"id\":\"x\",\"status_code\":20000,\"status_message\":\"Ok.\",\"result\":" rows "}]}"

#define ROW(cost, metadata)                                                                                \
    "{\"id\":\"11240628-1535-0269-0000-ecb8901ceb68\",\"url\":\"https://x\","                              \
    "\"datetime_posted\":\"2026-11-24 06:28:01 +00:00\",\"datetime_done\":\"2026-11-24 06:28:03 +00:00\"," \
    "\"status\":20000,\"cost\":" cost ",\"metadata\":" metadata "}"

Test(tasks, reads_what_a_call_was_and_cost)
{
    cr_assert(add(PAGE("[" ROW("0.060036",
                               "{\"target\":\"a.com\",\"limit\":1000,\"tag\":\"lh/a/1.0"
                               " mine\",\"offset\":2000}") "]")),
              "%s", err.text);
    cr_assert(eq(sz, list.n_tasks, 1));
    cr_expect(eq(sz, n_listed, 1));
    cr_expect_str_eq(list.tasks[0].id, "11240628-1535-0269-0000-ecb8901ceb68");
    cr_expect_str_eq(list.tasks[0].tag, "lh/a/1.0 mine");
    cr_expect(eq(i64, list.tasks[0].offset, 2000));
    cr_expect(eq(ptr, list.tasks[0].token, NULL));
    cr_expect(eq(i64, list.tasks[0].cost_nanousd, 60036000));
    cr_expect(eq(i64, list.tasks[0].posted_ms, INT64_C(1795501681000)));
    tasks_deinit(&list);
}

#define SECOND                                                                                     \
    "{\"id\":\"1\",\"cost\":\"0.02\",\"datetime_posted\":\"2026-11-24T06:28:01+00:00\","           \
    "\"metadata\":{\"tag\":\"t\"}}"

Test(tasks, takes_the_forms_that_numbers_times_and_bodies_come_in)
{
    const char *page =
        PAGE("[" ROW("3.6e-05", "[{\"tag\":\"t\",\"search_after_token\":\"abc\"}]") "," SECOND "]");

    cr_assert(add(page), "%s", err.text);
    cr_assert(eq(sz, list.n_tasks, 2));
    cr_expect(eq(i64, list.tasks[0].cost_nanousd, 36000));
    cr_expect_str_eq(list.tasks[0].token, "abc");
    cr_expect(eq(i64, list.tasks[0].offset, 0));
    cr_expect(eq(i64, list.tasks[1].cost_nanousd, 20000000));
    cr_expect(eq(i64, list.tasks[1].posted_ms, list.tasks[0].posted_ms));
    tasks_deinit(&list);
}

#define RUNNING(cost)                                                                              \
    "{\"id\":\"1\",\"cost\":" cost                                                                 \
    ",\"datetime_posted\":\"2026-11-24T06:28:01+00:00\","                                          \
    "\"datetime_done\":null,\"metadata\":{\"tag\":\"t\"}}"

/* No charge is only told of what is over; a charge is one whatever else is told. */
Test(tasks, tells_what_is_free_from_what_is_not_over)
{
    const char *page = PAGE("[" RUNNING("0") "," RUNNING("null") "," RUNNING("0.06") "," ROW(
        "0", "{\"tag\":\"t\"}") "]");
    static const int64_t costs[] = {-1, -1, 60000000, 0};

    cr_assert(add(page), "%s", err.text);
    cr_assert(eq(sz, list.n_tasks, 4));
    for (size_t i = 0; i < 4; i++)
        cr_expect(eq(i64, list.tasks[i].cost_nanousd, costs[i]), "%zu", i);
    tasks_deinit(&list);
}

#define OURS ROW("0.02", "{\"tag\":\"t\"}")

/* Rows of other tools count for the paging, and for nothing else. */
Test(tasks, passes_over_what_can_be_none_of_ours)
{
    const char *page = PAGE("[" ROW("0.02", "null") "," ROW("0.02", "{\"target\":\"a.com\"}") ","
                            "{\"id\":\"1\"},null,7," OURS "]");

    cr_assert(add(page), "%s", err.text);
    cr_expect(eq(sz, n_listed, 6));
    cr_expect(eq(sz, list.n_listed, 6));
    cr_expect(eq(sz, list.n_tasks, 1));
    cr_assert(add(PAGE("null")));
    cr_expect(eq(sz, n_listed, 0));
    cr_assert(add(PAGE("[" OURS "]")));
    cr_expect(eq(sz, list.n_tasks, 2));
    cr_expect(eq(sz, list.n_listed, 7));
    tasks_deinit(&list);
}

Test(tasks, tells_a_refusal_from_nonsense)
{
    static const struct {
        const char *text;
        enum err_kind kind;
        const char *words;
    } cases[] = {
        {"", ERR_DATA, "not what the API sends"},
        {"<html>", ERR_DATA, "not what the API sends"},
        {"[]", ERR_DATA, "not what the API sends"},
        {"{\"status_code\":\"20000\"}", ERR_DATA, "not what the API sends"},
        {"{\"status_code\":40100,\"status_message\":\"No.\",\"tasks\":null}", ERR_API, "40100 No."},
        {"{\"status_code\":20000,\"tasks\":[]}", ERR_API, "20000"},
        {"{\"status_code\":20000,\"tasks\":[{\"status_code\":40202,\"status_message\":\"Rate.\"}]}",
         ERR_API, "40202 Rate."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect(not(add(cases[i].text)));
        cr_expect(eq(int, err.kind, cases[i].kind), "%s: %s", cases[i].text, err.text);
        cr_expect(ne(ptr, strstr(err.text, cases[i].words), NULL), "%s", err.text);
    }
    cr_expect(eq(sz, list.n_tasks, 0));
}

Test(tasks, asks_for_whole_seconds_around_the_times)
{
    char *body = tasks_request(INT64_C(1795501681999), INT64_C(1795501682001), 3000);

    cr_expect_str_eq(body,
                     "[{\"datetime_from\":\"2026-11-24 06:28:01 +00:00\",\"datetime_to\":\"2026-11-"
                     "24 06:28:03 +00:00\",\"limit\":1000,\"offset\":3000,\"sort\":\"asc\","
                     "\"include_metadata\":true}]");
    free(body);
}
