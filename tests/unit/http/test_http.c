#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "fixture.h"

TestSuite(http, .timeout = 30);

Test(http, posts_what_it_was_given_and_hands_back_what_came)
{
    struct call call = {.n_done = 0};

    f.settings.user = "me@example.com";
    f.settings.password = "secret";
    START(SCRIPT(ANSWER("200 OK", "", "12", "{\"a\":[1,2]}\n")));
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect(eq(uint, call.answer.status, 200));
    cr_expect_str_eq(buf_text(&call.body), "{\"a\":[1,2]}\n");
    cr_expect(eq(u64, call.answer.body_bytes, 12));
    cr_expect(not(call.answer.is_gzip));
    cr_expect(call.was_sent);
    cr_expect_not_null(
        strstr(f.peer.request.data, "POST /v3/backlinks/backlinks/live HTTP/1.1\r\n"));
    cr_expect_not_null(
        strstr(f.peer.request.data, "\r\nAuthorization: Basic bWVAZXhhbXBsZS5jb206c2VjcmV0\r\n"));
    cr_expect_not_null(strstr(f.peer.request.data, "\r\nAccept-Encoding: gzip\r\n"));
    cr_expect_not_null(strstr(f.peer.request.data, "\r\nContent-Type: application/json\r\n"));
    cr_expect_not_null(
        strstr(f.peer.request.data, "\r\nUser-Agent: linkhaul/" LINKHAUL_VERSION "\r\n"));
    cr_expect_not_null(strstr(f.peer.request.data, "\r\nContent-Length: 4\r\n"));
    cr_expect_str_eq(strstr(f.peer.request.data, "\r\n\r\n"), "\r\n\r\n[{}]");
    fixture_finish();
    call_free(&call);
}

Test(http, gets_without_a_body)
{
    struct call call = {.n_done = 0};

    START(OK_ANSWER);
    call_send(&call, NULL);
    run_until_done(1);

    cr_expect(eq(uint, call.answer.status, 200));
    cr_expect_not_null(
        strstr(f.peer.request.data, "GET /v3/backlinks/backlinks/live HTTP/1.1\r\n"));
    cr_expect_null(strstr(f.peer.request.data, "Content-Type:"));
    cr_expect_null(strstr(f.peer.request.data, "Authorization:"));
    fixture_finish();
    call_free(&call);
}

Test(http, sends_a_body_of_megabytes_without_asking_for_leave)
{
    size_t size = (size_t)3 * 1024 * 1024;
    CLEANUP(mem_free_string) char *body = mem_new(size + 1);
    struct call call = {.n_done = 0};

    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i * 7 % 26);
    START(OK_ANSWER);
    call_send(&call, body);
    run_until_done(1);

    cr_expect(eq(uint, call.answer.status, 200));
    cr_expect_null(strstr(f.peer.request.data, "Expect"));
    cr_expect_str_eq(strstr(f.peer.request.data, "\r\n\r\n") + 4, body);
    fixture_finish();
    call_free(&call);
}

Test(http, puts_a_chunked_answer_together)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                 {PEER_SEND, "2\r\nde\r\n0\r\n\r\n"}));
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect_str_eq(buf_text(&call.body), "abcde");
    fixture_finish();
    call_free(&call);
}

Test(http, leaves_a_gzip_body_as_it_came)
{
    static const char body[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03not really";
    struct call call = {.n_done = 0};

    START(SCRIPT(
        {PEER_SEND, "HTTP/1.1 200 OK\r\ncontent-encoding: GZIP\r\nContent-Length: 20\r\n\r\n"},
        {PEER_SEND, body, 20}));
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect(call.answer.is_gzip);
    cr_assert(eq(sz, call.body.size, 20));
    cr_expect(eq(int, memcmp(call.body.data, body, 20), 0));
    fixture_finish();
    call_free(&call);
}

Test(http, takes_an_answer_that_drips_byte_by_byte)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_DRIP, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"}));
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect_str_eq(buf_text(&call.body), "0123456789");
    fixture_finish();
    call_free(&call);
}

Test(http, takes_every_status_as_an_answer)
{
    static const char *const statuses[] = {
        "200 OK",       "400 Bad Request", "401 No",    "402 Payment Required", "404 Not Found",
        "429 Too Many", "500 Oh",          "503 Later", "527 Railgun"};
    char answers[9][128];
    struct peer_step scripts[9][2];
    const struct peer_step *list[9];

    for (size_t i = 0; i < 9; i++) {
        snprintf(answers[i], sizeof(answers[i]), "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}",
                 statuses[i]);
        scripts[i][0] = (struct peer_step){PEER_SEND, answers[i], 0};
        scripts[i][1] = (struct peer_step){PEER_OVER, NULL, 0};
        list[i] = scripts[i];
    }
    f.settings.user = "me";
    f.settings.password = "secret";
    fixture_start(list, 9);
    for (unsigned i = 0; i < 9; i++) {
        struct call call = {.n_done = 0};

        call_send(&call, "[{}]");
        run_until_done(i + 1);
        cr_expect(eq(int, call.err.kind, ERR_NONE), "%s: %s", statuses[i], call.err.text);
        cr_expect(eq(uint, call.answer.status, (unsigned)strtoul(statuses[i], NULL, 10)));
        cr_expect_str_eq(buf_text(&call.body), "{}");
        call_free(&call);
    }
    cr_expect(eq(uint, f.peer.n_requests, 9)); /* a 401 is not tried again either */
    fixture_finish();
}

Test(http, does_not_follow_a_redirect)
{
    struct call call = {.n_done = 0};

    START(SCRIPT(ANSWER("307 Temporary Redirect", "Location: /elsewhere\r\n", "0", "")), OK_ANSWER);
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect(eq(uint, call.answer.status, 307));
    cr_expect(eq(uint, f.peer.n_requests, 1));
    fixture_finish();
    call_free(&call);
}

static uint32_t retry_after(const char *value)
{
    char text[256];
    const struct peer_step script[] = {{PEER_SEND, text, 0}, {PEER_OVER}};
    const struct peer_step *scripts[] = {script};
    struct call call = {.n_done = 0};

    memset(&f, 0, sizeof(f));
    snprintf(text, sizeof(text), "HTTP/1.1 429 No\r\nRetry-After:%s\r\nContent-Length: 0\r\n\r\n",
             value);
    fixture_start(scripts, 1);
    run_call(&call);
    fixture_finish();
    call_free(&call);
    return call.answer.retry_after_s;
}

Test(http, reads_retry_after_as_seconds_or_as_a_date)
{
    time_t soon = time(NULL) + 100;
    struct tm tm;
    char date[64];

    strftime(date, sizeof(date), " %a, %d %b %Y %H:%M:%S GMT", gmtime_r(&soon, &tm));
    cr_expect(eq(u32, retry_after(" 17"), 17));
    cr_expect(eq(u32, retry_after("0"), 0));
    cr_expect(ge(u32, retry_after(date), 90));
    cr_expect(le(u32, retry_after(date), 100));
    cr_expect(eq(u32, retry_after(" Sun, 06 Nov 1994 08:49:37 GMT"), 0));
    cr_expect(eq(u32, retry_after(" 99999999999999"), UINT32_MAX));
    cr_expect(eq(u32, retry_after(" -5"), 0));
    cr_expect(eq(u32, retry_after(" soon"), 0));
}

static size_t n_bytes_at_the_last_request;

static void on_request_note(struct peer *peer)
{
    cr_expect(eq(uint, peer->n_connections, 1), "the connection was not used again");
    n_bytes_at_the_last_request = peer->n_bytes;
}

/*
 * A script that answers the first call and ends the second as `act` says. libcurl may then open a
 * new connection, but no byte of the request may come on it.
 */
static void expect_one_request_of_a_dying_connection(enum peer_act act)
{
    struct call first = {.n_done = 0}, second = {.n_done = 0};

    f.peer.on_request = on_request_note;
    START(OK_ANSWER, SCRIPT({act}), OK_ANSWER);
    run_call(&first);
    call_send(&second, "[{\"target\":\"forbes.com\"}]");
    run_until_done(2);

    cr_expect(eq(int, second.err.kind, ERR_NETWORK));
    cr_expect(second.was_sent);
    http_destroy(f.http);
    peer_stop_listening(&f.peer); /* what is on its way still arrives */
    uv_run(&f.loop, UV_RUN_DEFAULT);
    cr_expect(eq(uint, f.peer.n_requests, 2), "the second call was billed %u times",
              f.peer.n_requests - 1);
    cr_expect(eq(sz, f.peer.n_bytes, n_bytes_at_the_last_request));
    cr_expect(eq(int, uv_loop_close(&f.loop), 0));
    call_free(&first);
    call_free(&second);
}

Test(http, never_repeats_a_call_whose_reused_connection_was_closed)
{
    expect_one_request_of_a_dying_connection(PEER_CLOSE);
}

Test(http, never_repeats_a_call_whose_reused_connection_was_reset)
{
    expect_one_request_of_a_dying_connection(PEER_RESET);
}

Test(http, takes_a_new_connection_where_the_kept_one_was_closed_in_time)
{
    struct call first = {.n_done = 0}, second = {.n_done = 0};

    START(SCRIPT(ANSWER("200 OK", "", "2", "{}"), {PEER_CLOSE}), OK_ANSWER);
    run_call(&first);
    while (f.peer.n_open > 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    call_send(&second, "[{}]");
    run_until_done(2);

    cr_expect(eq(int, second.err.kind, ERR_NONE), "%s", second.err.text);
    cr_expect(eq(uint, f.peer.n_requests, 2));
    cr_expect(eq(uint, f.peer.n_connections, 2));
    fixture_finish();
    call_free(&first);
    call_free(&second);
}

static void expect_network_error(struct call *call, bool was_sent)
{
    cr_expect(eq(int, call->err.kind, ERR_NETWORK), "%s", call->err.text);
    cr_expect(eq(int, call->was_sent, was_sent), "%s", call->err.text);
    cr_expect(gt(sz, strlen(call->err.text), strlen("127.0.0.1: ")));
}

Test(http, tells_that_an_answer_was_cut_off)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"}, {PEER_CLOSE}));
    run_call(&call);

    expect_network_error(&call, true);
    cr_expect(eq(u64, call.answer.body_bytes, 4));
    fixture_finish();
    call_free(&call);
}

Test(http, tells_that_a_chunked_answer_was_cut_off)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                 {PEER_CLOSE}));
    run_call(&call);

    expect_network_error(&call, true);
    fixture_finish();
    call_free(&call);
}

Test(http, tells_that_no_answer_came)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_CLOSE}));
    run_call(&call);

    expect_network_error(&call, true);
    cr_expect(eq(uint, f.peer.n_requests, 1));
    fixture_finish();
    call_free(&call);
}

Test(http, tells_that_nobody_listens_and_that_this_was_free)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int taken = socket(AF_INET, SOCK_STREAM, 0); /* bound, but nobody listens */
    struct call call = {.n_done = 0};
    char url[64];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(eq(int, bind(taken, (struct sockaddr *)&address, size), 0));
    getsockname(taken, (struct sockaddr *)&address, &size);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    f.settings.base_url = url;
    START(OK_ANSWER);
    run_call(&call);

    expect_network_error(&call, false);
    fixture_finish();
    call_free(&call);
    close(taken);
}

Test(http, does_not_wait_for_ever_for_an_answer)
{
    struct call call = {.n_done = 0};

    f.settings.total_timeout_ms = SHORT_TIMEOUT_MS;
    START(SCRIPT({PEER_HANG}));
    run_call(&call);

    expect_network_error(&call, true);
    cr_expect_not_null(strstr(call.err.text, "within 0.800 s"), "%s", call.err.text);
    fixture_finish();
    call_free(&call);
}

Test(http, does_not_wait_for_ever_for_the_rest_of_an_answer)
{
    struct call call = {.n_done = 0};

    f.settings.total_timeout_ms = SHORT_TIMEOUT_MS;
    START(SCRIPT({PEER_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"}, {PEER_HANG}));
    run_call(&call);

    expect_network_error(&call, true);
    cr_expect_str_eq(buf_text(&call.body), "0123");
    fixture_finish();
    call_free(&call);
}

Test(http, takes_no_answer_that_is_not_http)
{
    struct call call = {.n_done = 0};

    START(SCRIPT({PEER_SEND, "SSH-2.0-OpenSSH_9.2\r\n"}, {PEER_CLOSE}));
    run_call(&call);

    expect_network_error(&call, true);
    cr_expect(eq(uint, call.n_pieces, 0));
    fixture_finish();
    call_free(&call);
}

/* The kind of error of an answer of `size` bytes where ten are allowed. */
static enum err_kind kind_for_size(const char *answer)
{
    const struct peer_step script[] = {{PEER_SEND, answer, 0}, {PEER_HANG}};
    const struct peer_step *scripts[] = {script};
    struct call call = {.n_done = 0};

    memset(&f, 0, sizeof(f));
    f.settings.body_bytes_max = 10;
    fixture_start(scripts, 1);
    run_call(&call);
    cr_expect(le(sz, call.body.size, 10));
    cr_expect(call.was_sent);
    fixture_finish();
    call_free(&call);
    return call.err.kind;
}

Test(http, ends_an_answer_that_is_too_long)
{
    cr_expect(eq(int, kind_for_size("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"),
                 ERR_NONE));
    cr_expect(eq(int, kind_for_size("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a"),
                 ERR_DATA));
    cr_expect(eq(int,
                 kind_for_size("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n"),
                 ERR_DATA));
    cr_expect(eq(int, kind_for_size("HTTP/1.1 200 OK\r\n\r\n0123456789abc"), ERR_DATA));
}

Test(http, ends_an_answer_whose_headers_never_end)
{
    struct buf text = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct call call = {.n_done = 0};

    buf_append_string(&text, "HTTP/1.1 200 OK\r\n");
    while (text.size < (size_t)300 * 1024)
        buf_append_string(&text, "X-Padding: 0123456789012345678901234567890123456789\r\n");
    START(SCRIPT({PEER_SEND, text.data, text.size}, {PEER_HANG}));
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_DATA), "%s", call.err.text);
    cr_expect(call.was_sent);
    fixture_finish();
    call_free(&call);
    buf_deinit(&text);
}

Test(http, ends_an_answer_with_one_endless_header)
{
    struct buf text = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct call call = {.n_done = 0};

    buf_append_string(&text, "HTTP/1.1 200 OK\r\nX-Long: ");
    while (text.size < (size_t)300 * 1024)
        buf_append_string(&text, "0123456789");
    START(SCRIPT({PEER_SEND, text.data, text.size}, {PEER_HANG}));
    run_call(&call);

    expect_network_error(&call, true);
    fixture_finish();
    call_free(&call);
    buf_deinit(&text);
}

Test(http, uses_its_connections_again)
{
    enum { N = 100, N_AT_ONCE = 25 };
    static struct call calls[N];

    START(OK_ANSWER);
    for (unsigned i = 0; i < N; i++) {
        if (i >= N_AT_ONCE)
            run_until_done(i - N_AT_ONCE + 1);
        call_send(&calls[i], "[{}]");
    }
    run_until_done(N);

    for (unsigned i = 0; i < N; i++) {
        cr_expect(eq(int, calls[i].err.kind, ERR_NONE), "%s", calls[i].err.text);
        cr_expect_str_eq(buf_text(&calls[i].body), "{}");
        call_free(&calls[i]);
    }
    cr_expect(eq(uint, f.peer.n_requests, N));
    cr_expect(le(uint, f.peer.n_connections, N_AT_ONCE));
    fixture_finish();
}

static struct call calls[2];

static void send_the_second(struct call *call)
{
    if (call == &calls[0])
        call_send(&calls[1], "[{}]");
    else
        http_destroy(f.http);
}

Test(http, may_be_called_and_destroyed_from_done)
{
    START(OK_ANSWER);
    f.on_done = send_the_second;
    run_call(&calls[0]);
    run_until_done(2);

    cr_expect(eq(int, calls[1].err.kind, ERR_NONE));
    peer_stop(&f.peer);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    cr_expect(eq(int, uv_loop_close(&f.loop), 0));
    call_free(&calls[0]);
    call_free(&calls[1]);
}
