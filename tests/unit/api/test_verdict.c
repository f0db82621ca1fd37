#include "api/verdict.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/*
 * The vendor's codes with what each means for us, written down a second time, from the vendor's
 * list (docs.dataforseo.com/v3/appendix/errors) and not from verdict.c.
 */

TestSuite(verdict, .timeout = 20);

// clang-format off
static const int ok[] = {20000, 40102};
static const int retry[] = {40101, 40103, 40106, 50000, 50001, 50301, 50401, 50402};
static const int wait_codes[] = {40202, 40205, 40206, 40209, 40601, 40602, 50303, 50304};
static const int listing[] = {20100, 40001, 40002, 40003, 40004, 40005, 40401, 40403, 40404, 40405,
                              40406, 40407, 40408, 40504};
static const int job[] = {40000, 40006, 40400, 40402, 40501, 40502, 40503, 40505, 40506, 50100};
static const int account[] = {40100, 40104, 40200, 40201, 40203, 40204, 40207, 40208, 40210};

/* Codes that no list has, by their families. */
static const int unknown_account[] = {40105, 40199, 40211, 40299};
static const int unknown_listing[] = {40007, 40099, 40499, 40507, 40599, 40603, 40700, 49999, 20001,
                                      30000, 60000, 1, 99999, -1};
static const int unknown_retry[] = {50002, 50099, 50302, 50400, 59999};
// clang-format on

#define LIST(codes) codes, sizeof(codes) / sizeof((codes)[0])

static struct verdict of_task(int code)
{
    struct verdict_facts facts = {.http_status = 200,
                                  .has_envelope = true,
                                  .status_code = 20000,
                                  .task_status_code = code,
                                  .has_result = true,
                                  .message = "Invalid Field: 'filters'."};

    return verdict_of(&facts);
}

/* What happened, and what to do: "check ...", "ask ...", or that nothing is to be done. */
static void expect_texts(const struct verdict *verdict, const char *which, int code)
{
    static const char *const actions[] = {
        "check ", "ask ",  "raise ",  "lower ", "top up ",           "add ",  "verify ",
        "run ",   "look ", "narrow ", "report", "goes on by itself", "start "};
    size_t n = 0;

    cr_assert(verdict->meaning != NULL && verdict->meaning[0] != '\0', "%s %d", which, code);
    if (verdict->class == VERDICT_OK)
        return;
    cr_assert(verdict->remedy != NULL, "%s %d does not say what to do", which, code);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        n += strstr(verdict->remedy, actions[i]) != NULL;
    cr_expect(n > 0, "%s %d: is that something to do: %s", which, code, verdict->remedy);
}

/* Each code stands where it is named first: at the task, or at the envelope without a task. */
static void expect_class(const int *codes, size_t n_codes, enum verdict_class class)
{
    for (size_t i = 0; i < n_codes; i++) {
        struct verdict_facts facts = {
            .http_status = 200, .has_envelope = true, .status_code = codes[i]};
        struct verdict verdict = verdict_of(&facts);

        cr_expect(eq(int, of_task(codes[i]).class, class), "task: %d", codes[i]);
        if (codes[i] != 20000)
            expect_texts(&verdict, "code", codes[i]);
        if (codes[i] != 20000) /* the envelope's 20000 needs its task's */
            cr_expect(eq(int, verdict.class, class), "envelope: %d", codes[i]);
        cr_expect(eq(int, (verdict.wait_s > 0), (verdict.class == VERDICT_WAIT)), "%d", codes[i]);
        cr_expect(eq(int, (verdict.stop != VERDICT_STOP_NONE), (verdict.class == VERDICT_ACCOUNT)),
                  "%d", codes[i]);
    }
}

Test(verdict, has_the_class_of_every_code_in_the_vendors_list)
{
    expect_class(LIST(ok), VERDICT_OK);
    expect_class(LIST(retry), VERDICT_RETRY);
    expect_class(LIST(wait_codes), VERDICT_WAIT);
    expect_class(LIST(listing), VERDICT_LISTING);
    expect_class(LIST(job), VERDICT_JOB);
    expect_class(LIST(account), VERDICT_ACCOUNT);
}

/* Whatever may come: every code, every status, with an envelope, a gateway's error or neither. */
Test(verdict, always_says_what_to_do)
{
    static const char *const gateway_codes[] = {"", "quota_exceeded", "upstream_rate_limit", "odd"};
    struct verdict verdict;

    for (int code = 10000; code < 70000; code++) {
        verdict = of_task(code);
        expect_texts(&verdict, "code", code);
    }
    for (int status = 0; status < 700; status++) {
        verdict = verdict_of(&(struct verdict_facts){.http_status = status});
        expect_texts(&verdict, "status", status);
        for (size_t i = 0; i < sizeof(gateway_codes) / sizeof(gateway_codes[0]); i++) {
            verdict = verdict_of(
                &(struct verdict_facts){.http_status = status, .gateway_code = gateway_codes[i]});
            expect_texts(&verdict, "gateway's status", status);
        }
    }
    for (int has_task = 0; has_task < 2; has_task++) { /* fine, and no result in it */
        verdict = verdict_of(&(struct verdict_facts){.http_status = 200,
                                                     .has_envelope = true,
                                                     .status_code = 20000,
                                                     .task_status_code = has_task * 20000});
        expect_texts(&verdict, "no result", has_task);
    }
    verdict = verdict_of(&(struct verdict_facts){.http_status = 200,
                                                 .has_envelope = true,
                                                 .status_code = 40501,
                                                 .message = "Invalid Field: 'target'."});
    expect_texts(&verdict, "target", 40501);
}

Test(verdict, takes_a_code_that_no_list_has_by_its_family)
{
    expect_class(LIST(unknown_account), VERDICT_ACCOUNT);
    expect_class(LIST(unknown_listing), VERDICT_LISTING);
    expect_class(LIST(unknown_retry), VERDICT_RETRY);
}

Test(verdict, says_whether_a_login_is_refused_or_it_is_too_early)
{
    static const int login[] = {40100, 40104, 40201, 40204, 40207, 40208};
    static const int later[] = {40200, 40203, 40210};

    for (size_t i = 0; i < 6; i++)
        cr_expect(eq(int, of_task(login[i]).stop, VERDICT_STOP_LOGIN), "%d", login[i]);
    for (size_t i = 0; i < 3; i++)
        cr_expect(eq(int, of_task(later[i]).stop, VERDICT_STOP_LATER), "%d", later[i]);
}

Test(verdict, waits_as_long_as_the_vendor_says)
{
    static const struct {
        int code;
        uint32_t from_s, to_s;
    } waits[] = {{40202, 60, 60}, {40205, 3600, 3600}, {40206, 86400, 86400},
                 {40209, 1, 5},   {50303, 180, 300},   {50304, 600, 600}};

    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        cr_expect(ge(u32, of_task(waits[i].code).wait_s, waits[i].from_s), "%d", waits[i].code);
        cr_expect(le(u32, of_task(waits[i].code).wait_s, waits[i].to_s), "%d", waits[i].code);
    }
}

static struct verdict of_status(int status, uint32_t retry_after_s)
{
    struct verdict_facts facts = {.http_status = status, .retry_after_s = retry_after_s};

    return verdict_of(&facts);
}

Test(verdict, judges_by_the_http_status_where_there_is_no_envelope)
{
    static const struct {
        int from, to;
        enum verdict_class class;
    } statuses[] = {
        {0, 0, VERDICT_RETRY},       {200, 299, VERDICT_RETRY},   {300, 400, VERDICT_LISTING},
        {401, 403, VERDICT_ACCOUNT}, {404, 404, VERDICT_JOB},     {405, 428, VERDICT_LISTING},
        {429, 429, VERDICT_WAIT},    {430, 499, VERDICT_LISTING}, {500, 501, VERDICT_RETRY},
        {502, 504, VERDICT_WAIT},    {505, 519, VERDICT_RETRY},   {520, 527, VERDICT_WAIT},
        {528, 599, VERDICT_RETRY},   {600, 999, VERDICT_LISTING},
    };

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        for (int status = statuses[i].from; status <= statuses[i].to; status++)
            cr_expect(eq(int, of_status(status, 0).class, statuses[i].class), "HTTP %d", status);
    cr_expect(eq(int, of_status(401, 0).stop, VERDICT_STOP_LOGIN));
    cr_expect(eq(int, of_status(402, 0).stop, VERDICT_STOP_LATER));
    cr_expect(eq(int, of_status(403, 0).stop, VERDICT_STOP_LOGIN));
}

Test(verdict, believes_an_envelope_more_than_the_status)
{
    static const int statuses[] = {401, 403, 404, 429, 500, 503};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct verdict_facts facts = {
            .http_status = statuses[i], .has_envelope = true, .status_code = 40202};

        cr_expect(eq(int, verdict_of(&facts).class, VERDICT_WAIT), "HTTP %d", statuses[i]);
        cr_expect(eq(int, verdict_code(&facts), 40202));
        facts.status_code = facts.task_status_code = 20000;
        facts.has_result = true;
        cr_expect(eq(int, verdict_of(&facts).class, VERDICT_OK), "HTTP %d", statuses[i]);
        facts.has_envelope = false; /* whatever else was read is nothing then */
        cr_expect(ne(int, verdict_of(&facts).class, VERDICT_OK), "HTTP %d", statuses[i]);
        cr_expect(eq(int, verdict_code(&facts), 0));
    }
}

Test(verdict, needs_both_codes_for_success)
{
    struct verdict_facts facts = {.http_status = 200, .has_envelope = true, .status_code = 20000};

    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_RETRY), "no task");
    facts = (struct verdict_facts){.http_status = 200, .has_envelope = true};
    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_RETRY), "no codes");
    facts.task_status_code = 20000;
    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_RETRY),
              "a task without an envelope's code");
    facts.status_code = 40100;
    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_ACCOUNT), "the envelope refuses");
    cr_expect(eq(int, verdict_code(&facts), 40100));
}

Test(verdict, needs_a_result_for_success)
{
    struct verdict_facts facts = {
        .http_status = 200, .has_envelope = true, .status_code = 20000, .task_status_code = 20000};

    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_RETRY), "no rows is not no result");
    facts.has_result = true;
    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_OK));
    facts.has_result = false;
    facts.task_status_code = 40102; /* the code for that */
    cr_expect(eq(int, verdict_of(&facts).class, VERDICT_OK));
}

Test(verdict, says_where_it_is_the_token_that_was_refused)
{
    static const struct {
        int code;
        const char *message;
        bool names_token;
    } cases[] = {
        {40501, "Invalid Field: 'search_after_token'.", true},
        {40501, "Invalid Field: 'search_after_token'. It has expired.", true},
        {40501, "Invalid Field: 'search_after_token2'.", false},
        {40501, "Invalid Field: 'filters'. See 'search_after_token'.", false},
        {40501, "Invalid Field: search_after_token.", false},
        {40501, NULL, false},
        {40506, "Invalid Field: 'search_after_token'.", false},
        {20000, "Invalid Field: 'search_after_token'.", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verdict_facts facts = {.http_status = 200,
                                      .has_envelope = true,
                                      .status_code = 20000,
                                      .task_status_code = cases[i].code,
                                      .has_result = true,
                                      .message = cases[i].message};

        cr_expect(eq(int, verdict_of(&facts).names_token, cases[i].names_token), "%s",
                  cases[i].message);
    }
}

Test(verdict, blames_the_target_only_where_the_target_is_named)
{
    static const struct {
        const char *message;
        enum verdict_class class;
    } messages[] = {
        {"Invalid Field: 'target'.", VERDICT_LISTING},
        {"Invalid Field: 'target'. Use a domain name.", VERDICT_LISTING},
        {"Invalid Field: 'targets'.", VERDICT_JOB},
        {"Invalid Field: 'filters'.", VERDICT_JOB},
        {"Invalid Field: 'filters'. No such column: 'target'.", VERDICT_JOB},
        {"Invalid Field: 'order_by'.", VERDICT_JOB},
        {"Invalid Field: 'limit'.", VERDICT_JOB},
        {"Invalid Field: 'search_after_token'.", VERDICT_JOB},
        {"Invalid Field: target.", VERDICT_JOB},
        {"'", VERDICT_JOB},
        {"", VERDICT_JOB},
        {NULL, VERDICT_JOB},
    };

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct verdict_facts facts = {.http_status = 200,
                                      .has_envelope = true,
                                      .status_code = 20000,
                                      .task_status_code = 40501,
                                      .message = messages[i].message};

        cr_expect(eq(int, verdict_of(&facts).class, messages[i].class), "%s", messages[i].message);
        facts.task_status_code = 40506;
        cr_expect(eq(int, verdict_of(&facts).class, VERDICT_JOB), "%s", messages[i].message);
    }
}

Test(verdict, keeps_to_retry_after_where_it_waits_but_not_for_ever)
{
    struct verdict_facts facts = {.http_status = 200,
                                  .retry_after_s = 17,
                                  .has_envelope = true,
                                  .status_code = 20000,
                                  .task_status_code = 40202};

    cr_expect(eq(u32, of_status(429, 0).wait_s, 60));
    cr_expect(eq(u32, of_status(429, 7).wait_s, 7));
    cr_expect(eq(u32, of_status(503, 120).wait_s, 120));
    cr_expect(eq(u32, of_status(500, 120).wait_s, 0), "that is not a wait");
    cr_expect(eq(u32, of_status(401, 120).wait_s, 0));
    cr_expect(eq(u32, verdict_of(&facts).wait_s, 17));
    cr_expect(eq(u32, of_status(503, UINT32_MAX).wait_s, 86400), "a day is the vendor's longest");
}

Test(verdict, knows_a_charge_only_from_an_envelope)
{
    struct verdict_facts facts = {.http_status = 200, .has_envelope = true, .status_code = 20000};

    cr_expect(eq(int, verdict_charge(&facts, true, 60000000), VERDICT_CHARGE_KNOWN));
    cr_expect(eq(int, verdict_charge(&facts, true, 0), VERDICT_CHARGE_KNOWN));
    cr_expect(eq(int, verdict_charge(&facts, true, -1), VERDICT_CHARGE_UNKNOWN));
    cr_expect(eq(int, verdict_charge(&facts, false, -1), VERDICT_CHARGE_FREE));
    facts.http_status = 401; /* a refusal whose envelope names no cost */
    cr_expect(eq(int, verdict_charge(&facts, true, -1), VERDICT_CHARGE_FREE));
    cr_expect(eq(int, verdict_charge(&facts, true, 5), VERDICT_CHARGE_KNOWN));
}

Test(verdict, takes_no_status_for_free_that_is_not_on_the_list)
{
    for (int status = 0; status < 1000; status++) {
        struct verdict_facts facts = {.http_status = status};
        bool is_free =
            status == 401 || status == 402 || status == 403 || status == 404 || status == 429;

        cr_expect(eq(int, verdict_charge(&facts, true, -1),
                     is_free ? VERDICT_CHARGE_FREE : VERDICT_CHARGE_UNKNOWN),
                  "HTTP %d", status);
        cr_expect(eq(int, verdict_charge(&facts, true, 0),
                     is_free ? VERDICT_CHARGE_FREE : VERDICT_CHARGE_UNKNOWN),
                  "HTTP %d with a cost from nowhere", status);
        cr_expect(eq(int, verdict_charge(&facts, false, -1), VERDICT_CHARGE_FREE));
    }
}

/* A gateway's error, and what it means. */
static const struct refused {
    int http;
    const char *code;
    enum verdict_class class;
    enum verdict_stop stop;
    enum verdict_charge charge;
} refused[] = {
    {400, "invalid_request", VERDICT_JOB, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {400, "json_parse_error", VERDICT_JOB, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {401, "invalid_api_key", VERDICT_ACCOUNT, VERDICT_STOP_LOGIN, VERDICT_CHARGE_FREE},
    {402, "", VERDICT_ACCOUNT, VERDICT_STOP_LATER, VERDICT_CHARGE_FREE},
    {403, "insufficient_permissions", VERDICT_ACCOUNT, VERDICT_STOP_LOGIN, VERDICT_CHARGE_FREE},
    {404, "unknown_endpoint", VERDICT_JOB, VERDICT_STOP_NONE, VERDICT_CHARGE_FREE},
    {422, "unsupported_parameter", VERDICT_LISTING, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {429, "rate_limit_exceeded", VERDICT_WAIT, VERDICT_STOP_NONE, VERDICT_CHARGE_FREE},
    {429, "upstream_rate_limit", VERDICT_WAIT, VERDICT_STOP_NONE, VERDICT_CHARGE_FREE},
    {429, "quota_exceeded", VERDICT_ACCOUNT, VERDICT_STOP_LATER, VERDICT_CHARGE_FREE},
    {429, "a code of next year", VERDICT_WAIT, VERDICT_STOP_NONE, VERDICT_CHARGE_FREE},
    {500, "gateway_error", VERDICT_RETRY, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {502, "upstream_unavailable", VERDICT_RETRY, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {504, "upstream_timeout", VERDICT_RETRY, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
    {418, "teapot", VERDICT_LISTING, VERDICT_STOP_NONE, VERDICT_CHARGE_UNKNOWN},
};

Test(verdict, judges_a_gateways_error_by_its_status_and_code)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct verdict_facts facts = {.http_status = refused[i].http,
                                      .retry_after_s = 7,
                                      .has_envelope = true,
                                      .gateway_code = refused[i].code};
        struct verdict verdict = verdict_of(&facts);

        cr_expect(eq(int, verdict.class, refused[i].class), "%d %s", facts.http_status,
                  facts.gateway_code);
        cr_expect(eq(int, verdict.stop, refused[i].stop), "%d %s", facts.http_status,
                  facts.gateway_code);
        cr_expect(eq(u32, verdict.wait_s, verdict.class == VERDICT_WAIT ? 7 : 0));
        cr_expect(eq(int, verdict_charge(&facts, true, -1), refused[i].charge), "%d %s",
                  facts.http_status, facts.gateway_code);
    }
}

Test(verdict, takes_a_charge_from_a_header_whatever_the_body_is)
{
    struct verdict_facts facts = {.http_status = 502, .has_charge = true};

    cr_expect(eq(int, verdict_charge(&facts, true, 60000000), VERDICT_CHARGE_KNOWN));
    cr_expect(eq(int, verdict_charge(&facts, true, -1), VERDICT_CHARGE_UNKNOWN));
}
