#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/crawl/rig.h"

#define BY_ITEMS (-2) /* the cost follows from the items */
#define UNTOLD (-1)

/* What the server says of a refusal: longer than any room for it, with characters of two bytes. */
#define UMLAUTS "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define MANY_UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS
static const char words[] = "the server's words: " MANY_UMLAUTS MANY_UMLAUTS MANY_UMLAUTS;

// clang-format off
static const struct {
    int http_status, code; /* code 0: no envelope */
    int64_t cost_nanousd;
    bool has_items, is_unsent, is_broken;
    int64_t wait_ms;
} faults[N_RIG_FAULTS] = {
    [RIG_OK]            = { 200, 20000, BY_ITEMS, .has_items = true },
    [RIG_RETRY]         = { 200, 50000, 0 },
    [RIG_RETRY_CHARGED] = { 200, 50301, INT64_C(24000000) },
    [RIG_WAIT]          = { 200, 40202, 0, .wait_ms = 60000 },
    [RIG_TOO_MANY]      = { 429, 0,     UNTOLD, .wait_ms = 60000 },
    [RIG_UNSENT]        = { 0,   0,     UNTOLD, .is_unsent = true },
    [RIG_BROKEN]        = { 0,   0,     UNTOLD, .is_broken = true },
    [RIG_GATEWAY]       = { 503, 0,     UNTOLD, .wait_ms = 10000 },
    [RIG_HTML]          = { 200, 0,     UNTOLD },
    [RIG_NO_COST]       = { 200, 20000, UNTOLD, .has_items = true },
    [RIG_LISTING]       = { 200, 40504, 0 },
    [RIG_JOB]           = { 200, 40506, 0 },
    [RIG_LOGIN]         = { 401, 40100, 0 },
    [RIG_BALANCE]       = { 200, 40210, 0 },
    [RIG_DEARER]        = { 200, 20000, BY_ITEMS, .has_items = true },
    [RIG_DEAR_REFUSAL]  = { 200, 50401, INT64_C(1000000000) },
};
// clang-format on

static int64_t n_items_of(const struct rig_attempt *attempt)
{
    const struct rig_listing *listing = &rig.listings[attempt->listing];
    int64_t n = listing->n_items - attempt->position;

    if (!faults[attempt->fault].has_items || n <= 0)
        return 0;
    return n < listing->limit ? n : listing->limit;
}

int64_t rig_charge(const struct rig_attempt *attempt)
{
    int64_t cost = faults[attempt->fault].cost_nanousd;

    if (cost != BY_ITEMS)
        return cost < 0 ? 0 : cost;
    return price_worst(PRICE_LISTED, n_items_of(attempt)) * (attempt->fault == RIG_DEARER ? 10 : 1);
}

bool rig_fault_is_unknown(enum rig_fault fault)
{
    return faults[fault].cost_nanousd == UNTOLD && !faults[fault].is_unsent &&
           faults[fault].http_status != 429;
}

int64_t rig_fault_wait_ms(enum rig_fault fault)
{
    return faults[fault].wait_ms;
}

bool rig_fault_was_sent(enum rig_fault fault)
{
    return !faults[fault].is_unsent;
}

bool rig_fault_is_whole(enum rig_fault fault)
{
    return !faults[fault].is_unsent && !faults[fault].is_broken;
}

struct crawl_answer rig_answer(const struct rig_attempt *attempt, char *token)
{
    enum rig_fault fault = attempt->fault;
    int64_t n_items = n_items_of(attempt);
    int code = faults[fault].code;
    struct crawl_answer answer = {
        .facts = {.http_status = faults[fault].http_status,
                  .has_envelope = code != 0,
                  .status_code = code == 40100 ? code
                                 : code != 0   ? 20000
                                               : 0,
                  .task_status_code = code == 40100 ? 0 : code,
                  .has_result = faults[fault].has_items,
                  .message = code != 0 && code != 20000 ? words : NULL},
        .was_sent = rig_fault_was_sent(fault),
        .cost_nanousd = faults[fault].cost_nanousd == UNTOLD ? -1 : rig_charge(attempt),
        .n_items = n_items,
        .total_count = -1,
    };

    if (faults[fault].has_items) {
        snprintf(token, 24, "t%" PRId64, attempt->position + n_items);
        answer.token = token;
        answer.total_count = rig.listings[attempt->listing].n_items;
    }
    return answer;
}
