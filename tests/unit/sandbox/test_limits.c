/* The minute, the faults and the ledger. */
#include "unit/sandbox/fixture.h"

#include <unistd.h>

#include "sandbox/fault.h"
#include "sandbox/minute.h"

TestSuite(limits, .timeout = 30);

Test(limits, lets_so_many_through_in_any_sixty_seconds)
{
    struct minute minute;

    minute_init(&minute, 3, MINUTE_MS);
    cr_expect(minute_take(&minute, 1000));
    cr_expect(minute_take(&minute, 1000));
    cr_expect(minute_take(&minute, 50000));
    cr_expect(not(minute_take(&minute, 60999)));
    cr_expect(minute_take(&minute, 61000));
    cr_expect(minute_take(&minute, 61000));
    cr_expect(not(minute_take(&minute, 61000)));
    cr_expect(eq(sz, minute_left(&minute, 61000), 0));
    cr_expect(eq(sz, minute_left(&minute, 110000), 1));
    cr_expect(eq(sz, minute_left(&minute, 500000), 3));
    minute_deinit(&minute);
}

Test(limits, refuses_the_call_that_is_one_too_many_in_a_minute)
{
    START("--per-minute", "5", "--items", "a.com=10");
    for (int i = 0; i < 8; i++)
        cr_expect(eq(int, code_of("[{\"target\":\"a.com\"}]", NULL, 0), i < 5 ? 20000 : 40202));
    cr_expect(eq(i64, spent(), 5 * 24360000));
    stop();
}

Test(limits, has_shorter_minutes_in_a_rehearsal)
{
    int64_t begin_ms;
    int code;

    setenv("LINKHAUL_HASTE", "300", 1); /* a minute is 200 ms */
    START("--per-minute", "1", "--items", "a.com=10");
    begin_ms = clock_mono_ms();
    cr_expect(eq(int, code_of("[{\"target\":\"a.com\"}]", NULL, 0), 20000));
    do
        code = code_of("[{\"target\":\"a.com\"}]", NULL, 0);
    while (code == 40202);
    cr_expect(eq(int, code, 20000));
    cr_expect(ge(i64, clock_mono_ms() - begin_ms, 199));
    for (int i = 0; i < 6; i++)
        json_object_put(ask("GET", "/v3/appendix/user_data", ""));
    do {
        struct json_object *json = ask("GET", "/v3/appendix/user_data", "");

        code = (int)int_at(json, TASK_CODE);
        json_object_put(json);
    } while (code == 40202);
    cr_expect(eq(int, code, 20000));
    stop();
}

static struct fault_rule rule_of(const char *text)
{
    struct fault_rule rule;
    struct err err = {0};

    cr_assert(fault_rule_parse(&rule, text, &err), "%s", err.text);
    return rule;
}

Test(limits, meets_faults_at_their_rate_and_at_the_same_calls_again)
{
    struct fault_rule rules[] = {rule_of("http500=0.1"), rule_of("drop_after=@77")};
    int n_http = 0, n_drops = 0, n_differing = 0;

    for (uint64_t call = 1; call <= 10000; call++) {
        const struct fault *fault = fault_of(rules, 2, 5, call, false);

        cr_assert(fault == fault_of(rules, 2, 5, call, false));
        n_differing += fault != fault_of(rules, 2, 6, call, false);
        n_http += fault != NULL && fault->way == FAULT_HTTP;
        n_drops += fault != NULL && fault->way == FAULT_DROP;
    }
    cr_expect(n_http > 850 && n_http < 1150, "%d", n_http);
    cr_expect(n_drops <= 1);
    cr_expect(n_differing > 1000);
    cr_expect(fault_of(rules + 1, 1, 5, 77, false) != NULL);
    cr_expect(fault_of(rules + 1, 1, 5, 78, false) == NULL);
}

Test(limits, meets_a_fault_always_or_never)
{
    struct fault_rule always = rule_of("slow=1"), never = rule_of("slow=0");

    for (uint64_t call = 1; call < 1000; call++) {
        cr_assert(fault_of(&always, 1, 1, call, false) != NULL);
        cr_assert(fault_of(&never, 1, 1, call, false) == NULL);
    }
}

Test(limits, refuses_faults_that_it_does_not_know)
{
    static const char *const wrong[] = {"http500",     "http999=0.1", "http500=2",  "http500=-0.1",
                                        "http500=x",   "http500=",    "http500=@0", "http500=@",
                                        "http500=nan", "=0.1"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fault_rule rule;
        struct err err = {0};

        cr_expect(not(fault_rule_parse(&rule, wrong[i], &err)), "%s", wrong[i]);
        cr_expect(eq(int, err.kind, ERR_USAGE));
    }
}

/* The ledger's lines, each as JSON. */
static size_t read_ledger(const char *path, struct json_object **lines, size_t n_max)
{
    FILE *file = fopen(path, "r");
    char line[8192];
    size_t n = 0;

    cr_assert(file != NULL);
    while (n < n_max && fgets(line, sizeof(line), file) != NULL) {
        lines[n] = json_tokener_parse(line);
        cr_assert(lines[n] != NULL, "%s", line);
        n++;
    }
    fclose(file);
    return n;
}

Test(limits, writes_down_every_request_and_what_was_taken_for_it)
{
    static const char *const bodies[] = {
        "[{\"target\":\"a.com\",\"limit\":10,\"tag\":\"first \\\"one\\\"\"}]",
        "[{\"target\":\"a.com\",\"limit\":10,\"offset\":20}]",
        "[{\"target\":\"a.com\",\"limit\":0}]",
        "nonsense",
        "[{\"target\":\"a.com\",\"limit\":10}]", /* dropped, and billed */
        "[{\"target\":\"a.com\",\"limit\":10}]", /* dropped before, not billed */
        "[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":5}]",
    };
    static const int64_t costs[] = {24360000, 24180000, 0, 0, 24360000, 0, 20150000};
    static const int codes[] = {20000, 20000, 40501, 40503, 20000, 0, 20000};
    char path[] = "/tmp/sandbox-ledger-XXXXXX";
    struct json_object *lines[16], *json;
    int64_t sum = 0;
    size_t n;

    close(mkstemp(path));
    START("--items", "a.com=25", "--ledger", path, "--fault", "drop_after=@5", "--fault",
          "drop_before=@6");
    for (size_t i = 0; i < 7; i++) {
        struct reply reply = ask_raw("POST", LIVE, AUTHORIZATION, bodies[i]);

        cr_expect(eq(int, reply.http, i == 4 || i == 5 ? 0 : 200), "%zu", i);
        buf_deinit(&reply.body);
    }
    json = ask("GET", "/v3/appendix/status", "");
    json_object_put(json);
    n = read_ledger(path, lines, 16); /* while it runs: each line is there at once */
    cr_assert(eq(sz, n, 8));
    for (size_t i = 0; i < 7; i++) {
        cr_expect(eq(i64, int_at(lines[i], "cost_nanousd"), costs[i]), "line %zu", i);
        cr_expect(eq(int, json_object_get_boolean(at(lines[i], "billed")), costs[i] > 0));
        cr_expect(eq(i64, int_at(lines[i], "status_code"), codes[i]), "line %zu", i);
        cr_expect(eq(i64, int_at(lines[i], "in_flight"), 1));
        cr_expect(eq(i64, int_at(lines[i], "call"), (int64_t)i + 1));
        sum += int_at(lines[i], "cost_nanousd");
    }
    cr_expect(eq(i64, sum, spent()));
    cr_expect_str_eq(text_at(lines[0], "tag"), "first \"one\"");
    cr_expect_str_eq(text_at(lines[0], "target"), "a.com");
    cr_expect(eq(i64, int_at(lines[0], "items"), 10));
    cr_expect(eq(i64, int_at(lines[1], "offset"), 20));
    cr_expect(eq(i64, int_at(lines[1], "items"), 5));
    cr_expect_str_eq(text_at(lines[4], "fault"), "drop_after");
    cr_expect(eq(i64, int_at(lines[4], "http"), 0));
    cr_expect_str_eq(text_at(lines[7], "path"), "/v3/appendix/status");
    for (size_t i = 0; i < n; i++)
        json_object_put(lines[i]);
    stop();
    unlink(path);
}

Test(limits, says_where_the_ledger_cannot_be_opened)
{
    struct err err = {0};

    options_init(&options);
    options.ledger = "/nowhere/at/all";
    cr_expect(sandbox_start(&options, &err) == NULL);
    cr_expect(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
}
