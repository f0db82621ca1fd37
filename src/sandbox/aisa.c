#include "sandbox/aisa.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/money.h"
#include "sandbox/fault.h"
#include "sandbox/paid_private.h"

/*
 *   refused as a whole   429 rate_limit_exceeded, 401 invalid_api_key, 400 json_parse_error
 *   a fault of HTTP's    the same status, with an error of the gateway's
 *   --gateway-error      that call alone: it is not carried out
 *   all else             the vendor's envelope, HTTP 200, and the charge in a header
 *
 * The gateway's documents show two forms of an error; every other call gets the other one.
 */

#define FRONT "/apis/v1/dataforseo"
#define VENDOR_FRONT "/v3"
#define RETRY_AFTER_S 7

static void put_error(struct reply *reply, int http, const char *code, uint64_t call_no)
{
    reply->http = http;
    reply->content_type = "application/json";
    reply->way = REPLY_WHOLE;
    reply->retry_after_s = http == 429 ? RETRY_AFTER_S : 0;
    buf_clear(&reply->body);
    if (call_no % 2 == 0)
        buf_printf(&reply->body, "{\"error\":\"%s\",\"message\":\"made up by the sandbox\"}", code);
    else
        buf_printf(
            &reply->body,
            "{\"error\":{\"type\":\"sandbox_error\",\"code\":\"%s\",\"message\":\"made up by "
            "the sandbox\",\"request_id\":\"req_%" PRIu64 "\"}}",
            code, call_no);
}

bool aisa_has_path(const char *path)
{
    return strncmp(path, "/apis/", strlen("/apis/")) == 0;
}

static const struct offer *find_offer(const struct request *request)
{
    const char *behind = request->path + strlen(FRONT);

    if (strcmp(request->method, "POST") != 0 || strncmp(request->path, FRONT, strlen(FRONT)) != 0)
        return NULL;
    for (size_t i = 0; i < n_offers; i++)
        if (strcmp(endpoint_find(offers[i].endpoint)->url_path + strlen(VENDOR_FRONT), behind) == 0)
            return &offers[i];
    return NULL;
}

static bool has_token(const struct sandbox *sandbox, const struct request *request)
{
    const char *header = request->authorization;
    size_t length = strlen("Bearer ");

    return header != NULL && strncmp(header, "Bearer ", length) == 0 &&
           strcmp(header + length, sandbox->options->token) == 0;
}

static void answer_paid(struct sandbox *sandbox, const struct offer *offer, struct request *request,
                        struct reply *reply)
{
    pthread_mutex_lock(&sandbox->lock);
    request->gateway_no = ++sandbox->n_gateway_calls;
    pthread_mutex_unlock(&sandbox->lock);
    paid_answer(sandbox, offer, endpoint_find(offer->endpoint), request, reply);
}

void aisa_answer(struct sandbox *sandbox, struct request *request, struct reply *reply)
{
    const struct offer *offer = find_offer(request);

    if (!has_token(sandbox, request))
        put_error(reply, 401,
                  request->authorization == NULL ? "missing_api_key" : "invalid_api_key", 1);
    else if (offer == NULL)
        put_error(reply, 404, "unknown_endpoint", 1);
    else
        answer_paid(sandbox, offer, request, reply);
}

/* As a number with a point, or with an exponent. */
static void put_charge(const struct paid *paid, struct reply *reply)
{
    int64_t charge = paid->cost_nanousd;

    if (paid->call_no % 2 == 0)
        snprintf(reply->charge, sizeof(reply->charge), "%" PRId64 "e-09", charge);
    else
        snprintf(reply->charge, sizeof(reply->charge), "%" PRId64 ".%09" PRId64,
                 charge / NANOUSD_PER_USD, charge % NANOUSD_PER_USD);
}

static const char *code_of_http(int http)
{
    return http == 504   ? "upstream_timeout"
           : http == 500 ? "gateway_error"
                         : "upstream_unavailable";
}

void aisa_finish(struct paid *paid, struct reply *reply)
{
    const struct options *options = paid->sandbox->options;

    if (options->gateway_error.nth == paid->request->gateway_no) {
        paid->cost_nanousd = 0;
        put_error(reply, options->gateway_error.http, options->gateway_error.code, paid->call_no);
        return;
    }
    if (options->has_charge)
        paid->cost_nanousd += paid->cost_nanousd * (int64_t)options->markup_percent / 100;
    if (reply->http == 0)
        return;
    if (paid->fault != NULL && paid->fault->way == FAULT_HTTP)
        put_error(reply, paid->fault->code, code_of_http(paid->fault->code), paid->call_no);
    else if (paid->refusal.code == CODE_RATE || paid->refusal.code == CODE_IN_FLIGHT)
        put_error(reply, 429, "rate_limit_exceeded", paid->call_no);
    else if (paid->refusal.code == CODE_LOGIN)
        put_error(reply, 401, "revoked_api_key", paid->call_no);
    else if (paid->refusal.code == CODE_EMPTY || paid->refusal.code == CODE_BODY)
        put_error(reply, 400, "json_parse_error", paid->call_no);
    else if (options->has_charge)
        put_charge(paid, reply);
}
