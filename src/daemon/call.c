#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/price.h"
#include "api/provider.h"
#include "api/request.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/point.h"
#include "crawl/sync.h"
#include "daemon/engine_private.h"
#include "decode/page.h"
#include "status/meter.h"

/*
 * One call: the body is made, its beginning is noted in the spool, http sends it, and what comes
 * back goes into the spool piece by piece. When the answer is on disk a worker reads its envelope,
 * and the crawl judges. A page with items is then landed from the same decoder.
 *
 *   no whole answer      the crawl hears that, with whether the request can have reached the server
 *   the spool fails      nothing more can be received: the crawl fails as a whole
 *   not an envelope      the answer stays in the spool, the charge is unknown
 *
 * An adopted page begins behind the disk: its answer is there from an earlier process.
 */

/* The ceiling of a body when inflated; the dearest known answer is about 100 MB. */
#define BODY_TEXT_MAX (UINT64_C(512) * 1024 * 1024)

#define CODE_OK 20000

static struct engine_run *run_of(const struct crawl_page *page)
{
    return page->slice->listing->run->data;
}

static struct call *call_new(struct crawl_page *page)
{
    struct call *call = mem_new(sizeof(*call));

    call->run = run_of(page);
    call->page = page;
    call->work.data = call;
    page->data = call;
    return call;
}

void call_drop(void *data, struct crawl_page *page)
{
    struct call *call = page->data;

    (void)data;
    if (call == NULL)
        return;
    page_destroy(call->decoder);
    envelope_deinit(&call->envelope);
    if (call->answer != NULL)
        spool_forget(call->answer);
    free(call->path);
    request_targets_deinit(&call->targets);
    free(call->body);
    free(call->token);
    free(call);
    page->data = NULL;
}

/* --- sending --------------------------------------------------------------------------------- */

static enum http_taken on_body(struct http_request *request, const void *data, size_t size)
{
    struct call *call = request->data;

    if (spool_is_full(call->run->spool)) {
        call->is_paused = true;
        crawl_set_full(call->run->account->crawl, true);
        return HTTP_FULL;
    }
    spool_body(call->answer, data, size);
    point("half-body");
    return HTTP_TAKEN;
}

/* Nothing came that could be judged by what it says. */
static void answer_nothing(struct call *call, bool was_sent, const struct err *err)
{
    struct crawl_answer answer = {.facts = {.message = err->text},
                                  .was_sent = was_sent,
                                  .cost_nanousd = -1,
                                  .total_count = -1};

    crawl_on_answer(call->page, &answer);
}

static void read_envelope(struct call *call);
static void unlink_call(struct call *call);

static void on_synced(struct spool_answer *spooled, const struct err *err)
{
    struct call *call = spooled->data;

    if (err != NULL) {
        crawl_fail(call->run->account->crawl, err);
        answer_nothing(call, /* was_sent= */ true, err);
        return;
    }
    point("after-spool");
    read_envelope(call);
}

/* What the provider's header says that the call costs; -1: nothing that can be read. */
static int64_t told_charge(const struct call *call, const struct http_answer *answer)
{
    int64_t nanousd;

    if (answer->header == NULL)
        return -1;
    if (money_parse(answer->header, strlen(answer->header), &nanousd))
        return nanousd;
    log_event(LOG_WARNING, log_folded(engine_run_fields(call->run)),
              "the header %s cannot be read, ignoring: %.100s",
              call->run->account->config->provider->charge_header, answer->header);
    return -1;
}

static void on_done(struct http_request *request, const struct http_answer *answer, bool was_sent,
                    const struct err *err)
{
    struct call *call = request->data;

    unlink_call(call);
    if (err != NULL) {
        spool_abandon(call->answer);
        crawl_on_arrived(call->page, was_sent, /* is_whole= */ false);
        answer_nothing(call, was_sent, err);
        return;
    }
    call->elapsed_ms = answer->elapsed_ms;
    meter_time_call(call->run->engine->commons->meter, call->run->account->config->name,
                    call->run->job->endpoint->name, (int64_t)answer->elapsed_ms * 1000);
    spool_end(call->answer,
              &(struct spool_end){.status = answer->status,
                                  .retry_after_s = answer->retry_after_s,
                                  .elapsed_ms = answer->elapsed_ms,
                                  .charge_nanousd = told_charge(call, answer)},
              on_synced);
    crawl_on_arrived(call->page, was_sent, /* is_whole= */ true);
}

void call_send(void *data, struct crawl_page *page)
{
    struct engine_account *account = data;
    struct crawl_slice *slice = page->slice;
    struct call *call = call_new(page);
    CLEANUP(mem_free_string)
    char *tag = request_tag(slice->listing->request, call->run->run->install, &call->run->run->uid,
                            slice->listing->listing_id, slice->slice_no);
    struct request_page ask = {.is_object = config_account_sends_object(account->config),
                               .target = slice->listing->target,
                               .limit = slice->limit,
                               .order_by = slice->order_by,
                               .range = crawl_page_range(page),
                               .position = page->position,
                               .token = page->token,
                               .tag = tag};

    call->path = provider_path(account->config->provider, slice->listing->run->endpoint);
    call->body = request_body(slice->listing->run->endpoint, slice->listing->request, &ask);
    call->answer = spool_begin(call->run->spool,
                               &(struct spool_begin){.attempt = page->attempt,
                                                     .listing_id = slice->listing->listing_id,
                                                     .slice_no = slice->slice_no,
                                                     .position = page->position,
                                                     .limit = slice->limit,
                                                     .reserved_nanousd = page->reserved_nanousd,
                                                     .sent_at_ms = clock_wall_ms(),
                                                     .request = call->body});
    call->answer->data = call;
    call->request = (struct http_request){.path = call->path,
                                          .body = call->body,
                                          .body_size = strlen(call->body),
                                          .on_body = on_body,
                                          .done = on_done,
                                          .data = call};
    call->next = account->calls;
    call->link = &account->calls;
    if (call->next != NULL)
        call->next->link = &call->next;
    account->calls = call;
    http_send(account->http, &call->request);
    point("after-send");
}

/* Takes the call out of those that are under way. */
static void unlink_call(struct call *call)
{
    *call->link = call->next;
    if (call->next != NULL)
        call->next->link = call->link;
}

void call_resume_all(struct engine_account *account)
{
    for (struct call *call = account->calls; call != NULL; call = call->next)
        if (call->is_paused) {
            call->is_paused = false;
            http_resume(account->http, &call->request);
        }
}

/* --- judging --------------------------------------------------------------------------------- */

/* In a worker: nothing but the call's decoder, envelope and err is touched. */
static void work(uv_work_t *request)
{
    struct call *call = request->data;

    call->has_envelope = page_envelope(call->decoder, BODY_TEXT_MAX, &call->envelope, &call->err);
}

/*
 * What the answer was charged; -1: it does not say. Where a header says it, the cost in the
 * envelope is what somebody else pays; where that header is missing, a page is booked at the larger
 * of its price and that cost.
 */
static int64_t charge_of(struct call *call)
{
    struct engine_account *account = call->run->account;
    const struct config_account *payer = call->run->payer;
    const struct envelope *envelope = &call->envelope;
    int64_t cost_nanousd = call->has_envelope ? envelope->cost_nanousd : -1, price_nanousd;

    if (call->answer->end.charge_nanousd >= 0)
        return call->answer->end.charge_nanousd;
    if (payer->provider->charge_header == NULL || !call->has_envelope ||
        envelope->task_status_code != CODE_OK)
        return cost_nanousd;
    price_nanousd = price_worst(payer == account->config
                                    ? account->prices[endpoint_no(call->run->job->endpoint)]
                                    : engine_price_before_asking(payer),
                                envelope->n_items);
    if (!account->is_charge_missed)
        log_event(LOG_WARNING, engine_run_fields(call->run),
                  "an answer of account %s came without %s, which says its charge; such calls are "
                  "booked at the larger of the account's price and the API's cost",
                  payer->name, payer->provider->charge_header);
    account->is_charge_missed = true;
    return cost_nanousd > price_nanousd ? cost_nanousd : price_nanousd;
}

static void on_envelope(uv_work_t *request, int status)
{
    struct call *call = request->data;
    const struct envelope *envelope = &call->envelope;
    struct crawl_answer answer = {
        .facts = {.http_status = (int)call->answer->end.status,
                  .retry_after_s = call->answer->end.retry_after_s,
                  .has_envelope = call->has_envelope,
                  .message = call->err.text},
        .was_sent = true,
        .cost_nanousd = -1,
        .total_count = -1,
    };

    (void)status; /* work requests are never cancelled */
    answer.facts.has_charge = call->answer->end.charge_nanousd >= 0;
    answer.cost_nanousd = charge_of(call);
    if (!call->has_envelope && call->err.kind != ERR_DATA) {
        crawl_fail(call->run->account->crawl, &call->err);
    } else if (call->has_envelope) {
        answer.facts.status_code = envelope->status_code;
        answer.facts.task_status_code = envelope->task_status_code;
        answer.facts.has_result = envelope->has_result;
        answer.facts.message = envelope->message;
        if (envelope->has_error && call->run->payer->provider->is_gateway)
            answer.facts.gateway_code = envelope->error_code;
        answer.n_items = envelope->n_items;
        answer.total_count = envelope->total_count;
        answer.token = envelope->token;
    }
    crawl_on_answer(call->page, &answer);
}

static void read_envelope(struct call *call)
{
    call->source = (struct page_source){.read = spool_read, .data = call->answer};
    call->decoder = page_new(call->page->slice->listing->run->endpoint, &call->source);
    uv_queue_work(call->run->engine->loop, &call->work, work, on_envelope);
}

void call_replay(void *data, struct crawl_page *page)
{
    struct spool_answer *answer = page->data;
    struct call *call = call_new(page);

    (void)data;
    call->answer = answer;
    call->elapsed_ms = answer->end.elapsed_ms;
    answer->data = call;
    read_envelope(call);
}

/* --- landing --------------------------------------------------------------------------------- */

void call_outcome(const struct crawl_page *page, struct store_outcome *ret_outcome)
{
    static const enum store_charge charges[] = {
        [VERDICT_CHARGE_KNOWN] = STORE_SETTLED,
        [VERDICT_CHARGE_FREE] = STORE_VOID,
        [VERDICT_CHARGE_UNKNOWN] = STORE_UNKNOWN,
    };
    const struct call *call = page->data;
    bool is_judged = page->is_surplus || page->verdict.class != VERDICT_OK ||
                     page->charge == VERDICT_CHARGE_FREE;

    *ret_outcome = (struct store_outcome){
        .attempt = page->attempt,
        .charge = charges[page->charge],
        .charged_nanousd = page->charged_nanousd,
        .status_code = page->code,
        .task_id = "",
        .message = is_judged ? page->message : "",
    };
    if (call == NULL)
        return;
    ret_outcome->task_id = call->has_envelope ? call->envelope.task_id : "";
    ret_outcome->http_status = (int)call->answer->end.status;
    ret_outcome->body_bytes = (int64_t)call->answer->body_bytes;
    ret_outcome->elapsed_ms = (int64_t)call->elapsed_ms;
}

/* The counters of its job. */
static struct meter_job *meter_of(const struct engine_run *run)
{
    return meter_job(run->engine->commons->meter, run->job->project, run->job->name);
}

void call_count(const struct crawl_page *page)
{
    const struct engine_run *run = run_of(page);

    meter_count_call(run->engine->commons->meter, run->payer->name, run->job->endpoint->name,
                     page->code != 0 ? page->code : page->http_status);
    if (page->charge == VERDICT_CHARGE_KNOWN)
        meter_of(run)->nanousd += page->charged_nanousd;
}

/* The last second that its rows reach. */
static int64_t seen_to_s(const struct landing *landing)
{
    const int64_t us_per_s = 1000000, from_1970_to_2000_s = 946684800;
    int64_t us = landing->newest_us;

    if (us == PAGE_NO_TIME)
        return CRAWL_NO_VALUE;
    return us / us_per_s - (us % us_per_s < 0) + from_1970_to_2000_s;
}

static void on_landed(struct landing *landing, const struct err *err)
{
    struct call *call = landing->data;

    if (err == NULL) {
        call_count(call->page);
        meter_of(call->run)->n_rows += landing->outcome.n_rows;
        meter_time_commit(call->run->engine->commons->meter, landing->commit_us);
        engine_database_works(call->run->engine);
        log_event(LOG_DEBUG, crawl_page_fields(call->page), "landed, %zu items", landing->n_items);
        engine_watch_drift(call->run, page_drift(call->decoder));
    }
    crawl_on_landed(call->page, seen_to_s(landing), landing->is_end, err);
}

void call_land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint)
{
    static const enum store_walk walks[] = {
        [PAGER_UNDECIDED] = STORE_WALK_UNDECIDED,
        [PAGER_OFFSET] = STORE_WALK_OFFSET,
        [PAGER_CHAIN] = STORE_WALK_CHAIN,
    };
    const struct engine_account *account = data;
    struct call *call = page->data;
    const struct crawl_listing *listing = page->slice->listing;
    struct landing *landing = &call->landing;

    call->token = mem_strdup(checkpoint->token);
    request_targets_read(listing->request, &call->targets);
    *landing = (struct landing){
        .page = call->decoder,
        .endpoint = listing->run->endpoint,
        .front = {.night = call->run->run->night_days,
                  .run_id = listing->run->run_id,
                  .listing_id = listing->listing_id,
                  .slice_no = page->slice->slice_no,
                  .items_before = page->position,
                  .target = listing->target,
                  .targets = &call->targets},
        .n_items = call->envelope.n_items,
        .newest_us = PAGE_NO_TIME,
        .known_max = listing->ends_when_known ? SYNC_KNOWN : 0,
        .fields = crawl_page_fields(page),
        .checkpoint = {.listing_id = listing->listing_id,
                       .slice_no = page->slice->slice_no,
                       .walk = walks[checkpoint->walk],
                       .position = checkpoint->position,
                       .token = call->token,
                       .total_count = checkpoint->total_count,
                       .whole_count = checkpoint->whole_count,
                       .is_ended = checkpoint->is_ended},
        .landed = on_landed,
        .data = call,
    };
    call_outcome(page, &landing->outcome);
    lander_add(account->engine->lander, landing);
}
