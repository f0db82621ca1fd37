/*
 * A paid call:
 *
 *   begin     it counts as in flight and in its minute; a limit that is passed, or a fault, is
 * decided execute   the body is read, the task checked, its page made wait      until the latency
 * is over end       money is taken, the task goes to the history and the call to the ledger
 *
 * Only what ends well is billed. It is billed also where a fault then keeps the answer from the
 * client, which is the point of these faults. The call stops counting as in flight before its
 * answer is sent, so a client that sends its next call on the last byte of this one is within its
 * limit.
 *
 * Refused as a whole, without tasks: 40202, 40502, 40503. Refused as a task: all else. The vendor's
 * codes appear on both levels.
 */
#include "sandbox/sandbox_private.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/text.h"
#include "sandbox/codes.h"
#include "sandbox/envelope.h"
#include "sandbox/item.h"
#include "sandbox/query.h"
#include "sandbox/random.h"
#include "sandbox/sample.h"
#include "sandbox/token.h"

#define SALT_LATENCY UINT64_C(0x1a7e)
#define SLOW_FACTOR 20
#define SLOW_LEAST_MS 2000

/* Those that are on offer; the rest of the paths is unknown. */
const struct offer offers[] = {
    {"backlinks", "0269"},
};
const size_t n_offers = sizeof(offers) / sizeof(offers[0]);

struct paid {
    struct sandbox *sandbox;
    const struct offer *offer;
    const struct endpoint *endpoint;
    const struct request *request;
    const struct fault *fault; /* NULL: none */
    char id[TASK_ID_MAX];
    uint64_t call_no;
    size_t in_flight;
    int64_t end_ms;           /* not to be answered before */
    struct refusal refusal;   /* code 0: none */
    struct json_object *body; /* owned */
    struct json_object *task; /* the first of the body; NULL: none */
    size_t n_tasks;
    struct query query;
    bool has_query;
    size_t n_items;
    int64_t cost_nanousd;
};

static void begin(struct paid *paid, struct reply *reply);
static bool read_body(struct paid *paid);
static void execute(struct paid *paid, struct reply *reply);
static void wait_for_latency(struct paid *paid);
static void end(struct paid *paid, const struct reply *reply);
static void apply_fault(const struct paid *paid, struct reply *reply);

void paid_answer(struct sandbox *sandbox, const struct offer *offer,
                 const struct endpoint *endpoint, const struct request *request,
                 struct reply *reply)
{
    struct paid paid = {
        .sandbox = sandbox, .offer = offer, .endpoint = endpoint, .request = request};

    reply->http = 200;
    begin(&paid, reply);
    execute(&paid, reply);
    apply_fault(&paid, reply);
    wait_for_latency(&paid);
    end(&paid, reply);
    if (paid.has_query)
        query_deinit(&paid.query);
    json_object_put(paid.body);
}

static bool refuse(struct paid *paid, int code)
{
    paid->refusal.code = code;
    memcpy(paid->refusal.text, code_text(code), strlen(code_text(code)) + 1);
    return false;
}

static int64_t latency_ms(const struct paid *paid)
{
    const struct options *options = paid->sandbox->options;
    uint64_t bits = random_draw(random_draw(options->seed, SALT_LATENCY), paid->call_no);
    uint64_t latency = options->latency_least_ms +
                       random_below(bits, options->latency_most_ms - options->latency_least_ms + 1);

    if (paid->fault != NULL && paid->fault->way == FAULT_SLOW) {
        latency *= SLOW_FACTOR;
        if (latency < SLOW_LEAST_MS)
            latency = SLOW_LEAST_MS;
    }
    return (int64_t)latency;
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
    if (!minute_take(&sandbox->paid_minute, now))
        refuse(paid, CODE_RATE);
    else if (paid->in_flight > options->in_flight)
        refuse(paid, CODE_IN_FLIGHT);
    else
        paid->fault = fault_of(options->faults, options->n_faults, options->seed, paid->call_no);
    if (sandbox->spent_nanousd >= BALANCE_NANOUSD)
        refuse(paid, CODE_FUNDS);
    reply->has_rate = true;
    reply->n_left_minute = minute_left(&sandbox->paid_minute, now);
    pthread_mutex_unlock(&sandbox->lock);
    /* A call above a limit is refused at once: it does not hold the place that it did not get. */
    paid->end_ms = paid->request->begin_ms;
    if (paid->refusal.code == 0)
        paid->end_ms += latency_ms(paid);
    if (paid->fault != NULL && paid->fault->way == FAULT_CODE)
        refuse(paid, paid->fault->code);
}

/* What is refused here, is refused before there is a task. */
static bool read_body(struct paid *paid)
{
    const struct buf *body = &paid->request->body;
    struct json_tokener *tokener;

    if (paid->refusal.code == CODE_RATE)
        return false;
    if (body->size == 0)
        return refuse(paid, CODE_EMPTY);
    if (body->is_overfull || text_utf8_valid(body->data, body->size) != body->size)
        return refuse(paid, CODE_BODY);
    tokener = json_tokener_new();
    paid->body = json_tokener_parse_ex(tokener, body->data, (int)body->size + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        json_tokener_get_parse_end(tokener) < body->size) {
        json_object_put(paid->body);
        paid->body = NULL;
    }
    json_tokener_free(tokener);
    if (!json_object_is_type(paid->body, json_type_array))
        return refuse(paid, CODE_BODY);
    paid->n_tasks = json_object_array_length(paid->body);
    if (paid->n_tasks == 0)
        return refuse(paid, CODE_EMPTY);
    paid->task = json_object_array_get_idx(paid->body, 0);
    return json_object_is_type(paid->task, json_type_object) || refuse(paid, CODE_BODY);
}

/* The vendor's own example: asked for in its way, answered with its bytes. */
static bool is_sample(const struct query *query)
{
    struct filter *filter = query->filter;
    const char *key = buf_text(&query->listing_key);

    return filter != NULL && query->limit == SAMPLE_ITEMS && query->offset == 0 &&
           query->token == NULL && query->is_default_otherwise &&
           strcmp(query->target, "forbes.com") == 0 &&
           (strstr(key, "filters=[\"dofollow\",\"=\",true]\n") != NULL ||
            strstr(key, "filters=[[\"dofollow\",\"=\",true]]\n") != NULL);
}

static struct envelope_task head(const struct paid *paid, size_t n_results)
{
    int64_t took_ms = clock_mono_ms() - paid->request->begin_ms;
    int64_t planned_ms = paid->end_ms - paid->request->begin_ms;

    return (struct envelope_task){
        .id = paid->id,
        .code = paid->refusal.code == 0 ? CODE_OK : paid->refusal.code,
        .message = paid->refusal.code == 0 ? NULL : paid->refusal.text,
        .took_ms = took_ms > planned_ms ? took_ms : planned_ms,
        .cost_nanousd = paid->cost_nanousd,
        .n_results = n_results,
        .path = paid->endpoint->url_path,
        .api = "backlinks",
        .function = paid->endpoint->name,
        .data = paid->task,
    };
}

/* Only one task is executed; the others learn why they are not. */
static void put_other_tasks(struct paid *paid, struct buf *buf)
{
    struct envelope_task task = head(paid, 0);

    task.code = CODE_ONE_TASK;
    task.message = NULL;
    task.cost_nanousd = 0;
    for (size_t i = 1; i < paid->n_tasks; i++) {
        char id[TASK_ID_MAX];

        pthread_mutex_lock(&paid->sandbox->lock);
        sandbox_task_id(paid->sandbox, paid->offer->function_code, id);
        pthread_mutex_unlock(&paid->sandbox->lock);
        task.id = id;
        task.data = json_object_array_get_idx(paid->body, i);
        envelope_task_open(buf, &task);
        buf_append_string(buf, "null");
        envelope_task_close(buf);
    }
}

static void put_json(struct buf *buf, const char *name, struct json_object *json)
{
    buf_printf(buf, "\"%s\":%s,", name,
               json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void put_page(struct paid *paid, const struct listing *listing, size_t position,
                     struct buf *buf)
{
    const struct query *query = &paid->query;
    struct row *row = mem_new(sizeof(*row));

    buf_append_string(buf, "[{\"target\":");
    item_append_string(buf, query->target, strlen(query->target));
    buf_append_char(buf, ',');
    put_json(buf, "mode", query->mode);
    put_json(buf, "custom_mode", query->custom_mode);
    buf_printf(buf, "\"total_count\":%zu,\"items_count\":%zu,\"items\":", listing->n,
               paid->n_items);
    for (size_t i = 0; i < paid->n_items; i++) {
        buf_append_char(buf, i == 0 ? '[' : ',');
        listing_row(listing, position + i, row);
        item_append(buf, row);
    }
    buf_append_string(buf, paid->n_items == 0 ? "null" : "]");
    buf_append_string(buf, ",\"search_after_token\":");
    if (paid->n_items == 0) {
        buf_append_string(buf, "null");
    } else {
        buf_append_char(buf, '"');
        token_append(buf, query, row, position + paid->n_items);
        buf_append_char(buf, '"');
    }
    buf_append_string(buf, "}]");
    free(row);
}

/* Reads the task and finds out how many items its page has. */
static bool find_page(struct paid *paid, const struct listing **ret_listing, size_t *ret_position)
{
    struct sandbox *sandbox = paid->sandbox;
    const struct options *options = sandbox->options;
    const struct listing *listing;
    size_t position;

    if (paid->refusal.code != 0)
        return false;
    paid->has_query = true;
    if (!query_read(&paid->query, paid->endpoint, paid->task, options->seed, &paid->refusal))
        return false;
    position = (size_t)paid->query.offset;
    if (paid->query.token != NULL && !token_read(&paid->query, &position)) {
        refuse(paid, CODE_FIELD);
        memcpy(paid->refusal.text, "Invalid Field: 'search_after_token'.", 37);
        return false;
    }
    listing =
        listings_get(sandbox->listings, &paid->query, options_items(options, paid->query.target));
    if (position < listing->n)
        paid->n_items = listing->n - position;
    if (paid->n_items > (size_t)paid->query.limit)
        paid->n_items = (size_t)paid->query.limit;
    paid->cost_nanousd =
        sandbox->price.per_call_nanousd + (int64_t)paid->n_items * sandbox->price.per_item_nanousd;
    *ret_listing = listing;
    *ret_position = position;
    return true;
}

static void execute(struct paid *paid, struct reply *reply)
{
    const struct listing *listing = NULL;
    struct envelope_task task;
    size_t position = 0;
    bool is_good;

    if (paid->fault != NULL && !paid->fault->is_billed && paid->fault->way != FAULT_CODE)
        return;
    if (!read_body(paid)) {
        envelope_refuse(&reply->body, paid->refusal.code, paid->refusal.text);
        return;
    }
    is_good = find_page(paid, &listing, &position);
    if (is_good && is_sample(&paid->query)) {
        paid->n_items = SAMPLE_ITEMS;
        paid->cost_nanousd = SAMPLE_COST_NANOUSD;
        memcpy(paid->id, SAMPLE_TASK_ID, sizeof(SAMPLE_TASK_ID));
        buf_append(&reply->body, sample_body, sample_body_size);
    } else {
        task = head(paid, is_good);
        envelope_open(&reply->body, task.took_ms, paid->cost_nanousd, paid->n_tasks,
                      paid->n_tasks - is_good);
        envelope_task_open(&reply->body, &task);
        if (is_good)
            put_page(paid, listing, position, &reply->body);
        else
            buf_append_string(&reply->body, "null");
        envelope_task_close(&reply->body);
        put_other_tasks(paid, &reply->body);
        envelope_close(&reply->body);
    }
    if (listing != NULL)
        listings_release(paid->sandbox->listings, listing);
}

static void apply_fault(const struct paid *paid, struct reply *reply)
{
    static const char html[] =
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title>"
        "</head>\r\n<body><center><h1>503 Service Temporarily Unavailable"
        "</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n";

    if (paid->fault == NULL)
        return;
    switch (paid->fault->way) {
    case FAULT_HTTP:
        reply->http = paid->fault->code;
        reply->content_type = paid->fault->code == 503 ? "text/html" : "text/plain";
        buf_append_string(&reply->body, paid->fault->code == 503 ? html : "Internal Server Error");
        break;
    case FAULT_DROP:
        reply->http = 0;
        break;
    case FAULT_TRUNCATE:
        reply->is_cut = true;
        break;
    case FAULT_GARBAGE:
        buf_clear(&reply->body);
        buf_append_string(&reply->body,
                          "{\"version\":\"0.1\",\"status_code\":20000,\"tasks\":[{]]");
        break;
    case FAULT_NONE:
    case FAULT_CODE:
    case FAULT_SLOW:
        break;
    }
}

/* The clock of the condition is the monotonic one, as server.c makes it. */
static void wait_for_latency(struct paid *paid)
{
    struct sandbox *sandbox = paid->sandbox;
    struct timespec until = {.tv_sec = paid->end_ms / 1000,
                             .tv_nsec = paid->end_ms % 1000 * 1000000};

    if (clock_mono_ms() >= paid->end_ms)
        return;
    pthread_mutex_lock(&sandbox->lock);
    while (!sandbox->is_stopping &&
           pthread_cond_timedwait(&sandbox->stopping, &sandbox->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&sandbox->lock);
}

static void note_history(struct paid *paid, int64_t now_ms)
{
    int64_t took_ms = now_ms - paid->request->begin_ms;
    struct history_task task = {
        .path = paid->endpoint->url_path,
        .posted_s = (clock_wall_ms() - took_ms) / 1000,
        .done_s = clock_wall_ms() / 1000,
        .code = paid->refusal.code == 0 ? CODE_OK : paid->refusal.code,
        .cost_nanousd = paid->cost_nanousd,
        .metadata = mem_strdup(json_object_to_json_string_ext(
            paid->task, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)),
    };

    memcpy(task.id, paid->id, sizeof(task.id));
    history_add(&paid->sandbox->history, &task);
}

static void end(struct paid *paid, const struct reply *reply)
{
    struct sandbox *sandbox = paid->sandbox;
    const struct query *query = paid->has_query ? &paid->query : NULL;
    int64_t now_ms = clock_mono_ms();
    bool is_executed = paid->task != NULL;
    struct ledger_line line = {
        .time_ms = paid->request->begin_ms - sandbox->start_ms,
        .took_ms = now_ms - paid->request->begin_ms,
        .path = paid->endpoint->url_path,
        .task_id = is_executed ? paid->id : NULL,
        .status_code = paid->refusal.code != 0 ? paid->refusal.code
                       : is_executed           ? CODE_OK
                                               : 0,
        .http = reply->http,
        .n_items = (int64_t)paid->n_items,
        .cost_nanousd = paid->cost_nanousd,
        .is_billed = paid->cost_nanousd > 0,
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
    sandbox->spent_nanousd += paid->cost_nanousd;
    if (is_executed)
        note_history(paid, now_ms);
    ledger_write(sandbox->ledger, &line);
    pthread_mutex_unlock(&sandbox->lock);
}
