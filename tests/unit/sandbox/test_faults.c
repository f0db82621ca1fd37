/*
 * What each kind of fault shows to a client, and what it costs. In haste, so that what hangs ends
 * within the test.
 */
#include "unit/sandbox/client.h"

#include <zlib.h>

#include "sandbox/fault.h"

#define BODY "[{\"target\":\"a.com\"}]"
#define COST_NANOUSD 24360000 /* of the ten items of a.com */

static void hurry(void)
{
    setenv("LINKHAUL_HASTE", "1000", 1);
}

TestSuite(faults, .timeout = 60, .init = hurry);

enum seen { CLOSED, RESET, CUT, WHOLE };

static enum seen seen_of(const struct answer *answer)
{
    if (answer->error == ECONNRESET)
        return RESET;
    if (answer->status == 0)
        return CLOSED;
    return answer->body_size < answer->promised_size ? CUT : WHOLE;
}

static const struct {
    const char *kind;
    enum seen seen;
    int http;
    int code; /* of the body; 0: it is no JSON */
    bool is_listed, is_billed;
    const char *says; /* part of the body; NULL: nothing special */
} kinds[] = {
    // clang-format off
    {"http500",             WHOLE,  500, 0,     false, false, "Internal Server Error"},
    {"http500_billed",      WHOLE,  500, 0,     true,  true,  "Internal Server Error"},
    {"http502html",         WHOLE,  502, 0,     false, false, "<h1>502 Bad Gateway</h1>"},
    {"http502html_billed",  WHOLE,  502, 0,     true,  true,  "<html>"},
    {"http503html",         WHOLE,  503, 0,     false, false, "<html>"},
    {"http503html_billed",  WHOLE,  503, 0,     true,  true,  "<html>"},
    {"http504html",         WHOLE,  504, 0,     false, false, "<h1>504 Gateway Time-out</h1>"},
    {"http504html_billed",  WHOLE,  504, 0,     true,  true,  "<html>"},
    {"50000",               WHOLE,  200, 50000, true,  false, "\"cost\":0,\"result_count\":0"},
    {"50000_billed",        WHOLE,  200, 50000, true,  true,  "\"cost\":0.02436,\"result_count\":0"},
    {"50401",               WHOLE,  200, 50401, true,  false, "\"result\":null"},
    {"50401_billed",        WHOLE,  200, 50401, true,  true,  "\"cost\":0.02436,\"tasks_count\""},
    {"40101",               WHOLE,  200, 40101, true,  false, NULL},
    {"40101_billed",        WHOLE,  200, 40101, true,  true,  NULL},
    {"40202",               WHOLE,  200, 40202, false, false, "\"tasks\":null"},
    {"40209",               WHOLE,  200, 40209, true,  false, NULL},
    {"40501",               WHOLE,  200, 40501, true,  false, NULL},
    {"drop_before",         CLOSED, 0,   0,     false, false, NULL},
    {"drop_after",          CLOSED, 0,   0,     true,  true,  NULL},
    {"reset",               RESET,  0,   0,     false, false, NULL},
    {"reset_billed",        RESET,  0,   0,     true,  true,  NULL},
    {"reset_reused",        WHOLE,  200, 20000, true,  true,  NULL}, /* the connection is new */
    {"reset_reused_billed", WHOLE,  200, 20000, true,  true,  NULL},
    {"hang",                CLOSED, 0,   0,     false, false, NULL},
    {"hang_billed",         CLOSED, 0,   0,     true,  true,  NULL},
    {"truncate",            CUT,    200, 0,     true,  true,  "\"cost\":0.02436"},
    {"truncate_free",       CUT,    200, 0,     true,  false, "\"cost\":0,"},
    {"gzip_cut",            WHOLE,  200, 0,     true,  true,  NULL},
    {"gzip_cut_free",       WHOLE,  200, 0,     true,  false, NULL},
    {"garbage",             WHOLE,  200, 0,     true,  true,  NULL},
    {"garbage_free",        WHOLE,  200, 0,     false, false, NULL},
    {"tasks_null",          WHOLE,  200, 20000, true,  true,  "\"cost\":0.02436,\"tasks_count\":0,\"tasks_error\":0,\"tasks\":null"},
    {"tasks_null_free",     WHOLE,  200, 20000, true,  false, "\"cost\":0,\"tasks_count\":0,\"tasks_error\":0,\"tasks\":null"},
    {"result_null",         WHOLE,  200, 20000, true,  true,  "\"cost\":0.02436,\"result_count\":0"},
    {"result_null_free",    WHOLE,  200, 20000, true,  false, "\"result\":null"},
    {"slow",                WHOLE,  200, 20000, true,  true,  "\"items\":[{"},
    {"drip",                WHOLE,  200, 20000, true,  true,  "\"items\":[{"},
    {"exponent",            WHOLE,  200, 20000, true,  true,  "\"cost\":2.436e-02,\"result_count\":1"},
    // clang-format on
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Of the task, where there is one. */
static int code_in(const struct answer *answer)
{
    struct json_object *json = answer->body == NULL ? NULL : json_tokener_parse(answer->body);
    int code = (int)int_at(json, at(json, "tasks") == NULL ? "status_code" : TASK_CODE);

    json_object_put(json);
    return code;
}

Test(faults, each_looks_as_it_should_and_costs_what_it_should)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        const char *kind = kinds[i].kind;
        char rule[64];
        struct answer answer;

        snprintf(rule, sizeof(rule), "%s=@1", kind);
        START("--items", "a.com=10", "--fault", rule);
        answer = post("", BODY);
        cr_expect(eq(int, seen_of(&answer), kinds[i].seen), "%s", kind);
        cr_expect(eq(int, answer.status, kinds[i].http), "%s", kind);
        cr_expect(eq(int, code_in(&answer), kinds[i].code), "%s", kind);
        cr_expect(kinds[i].says == NULL || strstr(buf_text(&answer.raw), kinds[i].says) != NULL,
                  "%s: %.400s", kind, buf_text(&answer.raw));
        cr_expect(eq(i64, spent(), kinds[i].is_billed ? COST_NANOUSD : 0), "%s", kind);
        cr_expect(eq(i64, n_listed(), kinds[i].is_listed), "%s", kind);
        cr_expect(eq(sz, sandbox->in_flight, 0));
        buf_deinit(&answer.raw);
        answer = post("", BODY); /* the next meets nothing */
        cr_expect(eq(int, code_in(&answer), 20000), "%s", kind);
        buf_deinit(&answer.raw);
        stop();
    }
}

/* The table above has every kind that there is. */
Test(faults, all_are_known_by_name)
{
    char expected[FAULT_KINDS_TEXT_MAX] = "", text[FAULT_KINDS_TEXT_MAX];
    size_t size = 0;

    for (size_t i = 0; i < N_KINDS; i++)
        size += (size_t)snprintf(expected + size, sizeof(expected) - size, "%s%s",
                                 i > 0 ? ", " : "", kinds[i].kind);
    cr_expect_str_eq(fault_kinds(text), expected);
}

/* Sends one request on `fd` and tells how it ended. */
static enum seen ask_on(int fd)
{
    struct answer answer;
    enum seen seen;

    send_request(fd, "", BODY);
    answer = receive(fd);
    seen = seen_of(&answer);
    buf_deinit(&answer.raw);
    return seen;
}

Test(faults, a_connection_may_be_reset_when_it_is_used_again)
{
    int fd;

    START("--items", "a.com=10", "--fault", "reset_reused=1");
    fd = connect_to_sandbox();
    cr_expect(eq(int, ask_on(fd), WHOLE));
    cr_expect(eq(int, ask_on(fd), RESET));
    cr_expect(eq(i64, spent(), COST_NANOUSD));
    close(fd);
    fd = connect_to_sandbox();
    cr_expect(eq(int, ask_on(fd), WHOLE));
    close(fd);
    stop();
}

Test(faults, a_call_is_not_billed_again_by_what_it_met_on_a_used_connection)
{
    int fd;

    START("--items", "a.com=10", "--fault", "reset_reused_billed=@2");
    fd = connect_to_sandbox();
    cr_expect(eq(int, ask_on(fd), WHOLE));
    cr_expect(eq(int, ask_on(fd), RESET));
    close(fd);
    cr_expect(eq(i64, spent(), 2 * COST_NANOUSD));
    stop();
}

/* HTTP says that all is there; only who unpacks it sees that it is not. */
Test(faults, a_packed_answer_may_end_early_in_a_whole_body)
{
    static char unpacked[1 << 20];
    z_stream stream = {0};
    struct answer answer;

    START("--items", "a.com=10", "--fault", "gzip_cut=@1");
    answer = post("Accept-Encoding: gzip\r\n", BODY);
    cr_expect(eq(int, seen_of(&answer), WHOLE));
    cr_expect(strstr(buf_text(&answer.raw), "Content-Encoding: gzip") != NULL);
    stream.next_in = (unsigned char *)answer.body;
    stream.avail_in = (unsigned)answer.body_size;
    stream.next_out = (unsigned char *)unpacked;
    stream.avail_out = sizeof(unpacked) - 1;
    cr_assert(eq(int, inflateInit2(&stream, 15 + 16), Z_OK));
    cr_expect(eq(int, inflate(&stream, Z_SYNC_FLUSH), Z_OK));
    cr_expect(eq(uint, stream.avail_in, 0));
    cr_expect(lt(sz, strlen(unpacked), answer.promised_size * 8));
    inflateEnd(&stream);
    buf_deinit(&answer.raw);
    stop();
}

/* At 120 s of the API's time the one, at 200 s the other. */
Test(faults, a_hanging_call_is_over_at_the_vendor_before_its_connection_is)
{
    struct answer answer;
    char piece[1];
    int fd;

    setenv("LINKHAUL_HASTE", "200", 1);
    START("--items", "a.com=10", "--fault", "hang_billed=@1");
    fd = connect_to_sandbox();
    send_request(fd, "", BODY);
    while (spent() == 0)
        ;
    cr_expect(eq(int, (int)recv(fd, piece, sizeof(piece), MSG_DONTWAIT), -1));
    cr_expect(eq(int, errno, EAGAIN));
    answer = receive(fd);
    cr_expect(eq(int, seen_of(&answer), CLOSED));
    buf_deinit(&answer.raw);
    close(fd);
    stop();
}

Test(faults, a_dripping_answer_takes_its_time)
{
    int64_t begin_ms = clock_mono_ms();
    struct answer answer;

    START("--items", "a.com=10", "--fault", "drip=@1");
    answer = post("Accept-Encoding: gzip\r\n", BODY);
    cr_expect(ge(i64, clock_mono_ms() - begin_ms, 25)); /* of 30 pieces, a millisecond between */
    cr_expect(eq(int, seen_of(&answer), WHOLE));
    buf_deinit(&answer.raw);
    stop();
}

static struct fault_rule rule_of(const char *text)
{
    struct fault_rule rule;
    struct err err = {0};

    cr_assert(fault_rule_parse(&rule, text, &err), "%s", err.text);
    return rule;
}

Test(faults, both_endings_are_understood_by_every_kind_that_can_be_so)
{
    cr_expect(rule_of("http500_free=1").faults == rule_of("http500=1").faults);
    cr_expect(rule_of("truncate_billed=1").faults == rule_of("truncate=1").faults);
    cr_expect(rule_of("truncate_free=1").faults != rule_of("truncate=1").faults);
    for (size_t i = 0; i < 3; i++) {
        static const char *const wrong[] = {"40202_billed=1", "slow_free=1", "all_free=1"};
        struct fault_rule rule;
        struct err err = {0};

        cr_expect(not(fault_rule_parse(&rule, wrong[i], &err)), "%s", wrong[i]);
    }
}

Test(faults, all_of_them_come_as_often_as_each_other)
{
    struct fault_rule rule = rule_of("all=0.5");
    size_t counts[N_KINDS] = {0}, n_met = 0;

    for (uint64_t call = 1; call <= 40000; call++) {
        const struct fault *fault = fault_of(&rule, 1, 7, call, true);

        if (fault == NULL)
            continue;
        counts[fault - rule.faults]++;
        n_met++;
    }
    cr_expect(n_met > 19500 && n_met < 20500, "%zu", n_met);
    for (size_t i = 0; i < N_KINDS; i++)
        cr_expect(counts[i] > 400 && counts[i] < 660, "%s: %zu", kinds[i].kind, counts[i]);
}
