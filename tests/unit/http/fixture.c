#include "fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

struct fixture f;

void fixture_start(const struct peer_step *const *scripts, size_t n_scripts)
{
    struct err err = {.kind = ERR_NONE};

    uv_loop_init(&f.loop);
    peer_start(&f.peer, &f.loop, scripts, n_scripts);
    if (f.settings.base_url == NULL)
        f.settings.base_url = f.peer.url;
    if (f.settings.total_timeout_ms == 0)
        f.settings.total_timeout_ms = 20000;
    if (f.settings.connect_timeout_ms == 0)
        f.settings.connect_timeout_ms = 10000;
    if (f.settings.body_bytes_max == 0)
        f.settings.body_bytes_max = (uint64_t)64 * 1024 * 1024;
    cr_assert(http_new(&f.loop, &f.settings, &f.http, &err), "%s", err.text);
}

static enum http_taken on_body(struct http_request *request, const void *data, size_t size)
{
    struct call *call = request->data;

    cr_assert(eq(uint, call->n_done, 0));
    cr_assert(gt(sz, size, 0));
    if (call->n_full > 0) {
        call->n_full--;
        call->n_fulls_said++;
        return HTTP_FULL;
    }
    call->n_pieces++;
    f.n_received++;
    buf_append(&call->body, data, size);
    return HTTP_TAKEN;
}

static void on_done(struct http_request *request, const struct http_answer *answer, bool was_sent,
                    const struct err *err)
{
    struct call *call = request->data;

    cr_assert(not(f.is_inside), "done came from inside a call");
    cr_assert(eq(uint, call->n_done, 0), "done came twice");
    call->n_done++;
    call->answer = *answer;
    call->answer.header = NULL;
    if (answer->header != NULL)
        snprintf(call->header, sizeof(call->header), "%s", answer->header);
    call->was_sent = was_sent;
    if (err != NULL)
        call->err = *err;
    f.n_done++;
    if (f.on_done != NULL)
        f.on_done(call);
}

void call_send(struct call *call, const char *body)
{
    buf_init(&call->body, (size_t)128 * 1024 * 1024);
    call->request = (struct http_request){.path = "/v3/backlinks/backlinks/live",
                                          .body = body,
                                          .body_size = body == NULL ? 0 : strlen(body),
                                          .on_body = on_body,
                                          .done = on_done,
                                          .data = call};
    f.is_inside = true;
    http_send(f.http, &call->request);
    f.is_inside = false;
}

void run_until_done(unsigned n_done)
{
    while (f.n_done < n_done)
        uv_run(&f.loop, UV_RUN_ONCE);
}

void run_call(struct call *call)
{
    call_send(call, "[{}]");
    run_until_done(1);
}

void fixture_finish(void)
{
    http_destroy(f.http);
    peer_stop(&f.peer);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    cr_assert(eq(uint, f.peer.n_open, 0));
    cr_assert(eq(int, uv_loop_close(&f.loop), 0));
}

void call_free(struct call *call)
{
    buf_deinit(&call->body);
}
