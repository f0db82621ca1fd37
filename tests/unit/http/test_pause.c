/* Pausing, going on and canceling: what the caller may do to a request that is under way. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "fixture.h"

TestSuite(pause, .timeout = 30);
TestSuite(cancel, .timeout = 30);

#define BIG_SIZE ((size_t)3 * 1024 * 1024)

/* A script's two steps for an answer of BIG_SIZE bytes; free the string. */
static char *make_big_answer(struct peer_step script[2])
{
    char *text = mem_new(BIG_SIZE + 128);
    int head = snprintf(text, 128, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", BIG_SIZE);

    for (size_t i = 0; i < BIG_SIZE; i++)
        text[(size_t)head + i] = (char)(i * 31 + i / 251);
    script[0] = (struct peer_step){PEER_SEND, text, (size_t)head + BIG_SIZE};
    script[1] = (struct peer_step){PEER_OVER, NULL, 0};
    return text;
}

static void expect_big_body(const struct call *call, const char *text)
{
    cr_expect(eq(int, call->err.kind, ERR_NONE), "%s", call->err.text);
    cr_assert(eq(sz, call->body.size, BIG_SIZE));
    cr_expect(eq(int, memcmp(call->body.data, strstr(text, "\r\n\r\n") + 4, BIG_SIZE), 0));
}

Test(pause, brings_the_same_bytes_again)
{
    struct peer_step script[2];
    CLEANUP(mem_free_string) char *text = make_big_answer(script);
    const struct peer_step *scripts[] = {script};
    struct call call = {.n_full = 1};
    unsigned n_seen = 0;

    fixture_start(scripts, 1);
    call_send(&call, "[{}]");
    while (f.n_done == 0) {
        uv_run(&f.loop, UV_RUN_ONCE);
        if (call.n_fulls_said > n_seen) { /* paused: go on, and say so at each third piece again */
            n_seen = call.n_fulls_said;
            call.n_full = n_seen % 3 == 0 ? 2 : 1;
            http_resume(f.http, &call.request);
            http_resume(f.http, &call.request);
            if (n_seen > 50)
                call.n_full = 0;
        }
    }

    cr_expect(gt(uint, call.n_fulls_said, 50));
    expect_big_body(&call, text);
    fixture_finish();
    call_free(&call);
}

Test(pause, holds_the_sender_back)
{
    struct peer_step script[2];
    CLEANUP(mem_free_string) char *text = make_big_answer(script);
    const struct peer_step *scripts[] = {script};
    struct call paused = {.n_full = 1}, other = {.n_done = 0};

    fixture_start(scripts, 1);
    call_send(&paused, "[{}]");
    while (paused.n_fulls_said == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    call_send(&other, "[{}]"); /* 3 MB go by; nothing of the first comes meanwhile */
    run_until_done(1);

    cr_expect(eq(uint, other.n_done, 1));
    cr_expect(eq(uint, paused.n_pieces, 0));
    cr_expect(eq(uint, paused.n_fulls_said, 1));
    http_resume(f.http, &paused.request);
    run_until_done(2);
    expect_big_body(&paused, text);
    expect_big_body(&other, text);
    fixture_finish();
    call_free(&paused);
    call_free(&other);
}

Test(pause, at_the_last_byte_keeps_the_answer_open)
{
    struct call call = {.n_full = 1};

    START(OK_ANSWER);
    call_send(&call, "[{}]");
    while (call.n_fulls_said == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    for (int i = 0; i < 5; i++)
        uv_run(&f.loop, UV_RUN_NOWAIT);
    cr_assert(eq(uint, call.n_done, 0));
    http_resume(f.http, &call.request);
    run_until_done(1);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect_str_eq(buf_text(&call.body), "{}");
    fixture_finish();
    call_free(&call);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct call *call = timer->data;

    http_resume(f.http, &call->request);
    uv_close((uv_handle_t *)timer, NULL);
}

Test(pause, does_not_count_as_the_servers_time)
{
    struct call call = {.n_full = 1};
    uv_timer_t timer;

    f.settings.total_timeout_ms = SHORT_TIMEOUT_MS;
    START(OK_ANSWER);
    uv_timer_init(&f.loop, &timer);
    timer.data = &call;
    uv_timer_start(&timer, on_pause_over, SHORT_TIMEOUT_MS + 400, 0);
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect_str_eq(buf_text(&call.body), "{}");
    fixture_finish();
    call_free(&call);
}

Test(pause, and_then_no_more_bytes_still_ends_in_time)
{
    struct call call = {.n_full = 1};

    f.settings.total_timeout_ms = SHORT_TIMEOUT_MS;
    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"}, {PEER_HANG}));
    call_send(&call, "[{}]");
    while (call.n_fulls_said == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    http_resume(f.http, &call.request);
    run_until_done(1);

    cr_expect(eq(int, call.err.kind, ERR_NETWORK));
    cr_expect_str_eq(buf_text(&call.body), "0123");
    fixture_finish();
    call_free(&call);
}

static struct call call;

static void cancel(void)
{
    f.is_inside = true;
    http_cancel(f.http, &call.request);
    http_cancel(f.http, &call.request);
    f.is_inside = false;
}

static void expect_canceled(bool was_sent)
{
    run_until_done(1);
    cr_expect(eq(int, call.err.kind, ERR_CANCELED), "%s", call.err.text);
    cr_expect(eq(int, call.was_sent, was_sent));
    cancel(); /* harmless where it has ended */
    fixture_finish();
    cr_expect(eq(uint, call.n_done, 1));
    call_free(&call);
}

Test(cancel, before_the_loop_has_turned)
{
    START(OK_ANSWER);
    call_send(&call, "[{}]");
    cancel();
    expect_canceled(false);
    cr_expect(eq(uint, f.peer.n_requests, 0));
}

Test(cancel, while_it_connects)
{
    START(OK_ANSWER);
    call_send(&call, "[{}]");
    uv_run(&f.loop, UV_RUN_NOWAIT);
    cancel();
    run_until_done(1);
    cr_expect(eq(int, call.err.kind, ERR_CANCELED));
    fixture_finish();
    call_free(&call);
}

static void on_request_cancel(struct peer *peer)
{
    (void)peer;
    cancel();
}

Test(cancel, while_the_server_works)
{
    f.peer.on_request = on_request_cancel;
    START(SCRIPT({PEER_HANG}));
    call_send(&call, "[{}]");
    expect_canceled(true);
}

Test(cancel, in_the_middle_of_the_answer)
{
    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"}, {PEER_HANG}));
    call_send(&call, "[{}]");
    while (f.n_received == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    cancel();
    expect_canceled(true);
}

Test(cancel, while_it_is_paused)
{
    call.n_full = 1;
    START(OK_ANSWER);
    call_send(&call, "[{}]");
    while (call.n_fulls_said == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    http_resume(f.http, &call.request);
    cancel();
    expect_canceled(true);
    cr_expect(eq(uint, call.n_pieces, 0));
}

Test(cancel, and_the_end_of_its_time_in_the_same_turn_end_it_once)
{
    int64_t due_ms;

    f.settings.total_timeout_ms = SHORT_TIMEOUT_MS;
    START(SCRIPT({PEER_HANG}));
    due_ms = clock_mono_ms() + SHORT_TIMEOUT_MS + 50;
    call_send(&call, "[{}]");
    while (f.peer.n_requests == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    while (clock_mono_ms() < due_ms) { /* the loop must not turn, so nothing else can wait */
    }
    cancel();
    run_until_done(1);

    cr_expect(ne(int, call.err.kind, ERR_NONE));
    cr_expect(call.was_sent);
    fixture_finish();
    cr_expect(eq(uint, call.n_done, 1));
    call_free(&call);
}

static struct call victim;

static void cancel_the_victim(struct call *over)
{
    if (over == &call)
        http_cancel(f.http, &victim.request);
}

Test(cancel, of_another_call_from_done)
{
    START(SCRIPT({PEER_HANG}), OK_ANSWER);
    call_send(&victim, "[{}]");
    while (f.peer.n_requests == 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    f.on_done = cancel_the_victim;
    call_send(&call, "[{}]");
    run_until_done(2);

    cr_expect(eq(int, call.err.kind, ERR_NONE));
    cr_expect(eq(int, victim.err.kind, ERR_CANCELED));
    fixture_finish();
    call_free(&call);
    call_free(&victim);
}
