#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/crawl/rig_private.h"

#define BY_ITEMS (-2) /* the cost follows from the items */
#define UNTOLD (-1)

/* What the server says of a refusal: longer than any room for it, with characters of two bytes. */
#define UMLAUTS "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define MANY_UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS
static const char words[] = "the server's words: " MANY_UMLAUTS MANY_UMLAUTS MANY_UMLAUTS;
static const char token_words[] = "Invalid Field: 'search_after_token'.";

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
    [RIG_TIMEOUT]       = { 200, 50401, 0 },
    [RIG_WAIT]          = { 200, 40202, 0, .wait_ms = 60000 },
    [RIG_AT_ONCE]       = { 200, 40209, 0, .wait_ms = 2000 },
    [RIG_TOO_MANY]      = { 429, 0,     UNTOLD, .wait_ms = 60000 },
    [RIG_UNSENT]        = { 0,   0,     UNTOLD, .is_unsent = true },
    [RIG_TOKEN]         = { 200, 40501, 0 },
    [RIG_EXPIRED]       = { 200, 40403, 0 },
    [RIG_BROKEN]        = { 0,   0,     UNTOLD, .is_broken = true },
    [RIG_GATEWAY]       = { 503, 0,     UNTOLD, .wait_ms = 10000 },
    [RIG_HTML]          = { 200, 0,     UNTOLD },
    [RIG_NO_COST]       = { 200, 20000, UNTOLD, .has_items = true },
    [RIG_LISTING]       = { 200, 40504, 0 },
    [RIG_JOB]           = { 200, 40506, 0 },
    [RIG_LOGIN]         = { 401, 40100, 0 },
    [RIG_BALANCE]       = { 200, 40210, 0 },
    [RIG_DEARER]        = { 200, 20000, BY_ITEMS, .has_items = true },
    [RIG_DEAR_REFUSAL]  = { 200, 50301, INT64_C(1000000000) },
};
// clang-format on

static struct price price_of(const struct rig_attempt *attempt)
{
    return rig.runs[rig.listings[attempt->listing].run].price;
}

int64_t rig_value_s(const struct rig_listing *listing, int64_t item)
{
    return listing->value_s != NULL ? listing->value_s(item) : RIG_EPOCH_S + item / listing->n_ties;
}

int64_t rig_item_at(const struct rig_listing *listing, int64_t value_s)
{
    int64_t first = 0, end = listing->n_items - listing->n_nulls;

    while (first < end) {
        int64_t middle = first + (end - first) / 2;

        if (rig_value_s(listing, middle) < value_s)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* What the server has at the attempt's page. Nulls stand last, and only where nothing is compared.
 */
static void look_up(struct rig_attempt *attempt)
{
    const struct rig_listing *listing = &rig.listings[attempt->listing];
    bool is_open = attempt->range.to_s == REQUEST_TO_OPEN;
    bool is_whole = is_open && attempt->range.from_s == REQUEST_FROM_OPEN;
    int64_t first = is_whole ? 0 : rig_item_at(listing, attempt->range.from_s);
    int64_t end = is_whole  ? listing->n_items
                  : is_open ? listing->n_items - listing->n_nulls
                            : rig_item_at(listing, attempt->range.to_s);
    int64_t limit = rig_slice_of(attempt)->limit;

    attempt->total_count = end - first;
    attempt->first = first + attempt->position;
    attempt->n_items = end - attempt->first;
    if (attempt->n_items < 0)
        attempt->n_items = 0;
    if (attempt->n_items > limit)
        attempt->n_items = limit;
}

void rig_look_up(struct rig_attempt *attempt)
{
    attempt->range = REQUEST_WHOLE;
    look_up(attempt);
}

static int64_t n_items_of(const struct rig_attempt *attempt)
{
    return faults[attempt->fault].has_items ? attempt->n_items : 0;
}

int64_t rig_charge(const struct rig_attempt *attempt)
{
    int64_t cost = faults[attempt->fault].cost_nanousd;

    if (cost != BY_ITEMS)
        return cost < 0 ? 0 : cost;
    return price_worst(price_of(attempt), n_items_of(attempt)) *
           (attempt->fault == RIG_DEARER ? 10 : 1);
}

int64_t rig_charge_undelivered(const struct rig_attempt *attempt)
{
    return price_worst(price_of(attempt), attempt->n_items);
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

void rig_serve(struct rig_attempt *attempt)
{
    attempt->state = RIG_SENT;
    attempt->sent_ms = rig.now_ms;
    attempt->over_ms = INT64_MAX;
    attempt->number = ++rig.n_sent;
    look_up(attempt);
    attempt->fault = rig.fault != NULL ? rig.fault(attempt) : RIG_OK;
    if (attempt->token[0] == '\0' && (attempt->fault == RIG_TOKEN || attempt->fault == RIG_EXPIRED))
        attempt->fault = RIG_OK;
    attempt->is_billed = attempt->fault == RIG_NO_COST ||
                         (rig.bills != NULL ? rig.bills(attempt) : rig_random(2) == 0);
    if (!rig_fault_was_sent(attempt->fault))
        attempt->is_billed = false;
    attempt->listed_ms =
        rig.now_ms +
        (rig.lag_ms >= 0 ? rig.lag_ms : (int64_t)rig_random((size_t)rig.settings.listed_after_ms));
}

static struct verdict_facts facts_of(enum rig_fault fault)
{
    int code = faults[fault].code;
    struct verdict_facts facts = {.http_status = faults[fault].http_status,
                                  .has_envelope = code != 0,
                                  .status_code = code == 0 ? 0 : 20000,
                                  .task_status_code = code,
                                  .has_result = faults[fault].has_items};

    if (code == 40100) { /* the envelope's own */
        facts.status_code = code;
        facts.task_status_code = 0;
    }
    if (code != 0 && code != 20000)
        facts.message = fault == RIG_TOKEN ? token_words : words;
    return facts;
}

struct crawl_answer rig_answer(const struct rig_attempt *attempt, char *token)
{
    enum rig_fault fault = attempt->fault;
    struct crawl_answer answer = {
        .facts = facts_of(fault),
        .was_sent = rig_fault_was_sent(fault),
        .cost_nanousd = faults[fault].cost_nanousd == UNTOLD ? -1 : rig_charge(attempt),
        .n_items = n_items_of(attempt),
        .total_count = -1,
    };

    if (faults[fault].has_items) {
        snprintf(token, 24, "t%" PRId64, attempt->position + answer.n_items);
        answer.token = token;
        answer.total_count = attempt->total_count;
    }
    return answer;
}
