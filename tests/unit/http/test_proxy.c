/* What the environment says of proxies. Tests of their own: libcurl reads it in every transfer. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

TestSuite(proxy, .timeout = 30);

Test(proxy, is_not_used_for_loopback)
{
    struct call call = {.n_done = 0};

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    START(OK_ANSWER);
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect_not_null(strstr(f.peer.request.data, "POST /v3/"));
    fixture_finish();
    call_free(&call);
}

static void expect_asked_of_proxy(const char *answer)
{
    const struct peer_step script[] = {{PEER_SEND, answer, 0}, {PEER_CLOSE}};
    const struct peer_step *scripts[] = {script};
    struct call call = {.n_done = 0};

    f.settings.base_url = "https://192.0.2.1";
    f.settings.user = "me";
    f.settings.password = "hunter2";
    fixture_start(scripts, 1);
    setenv("https_proxy", f.peer.url, 1);
    run_call(&call);

    cr_expect_not_null(strstr(f.peer.request.data, "CONNECT 192.0.2.1:443 HTTP/1.1\r\n"));
    cr_expect_null(strstr(f.peer.request.data, "Authorization"), "the login went to the proxy");
    cr_expect(eq(int, call.err.kind, ERR_NETWORK), "%s", call.err.text);
    cr_expect(not(call.was_sent), "nothing reached the server: %s", call.err.text);
    fixture_finish();
    call_free(&call);
}

Test(proxy, that_refuses_costs_nothing)
{
    expect_asked_of_proxy("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno");
}

Test(proxy, that_talks_no_tls_behind_it_costs_nothing)
{
    expect_asked_of_proxy("HTTP/1.1 200 Established\r\n\r\nthis is no TLS, is it?");
}

Test(proxy, has_its_login_kept_out_of_errors)
{
    struct call call = {.n_done = 0};

    f.settings.base_url = "https://192.0.2.1";
    setenv("https_proxy", "nonsense://me:hunter2@127.0.0.1:1", 1);
    START(OK_ANSWER);
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NETWORK));
    cr_expect_null(strstr(call.err.text, "hunter2"), "%s", call.err.text);
    cr_expect(not(call.was_sent));
    fixture_finish();
    call_free(&call);
}
