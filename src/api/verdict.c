#include "api/verdict.h"

#include <stddef.h>
#include <string.h>

#define LOGIN "check login and password (the API password, not the one of the web site)"
#define BALANCE "top up the account, then run again"
#define SUPPORT "ask the vendor's support"
#define PASSES "if it goes on for hours, ask the vendor's support"
#define WAITS "linkhaul waits and goes on by itself"
#define OURS "linkhaul should never send that: report it, with this line"
#define NETWORK "check base_url, the network, and what proxies stand in between"

/* The longest that the vendor itself asks for (40206); a Retry-After beyond it is a mistake. */
#define WAIT_MAX_S 86400

struct line {
    int code;
    enum verdict_class class;
    uint32_t wait_s;
    enum verdict_stop stop;
    const char *meaning, *remedy;
};

// clang-format off
static const struct line codes[] = {
    { 20000, VERDICT_OK,      0, 0, "ok", NULL },
    { 20100, VERDICT_LISTING, 0, 0, "a task was queued, which a live endpoint never does", SUPPORT },
    { 40000, VERDICT_JOB,     0, 0, "only one task may be sent at a time", OURS },
    { 40001, VERDICT_LISTING, 0, 0, "the task belongs to another client", SUPPORT },
    { 40002, VERDICT_LISTING, 0, 0, "the task belongs to another engine", OURS },
    { 40003, VERDICT_LISTING, 0, 0, "the task is of another type", OURS },
    { 40004, VERDICT_LISTING, 0, 0, "the task is of another function", OURS },
    { 40005, VERDICT_LISTING, 0, 0, "the task is of another device type", OURS },
    { 40006, VERDICT_JOB,     0, 0, "too many tasks in one request", OURS },
    { 40100, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the login was refused", LOGIN },
    { 40101, VERDICT_RETRY,   0, 0, "the search engine behind the API failed", PASSES },
    { 40102, VERDICT_OK,      0, 0, "no results", NULL },
    { 40103, VERDICT_RETRY,   0, 0, "the task failed and may be sent again", PASSES },
    { 40104, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the account is not verified", "verify it on the vendor's site" },
    { 40106, VERDICT_RETRY,   0, 0, "the results are partial", PASSES },
    { 40200, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "payment is required", BALANCE },
    { 40201, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the account is paused", SUPPORT },
    { 40202, VERDICT_WAIT,   60, 0, "too many calls in a minute", "lower calls_per_minute, or slow your other tools" },
    { 40203, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "the account's daily cost limit is reached", "raise it on the vendor's site, or run again tomorrow" },
    { 40204, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the account has no access to the Backlinks API", SUPPORT },
    { 40205, VERDICT_WAIT, 3600, 0, "the same task was sent too often within an hour", "linkhaul waits and goes on by itself; start the job less often" },
    { 40206, VERDICT_WAIT, 86400, 0, "the same task was sent too often within a day", "linkhaul waits and goes on by itself; start the job less often" },
    { 40207, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "this machine's address is not on the account's list", "add it on the vendor's site" },
    { 40208, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the account has no access", SUPPORT },
    { 40209, VERDICT_WAIT,    2, 0, "too many calls at once", "lower in_flight: it is shared with your other tools" },
    { 40210, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "the balance is used up", BALANCE },
    { 40400, VERDICT_JOB,     0, 0, "not found", "check base_url" },
    { 40401, VERDICT_LISTING, 0, 0, "the task was not found", SUPPORT },
    { 40402, VERDICT_JOB,     0, 0, "the path is invalid", "check base_url" },
    { 40403, VERDICT_LISTING, 0, 0, "the results have expired", "run again" },
    { 40404, VERDICT_LISTING, 0, 0, "no data is prepared for this path", "check base_url" },
    { 40408, VERDICT_LISTING, 0, 0, "the target's URL is invalid", "check the target" },
    { 40501, VERDICT_JOB,     0, 0, "a field is invalid", "check the request of the job" },
    { 40502, VERDICT_JOB,     0, 0, "the request was empty", OURS },
    { 40503, VERDICT_JOB,     0, 0, "the request could not be read", OURS },
    { 40504, VERDICT_LISTING, 0, 0, "the request asks for too much", "narrow it with filters" },
    { 40505, VERDICT_JOB,     0, 0, "a parameter is outdated", "check the request of the job" },
    { 40506, VERDICT_JOB,     0, 0, "a field is unknown", "check the request of the job" },
    { 40601, VERDICT_WAIT,   60, 0, "the task was handed over", WAITS },
    { 40602, VERDICT_WAIT,   60, 0, "the task is in a queue", WAITS },
    { 50000, VERDICT_RETRY,   0, 0, "an internal error of the API", PASSES },
    { 50001, VERDICT_RETRY,   0, 0, "the API could not check the balance", PASSES },
    { 50100, VERDICT_JOB,     0, 0, "not implemented by the API", "look for a newer version of linkhaul" },
    { 50301, VERDICT_RETRY,   0, 0, "a service behind the API is away", PASSES },
    { 50303, VERDICT_WAIT,  240, 0, "the API is being updated", WAITS },
    { 50304, VERDICT_WAIT,  600, 0, "the function is unavailable for now", WAITS },
    { 50401, VERDICT_RETRY,   0, 0, "the API ran into its own time limit", "if it goes on, lower request.limit" },
    { 50402, VERDICT_RETRY,   0, 0, "the target page was too slow", PASSES },
};

/* For codes that no list names: by their family. */
static const struct { int first, last; struct line line; } families[] = {
    { 40100, 40199, { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the account was refused", LOGIN } },
    { 40200, 40299, { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "the account was refused", SUPPORT } },
    { 50000, 59999, { 0, VERDICT_RETRY,   0, 0, "an error of the API", PASSES } },
    {     0, 99999, { 0, VERDICT_LISTING, 0, 0, "a code that linkhaul does not know", "look it up with the vendor" } },
};

/* HTTP's status, where no envelope says more. */
static const struct { int first, last; struct line line; } statuses[] = {
    { 401, 401, { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the login was refused", LOGIN } },
    { 402, 402, { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "payment is required", BALANCE } },
    { 403, 403, { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "access was refused", LOGIN } },
    { 404, 404, { 0, VERDICT_JOB,     0, 0, "the path is unknown", "check base_url" } },
    { 429, 429, { 0, VERDICT_WAIT,   60, 0, "too many calls", "lower calls_per_minute or in_flight" } },
    { 502, 504, { 0, VERDICT_WAIT,   10, 0, "a proxy before the API failed", WAITS } },
    { 520, 527, { 0, VERDICT_WAIT,   10, 0, "a proxy before the API failed", WAITS } },
    { 500, 599, { 0, VERDICT_RETRY,   0, 0, "an error of the API", PASSES } },
    { 200, 299, { 0, VERDICT_RETRY,   0, 0, "the answer is not what the API sends", NETWORK } },
    { 300, 499, { 0, VERDICT_LISTING, 0, 0, "an answer that the API does not document", "check base_url" } },
    {   0,   0, { 0, VERDICT_RETRY,   0, 0, "no whole answer came", NETWORK } },
};

/*
 * A gateway's own errors (aisa.one/docs, "Errors"), by the first line that fits; "": any code.
 * Without a status among them, HTTP's status is judged as for anybody else.
 */
static const struct { int first, last; const char *code; struct line line; } gateway[] = {
    { 429, 429, "quota_exceeded", { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "the key's spending limit is reached", "raise it at the gateway, or run again when it is renewed" } },
    { 429, 429, "upstream_rate_limit", { 0, VERDICT_WAIT, 60, 0, "too many calls for the API behind the gateway", WAITS } },
    { 429, 429, "", { 0, VERDICT_WAIT,   60, 0, "too many calls", "lower calls_per_minute or in_flight to what the key allows" } },
    { 400, 400, "", { 0, VERDICT_JOB,     0, 0, "the gateway cannot read the request", "check the request of the job, and the account's body: object or array" } },
    { 401, 401, "", { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the key was refused", "check token_file or token" } },
    { 402, 402, "", { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LATER, "payment is required", "top up the gateway's wallet, then run again" } },
    { 403, 403, "", { 0, VERDICT_ACCOUNT, 0, VERDICT_STOP_LOGIN, "the key may not do this", "look at the key's permissions at the gateway" } },
    { 404, 404, "", { 0, VERDICT_JOB,     0, 0, "the gateway does not know the path", "check base_url" } },
    { 422, 422, "", { 0, VERDICT_LISTING, 0, 0, "the gateway refused a parameter", "check the target and the request" } },
    { 500, 599, "", { 0, VERDICT_RETRY,   0, 0, "the API behind the gateway failed", PASSES } },
};
// clang-format on

static const struct line *line_of_code(int code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].code == code)
            return &codes[i];
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) - 1; i++)
        if (code >= families[i].first && code <= families[i].last)
            return &families[i].line;
    return &families[sizeof(families) / sizeof(families[0]) - 1].line;
}

static const struct line *line_of_status(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (status >= statuses[i].first && status <= statuses[i].last)
            return &statuses[i].line;
    return line_of_code(-1);
}

static const struct line *line_of_gateway(int status, const char *code)
{
    for (size_t i = 0; i < sizeof(gateway) / sizeof(gateway[0]); i++)
        if (status >= gateway[i].first && status <= gateway[i].last &&
            (gateway[i].code[0] == '\0' || strcmp(gateway[i].code, code) == 0))
            return &gateway[i].line;
    return line_of_status(status);
}

int verdict_code(const struct verdict_facts *facts)
{
    if (!facts->has_envelope)
        return 0;
    if (facts->task_status_code != 0 && facts->status_code == 20000)
        return facts->task_status_code;
    return facts->status_code;
}

/*
 * "Invalid Field: 'target'." is the fault of one feed; any other field is that of the job. The
 * first name in quotes is the field's: what follows may be anything.
 */
static bool names_field(const char *message, const char *field)
{
    const char *name = message != NULL ? strchr(message, '\'') : NULL;
    size_t length = strlen(field);

    return name != NULL && strncmp(name + 1, field, length) == 0 && name[1 + length] == '\'';
}

struct verdict verdict_of(const struct verdict_facts *facts)
{
    int code = verdict_code(facts);
    const struct line *line = code != 0 ? line_of_code(code)
                              : facts->gateway_code != NULL
                                  ? line_of_gateway(facts->http_status, facts->gateway_code)
                                  : line_of_status(facts->http_status);
    struct verdict verdict = {.class = line->class,
                              .stop = line->stop,
                              .wait_s = line->wait_s,
                              .meaning = line->meaning,
                              .remedy = line->remedy};

    /* Success needs both codes: an envelope that is fine around no task at all is not an answer,
     * nor is a task that is fine around no result. */
    if (code == 20000 && (facts->task_status_code == 0 || !facts->has_result)) {
        verdict.class = VERDICT_RETRY;
        verdict.remedy = PASSES;
        verdict.meaning = facts->task_status_code == 0 ? "the answer holds no task"
                                                       : "the answer holds no result";
    }
    if (code == 40501 && names_field(facts->message, "target")) {
        verdict.class = VERDICT_LISTING;
        verdict.meaning = "the target is invalid";
        verdict.remedy = "check the target: a registrable domain, or an absolute page URL";
    }
    verdict.names_token = code == 40501 && names_field(facts->message, "search_after_token");
    if (verdict.class == VERDICT_WAIT && facts->retry_after_s > 0)
        verdict.wait_s = facts->retry_after_s < WAIT_MAX_S ? facts->retry_after_s : WAIT_MAX_S;
    return verdict;
}

enum verdict_charge verdict_charge(const struct verdict_facts *facts, bool was_sent,
                                   int64_t cost_nanousd)
{
    if (!was_sent)
        return VERDICT_CHARGE_FREE;
    if ((facts->has_envelope || facts->has_charge) && cost_nanousd >= 0)
        return VERDICT_CHARGE_KNOWN;
    switch (facts->http_status) {
    case 401:
    case 402:
    case 403:
    case 404:
    case 429:
        return VERDICT_CHARGE_FREE;
    default:
        return VERDICT_CHARGE_UNKNOWN;
    }
}
