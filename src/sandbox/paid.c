/*
 * A paid call:
 *
 *   begin    it counts as in flight and in its minute; a limit that is passed refuses it, else the
 *            fault is chosen that it meets
 *   read     the body, its first task, the task's query
 *   execute  its worst case is set aside, the page is found and priced, the answer written
 *   spoil    the fault does what it does to the answer
 *   wait     until the latency is over
 *   end      money is taken, the task goes to the history and the call to the ledger
 *
 * Only what ends well is billed. It is billed also where a fault then keeps the answer from the
 * client, or the client has gone, which is the point of both. The call stops counting as in flight
 * before its answer is sent, so a client that sends its next call on the last byte of this one is
 * within its limit.
 *
 * Refused as a whole, without tasks: 40100, 40202, 40502, 40503. Refused as a task: all else. The
 * vendor's codes appear on both levels.
 */
#include "sandbox/paid_private.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/text.h"
#include "sandbox/aisa.h"
#include "sandbox/domain.h"
#include "sandbox/fault.h"
#include "sandbox/odd.h"
#include "sandbox/random.h"
#include "sandbox/spoil.h"
#include "sandbox/token.h"

#define SALT_LATENCY UINT64_C(0x1a7e)
#define SLOW_FACTOR 20

/* In the API's time. */
#define SLOW_LEAST_MS 2000
#define SLOW_MOST_MS 100000
#define LIVE_MS_MAX 120000 /* how long a call may run at the vendor */
#define HANG_MS 200000     /* longer than any client waits for that */

/* Those that are on offer; the rest of the paths is unknown. */
const struct offer offers[] = {
    {"backlinks", &shape_backlinks, "0269"},
    {"bulk_new_lost_backlinks", &shape_referring_domains, "0000"},
    {"domain_intersection", &shape_domain_intersection, "0268"},
    {"page_intersection", &shape_page_intersection, "0287"},
    {"referring_domains", &shape_referring_domains, "0000"},
};
const size_t n_offers = sizeof(offers) / sizeof(offers[0]);

static void begin(struct paid *paid, struct reply *reply);
static void read_request(struct paid *paid);
static void execute(struct paid *paid, struct reply *reply);
static void end(struct paid *paid, const struct reply *reply);

static bool meets(const struct paid *paid, enum fault_way way)
{
    return paid->fault != NULL && paid->fault->way == way;
}

void paid_answer(struct sandbox *sandbox, const struct offer *offer,
                 const struct endpoint *endpoint, const struct request *request,
                 struct reply *reply)
{
    struct paid paid = {
        .sandbox = sandbox, .offer = offer, .endpoint = endpoint, .request = request};

    reply->http = 200;
    begin(&paid, reply);
    read_request(&paid);
    execute(&paid, reply);
    spoil(paid.fault, reply);
    if (request->gateway_no > 0)
        aisa_finish(&paid, reply);
    sandbox_wait(sandbox, paid.end_ms);
    end(&paid, reply);
    if (meets(&paid, FAULT_HANG))
        sandbox_wait(sandbox, request->begin_ms + clock_api_ms(HANG_MS));
    if (paid.has_query)
        query_deinit(&paid.query);
    json_object_put(paid.body);
}

/* The first reason stays. */
static void refuse_with(struct paid *paid, int code, const char *text)
{
    if (paid->refusal.code != 0)
        return;
    paid->refusal.code = code;
    snprintf(paid->refusal.text, sizeof(paid->refusal.text), "%s", text);
}

static void refuse(struct paid *paid, int code)
{
    refuse_with(paid, code, code_text(code));
}

static int64_t latency_ms(const struct paid *paid)
{
    const struct options *options = paid->sandbox->options;
    uint64_t bits = random_draw(random_draw(options->seed, SALT_LATENCY), paid->call_no);
    int64_t latency =
        (int64_t)(options->latency_least_ms +
                  random_below(bits, options->latency_most_ms - options->latency_least_ms + 1));
    int64_t slow = latency * SLOW_FACTOR;

    if (meets(paid, FAULT_HANG))
        return clock_api_ms(LIVE_MS_MAX);
    if (!meets(paid, FAULT_SLOW))
        return latency;
    if (slow < clock_api_ms(SLOW_LEAST_MS))
        slow = clock_api_ms(SLOW_LEAST_MS);
    if (slow > clock_api_ms(SLOW_MOST_MS))
        slow = clock_api_ms(SLOW_MOST_MS);
    return slow > latency ? slow : latency;
}

static void begin(struct paid *paid, struct reply *reply)
{
    struct sandbox *sandbox = paid->sandbox;
    const struct options *options = sandbox->options;
    int64_t now = clock_mono_ms();

    pthread_mutex_lock(&sandbox->lock);
    paid->call_no = ++sandbox->n_paid_calls;
    paid->in_flight = ++sandbox->in_flight;
    sandbox_task_id(sandbox, paid->offer->function_code, paid->id);
    paid->place = history_post(&sandbox->history);
    paid->posted_s = clock_wall_ms() / 1000;
    paid->price = account_price(&sandbox->account, paid->call_no);
    if (!account_takes_login(&sandbox->account, paid->call_no))
        refuse(paid, CODE_LOGIN);
    else if (!minute_take(&sandbox->paid_minute, now))
        refuse(paid, CODE_RATE);
    else if (paid->in_flight > options->in_flight)
        refuse(paid, CODE_IN_FLIGHT);
    else
        paid->fault = fault_of(options->faults, options->n_faults, options->seed, paid->call_no,
                               paid->request->is_reused);
    reply->has_rate = true;
    reply->n_left_minute = minute_left(&sandbox->paid_minute, now);
    pthread_mutex_unlock(&sandbox->lock);
    if (paid->refusal.code == CODE_LOGIN)
        reply->http = 401;
    /* A call above a limit is refused at once: it does not hold the place that it did not get. */
    paid->end_ms = paid->request->begin_ms;
    if (paid->refusal.code == 0)
        paid->end_ms += latency_ms(paid);
}

static void read_body(struct paid *paid)
{
    const struct buf *body = &paid->request->body;
    struct json_tokener *tokener;

    if (body->size == 0) {
        refuse(paid, CODE_EMPTY);
        return;
    }
    if (!body->is_overfull && text_utf8_valid(body->data, body->size) == body->size) {
        tokener = json_tokener_new();
        paid->body = json_tokener_parse_ex(tokener, body->data, (int)body->size + 1);
        if (json_tokener_get_error(tokener) != json_tokener_success ||
            json_tokener_get_parse_end(tokener) < body->size) {
            json_object_put(paid->body);
            paid->body = NULL;
        }
        json_tokener_free(tokener);
    }
    if (paid->request->gateway_no > 0 && json_object_is_type(paid->body, json_type_object)) {
        paid->n_tasks = 1;
        paid->task = paid->body;
        return;
    }
    if (!json_object_is_type(paid->body, json_type_array)) {
        refuse(paid, CODE_BODY);
        return;
    }
    paid->n_tasks = json_object_array_length(paid->body);
    paid->task = json_object_array_get_idx(paid->body, 0);
    if (paid->n_tasks == 0)
        refuse(paid, CODE_EMPTY);
    else if (!json_object_is_type(paid->task, json_type_object))
        refuse(paid, CODE_BODY);
}

static bool read_token(struct paid *paid)
{
    uint64_t life = paid->sandbox->options->token_life;
    struct token token;

    if (!token_read(&paid->query, &token))
        return false;
    paid->position = token.position;
    return life == 0 || paid->call_no <= token.call_no + life;
}

/* Read whatever becomes of the call: the ledger says what was asked for. */
static void read_request(struct paid *paid)
{
    struct refusal refusal = {0};

    read_body(paid);
    if (!json_object_is_type(paid->task, json_type_object)) {
        paid->task = NULL;
        return;
    }
    paid->has_query = true;
    if (!query_read(&paid->query, paid->endpoint, paid->offer->shape, paid->task,
                    paid->sandbox->options->seed, &refusal)) {
        refuse_with(paid, refusal.code, refusal.text);
        return;
    }
    paid->position = (size_t)paid->query.offset;
    if (paid->query.token != NULL && !read_token(paid))
        refuse_with(paid, CODE_FIELD, "Invalid Field: 'search_after_token'.");
}

/* How many items the page has, and what it costs. */
static void find_page(struct paid *paid)
{
    struct sandbox *sandbox = paid->sandbox;
    size_t limit = (size_t)paid->query.limit;

    if (paid->query.bulk == NULL) {
        paid->listing = listings_get(sandbox->listings, &paid->query);
        if (paid->position < paid->listing->order.n)
            paid->n_items = paid->listing->order.n - paid->position;
    }
    if (paid->n_items > limit || paid->query.bulk != NULL)
        paid->n_items = limit;
    if (odds_hit(&sandbox->options->odds, ODD_ITEMS_NULL, paid->call_no))
        paid->n_items = 0;
    if (paid->fault == NULL || paid->fault->fate == FATE_BILLED)
        paid->cost_nanousd =
            paid->price.per_call_nanousd + (int64_t)paid->n_items * paid->price.per_item_nanousd;
}

/* Refused with a reason of its own, or because the account lacks what it may cost. */
static bool is_affordable(struct paid *paid)
{
    struct sandbox *sandbox = paid->sandbox;
    int64_t worst_nanousd;
    int code;

    if (paid->refusal.code != 0)
        return false;
    worst_nanousd = price_worst(paid->price, paid->query.limit);
    pthread_mutex_lock(&sandbox->lock);
    code = account_promise(&sandbox->account, worst_nanousd);
    pthread_mutex_unlock(&sandbox->lock);
    if (code == 0)
        paid->worst_nanousd = worst_nanousd;
    else
        refuse(paid, code);
    return code == 0;
}

static bool is_refused_whole(int code)
{
    return code == CODE_RATE || code == CODE_LOGIN;
}

static void execute(struct paid *paid, struct reply *reply)
{
    const struct fault *fault = paid->fault;

    if (fault != NULL && fault->fate == FATE_UNMADE) {
        /* It strikes in front of all that reads the request. */
        paid->refusal.code = 0;
        if (fault->way == FAULT_CODE) {
            refuse(paid, fault->code);
            paid_put_answer(paid, &reply->body);
        }
        return;
    }
    paid->is_task = paid->task != NULL && !is_refused_whole(paid->refusal.code);
    if (is_affordable(paid))
        find_page(paid);
    if (meets(paid, FAULT_CODE))
        refuse(paid, fault->code);
    paid_put_answer(paid, &reply->body);
    if (paid->listing != NULL)
        listings_release(paid->sandbox->listings, paid->listing);
}

static void note_history(struct paid *paid, int64_t now_ms)
{
    const struct options *options = paid->sandbox->options;
    struct history_task task = {
        .path = paid->endpoint->url_path,
        .posted_s = paid->posted_s,
        .done_s = clock_wall_ms() / 1000,
        .listed_from_ms = now_ms + clock_api_ms((int64_t)options->id_list_lag_ms),
        .code = paid->refusal.code == 0 ? CODE_OK : paid->refusal.code,
        .cost_nanousd = paid->cost_nanousd,
        .metadata = mem_strdup(json_object_to_json_string_ext(
            paid->task, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)),
    };

    memcpy(task.id, paid->id, sizeof(task.id));
    history_fill(&paid->sandbox->history, paid->place, &task);
}

/* Nobody reads the socket while the call waits: what has become of it shows now. */
static bool is_gone(int socket)
{
    char byte;
    ssize_t size = socket == 0 ? 1 : recv(socket, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

    return size == 0 || (size < 0 && errno != EAGAIN);
}

static void end(struct paid *paid, const struct reply *reply)
{
    struct sandbox *sandbox = paid->sandbox;
    const struct query *query = paid->has_query ? &paid->query : NULL;
    int64_t now_ms = clock_mono_ms();
    struct ledger_line line = {
        .time_ms = paid->request->begin_ms - sandbox->start_ms,
        .took_ms = now_ms - paid->request->begin_ms,
        .path = paid->endpoint->url_path,
        .task_id = paid->is_task ? paid->id : NULL,
        .status_code = paid->refusal.code != 0 ? paid->refusal.code
                       : paid->is_task         ? CODE_OK
                                               : 0,
        .http = reply->http,
        .n_items = (int64_t)paid->n_items,
        .cost_nanousd = paid->cost_nanousd,
        .is_billed = paid->cost_nanousd > 0,
        .is_reused = paid->request->is_reused,
        .is_gone = is_gone(paid->request->socket),
        .in_flight = paid->in_flight,
        .call_no = paid->call_no,
        .fault = paid->fault == NULL ? NULL : paid->fault->kind,
    };

    if (query != NULL) {
        line.tag = query->tag;
        line.target = query->target;
        line.token = query->token;
        line.offset = query->offset;
        line.limit = query->limit;
    }
    pthread_mutex_lock(&sandbox->lock);
    sandbox->in_flight--;
    account_bill(&sandbox->account, paid->worst_nanousd, paid->cost_nanousd);
    if (paid->is_task)
        note_history(paid, now_ms);
    ledger_write(sandbox->ledger, &line);
    pthread_mutex_unlock(&sandbox->lock);
}
