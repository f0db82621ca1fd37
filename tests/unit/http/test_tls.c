/*
 * A server with a certificate that nobody signed: openssl's own test server (the package comes with
 * ca-certificates), in a folder of its own under the build folder.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "fixture.h"

TestSuite(tls, .timeout = 60);

static struct {
    char dir[256], key[300], certificate[300], url[64];
    pid_t pid;
    FILE *output;
} server;

/* Starts openssl with these arguments; its output comes from `ret_output` unless that is NULL. */
static pid_t start_openssl(const char *const *arguments, FILE **ret_output)
{
    int ends[2];
    pid_t pid;

    cr_assert(eq(int, pipe(ends), 0));
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves none behind */
        dup2(ends[1], 1);
        dup2(open("/dev/null", O_WRONLY), 2);
        close(ends[0]);
        execvp("openssl", (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    if (ret_output != NULL)
        *ret_output = fdopen(ends[0], "r");
    else
        close(ends[0]);
    return pid;
}

static void make_certificate(const char *name)
{
    CLEANUP(mem_free_string) char *subject = mem_printf("subjectAltName=%s", name);
    const char *const arguments[] = {"openssl",
                                     "req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1",
                                     "-nodes",
                                     "-subj",
                                     "/CN=peer",
                                     "-addext",
                                     subject,
                                     "-keyout",
                                     server.key,
                                     "-out",
                                     server.certificate,
                                     NULL};
    int status = 1;

    waitpid(start_openssl(arguments, NULL), &status, 0);
    cr_assert(eq(int, status, 0), "openssl req: is openssl installed?");
}

/* `name` is what its certificate is for. */
static void start_server(const char *name)
{
    const char *const arguments[] = {"openssl", "s_server", "-accept", "127.0.0.1:0",
                                     "-key",    server.key, "-cert",   server.certificate,
                                     "-www",    NULL};
    char line[256];
    unsigned port = 0;

    snprintf(server.dir, sizeof(server.dir), BINARY_DIR "/tls-XXXXXX");
    cr_assert_not_null(mkdtemp(server.dir));
    snprintf(server.key, sizeof(server.key), "%s/key", server.dir);
    snprintf(server.certificate, sizeof(server.certificate), "%s/certificate", server.dir);
    make_certificate(name);
    server.pid = start_openssl(arguments, &server.output);
    while (port == 0 && fgets(line, sizeof(line), server.output) != NULL)
        sscanf(line, "ACCEPT 127.0.0.1:%u", &port);
    cr_assert(gt(uint, port, 0));
    snprintf(server.url, sizeof(server.url), "https://127.0.0.1:%u", port);
    f.settings.base_url = server.url;
}

static void stop_server(void)
{
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    fclose(server.output);
    unlink(server.key);
    unlink(server.certificate);
    rmdir(server.dir);
}

static void expect_refused(void)
{
    struct call call = {.n_done = 0};

    START(OK_ANSWER);
    run_call(&call);
    cr_expect(eq(int, call.err.kind, ERR_NETWORK));
    cr_expect(not(call.was_sent), "the request, with its password, went out");
    cr_expect_not_null(strstr(call.err.text, "SSL_CERT_FILE"), "%s", call.err.text);
    fixture_finish();
    call_free(&call);
    stop_server();
}

Test(tls, refuses_a_certificate_that_nobody_known_signed)
{
    start_server("IP:127.0.0.1");
    expect_refused();
}

Test(tls, refuses_a_certificate_for_another_name)
{
    start_server("DNS:api.dataforseo.com");
    setenv("SSL_CERT_FILE", server.certificate, 1);
    expect_refused();
}

Test(tls, takes_a_certificate_that_ssl_cert_file_vouches_for)
{
    struct call call = {.n_done = 0};

    start_server("IP:127.0.0.1");
    setenv("SSL_CERT_FILE", server.certificate, 1);
    START(OK_ANSWER);
    call_send(&call, NULL);
    run_until_done(1);

    cr_expect(eq(int, call.err.kind, ERR_NONE), "%s", call.err.text);
    cr_expect(eq(uint, call.answer.status, 200));
    fixture_finish();
    call_free(&call);
    stop_server();
}

Test(tls, refuses_a_server_that_speaks_none)
{
    struct call call = {.n_done = 0};
    char url[64];

    START(SCRIPT({PEER_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"}));
    http_destroy(f.http);
    snprintf(url, sizeof(url), "https://127.0.0.1:%u", f.peer.port);
    f.settings.base_url = url;
    cr_assert(http_new(&f.loop, &f.settings, &f.http, &call.err));
    f.peer.answer_at_once = true;
    run_call(&call);

    cr_expect(eq(int, call.err.kind, ERR_NETWORK));
    cr_expect(not(call.was_sent));
    fixture_finish();
    call_free(&call);
}
