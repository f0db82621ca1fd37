/*
 * Who answers: 401 without the login, 404 where the path is unknown, else the page of that path. A
 * path asked with the wrong method is as unknown as any other.
 */
#include "sandbox/sandbox_private.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "sandbox/aisa.h"
#include "sandbox/codes.h"
#include "sandbox/envelope.h"
#include "sandbox/pen.h"
#include "sandbox/random.h"

/* Another sandbox of the same minute gives other ids. */
void sandbox_task_id(struct sandbox *sandbox, const char *function_code, char id[TASK_ID_MAX])
{
    char now[40];
    struct pen pen = {now, now + sizeof(now)};
    uint64_t bits =
        random_draw(sandbox->options->seed + (uint64_t)sandbox->start_ms, ++sandbox->n_tasks);

    pen_time(&pen, clock_wall_ms() / 1000, false);
    snprintf(id, TASK_ID_MAX, "%.2s%.2s%.2s%.2s-1535-%s-0000-%012llx", now + 5, now + 8, now + 11,
             now + 14, function_code, (unsigned long long)(bits >> 16));
}

static void note(struct sandbox *sandbox, const struct request *request, const struct reply *reply,
                 int code)
{
    struct ledger_line line = {
        .time_ms = request->begin_ms - sandbox->start_ms,
        .took_ms = clock_mono_ms() - request->begin_ms,
        .path = request->path,
        .status_code = code,
        .http = reply->http,
        .is_reused = request->is_reused,
    };

    pthread_mutex_lock(&sandbox->lock);
    ledger_write(sandbox->ledger, &line);
    pthread_mutex_unlock(&sandbox->lock);
}

static void refuse(struct sandbox *sandbox, const struct request *request, struct reply *reply,
                   int http, int code)
{
    reply->http = http;
    envelope_refuse(&reply->body, code, NULL);
    note(sandbox, request, reply, code);
}

/* The first task of a body; a GET has none. NULL: nothing that could be read. */
static struct json_object *first_task(const struct request *request)
{
    struct json_object *body = json_tokener_parse(buf_text(&request->body));
    struct json_object *task = NULL;

    if (json_object_is_type(body, json_type_array))
        task = json_object_get(json_object_array_get_idx(body, 0));
    json_object_put(body);
    return task;
}

static void answer_free(struct sandbox *sandbox, size_t page_no, const struct request *request,
                        struct reply *reply)
{
    const struct free_page *page = &free_pages[page_no];
    struct json_object *json = first_task(request);
    struct buf result = BUF_WITH_CEILING(REPLY_SIZE_MAX);
    char id[TASK_ID_MAX];
    struct envelope_task task = {.id = id,
                                 .code = CODE_OK,
                                 .path = page->path,
                                 .api = page->api,
                                 .function = page->function,
                                 .data = json};
    bool is_good;

    pthread_mutex_lock(&sandbox->lock);
    if (!minute_take(&sandbox->free_minutes[page_no], clock_mono_ms()))
        task.code = CODE_RATE;
    else if (!page->put_result(sandbox, json, &result, &task.n_results))
        task.code = CODE_FIELD;
    sandbox_task_id(sandbox, "0000", id);
    pthread_mutex_unlock(&sandbox->lock);

    is_good = task.code == CODE_OK;
    reply->http = 200;
    envelope_open(&reply->body, &task, 1, !is_good);
    envelope_task_open(&reply->body, &task);
    buf_append_string(&reply->body, is_good ? buf_text(&result) : "null");
    envelope_task_close(&reply->body);
    envelope_close(&reply->body);
    note(sandbox, request, reply, task.code);
    buf_deinit(&result);
    json_object_put(json);
}

static bool has_login(const struct sandbox *sandbox, const struct request *request)
{
    return request->authorization != NULL &&
           strcmp(request->authorization, sandbox->authorization) == 0;
}

/* A paid call asks for itself when it has its number. */
static bool is_refusing(struct sandbox *sandbox)
{
    bool is;

    pthread_mutex_lock(&sandbox->lock);
    is = sandbox->account.is_refusing;
    pthread_mutex_unlock(&sandbox->lock);
    return is;
}

void sandbox_answer(struct sandbox *sandbox, struct request *request, struct reply *reply)
{
    reply->content_type = "application/json";
    if (aisa_has_path(request->path)) {
        aisa_answer(sandbox, request, reply);
        return;
    }
    if (!has_login(sandbox, request) || is_refusing(sandbox)) {
        refuse(sandbox, request, reply, 401, CODE_LOGIN);
        return;
    }
    for (size_t i = 0; i < n_offers; i++) {
        const struct endpoint *endpoint = endpoint_find(offers[i].endpoint);

        if (strcmp(request->method, "POST") == 0 &&
            strcmp(request->path, endpoint->url_path) == 0) {
            paid_answer(sandbox, &offers[i], endpoint, request, reply);
            return;
        }
    }
    for (size_t i = 0; i < n_free_pages; i++) {
        if (strcmp(request->method, free_pages[i].method) == 0 &&
            strcmp(request->path, free_pages[i].path) == 0) {
            answer_free(sandbox, i, request, reply);
            return;
        }
    }
    refuse(sandbox, request, reply, 404, CODE_PATH);
}
