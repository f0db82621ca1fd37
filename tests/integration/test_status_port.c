#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "support/browse.h"
#include "support/pg.h"
#include "support/server.h"
#include "support/story.h"

/*
 * The status port of a real service, as Prometheus, scripts, browsers and strangers meet it. A
 * minute is a second, also for schedules.
 */

#define PATIENCE_MS 90000

static struct server server;
static struct story story;
static char *url; /* of the port */

static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

static void end_servers(void)
{
    free(url);
    url = NULL;
    server_end(&server);
    pg_drop_databases();
}

TestSuite(status_port, .timeout = 600, .init = make_haste, .fini = end_servers);

#define EVERY_MINUTE "* * * * *"
#define ONCE_A_YEAR "0 0 1 1 *"

static void write_job(const char *job, const char *schedule)
{
    CLEANUP(mem_free_string) char *file = mem_printf("jobs.d/%s.yaml", job);

    story_file(&story, file,
               "job: %s\nendpoint: backlinks\ntargets: [example.com]\nschedule: \"%s\"\n"
               "request: { limit: 100 }\nbudget: 90\n",
               job, schedule);
}

#define begin(database, ...) begin_argv(database, (const char *const[]){__VA_ARGS__, NULL})
static void begin_argv(const char *database, const char *const sandbox[])
{
    story_begin(&story, database);
    story_sandbox_argv(&story, sandbox);
    story_config_account(&story, "in_flight: 5", "http: 127.0.0.1:0\nbudget: 100\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static bool has_said(void *data)
{
    const char *const *text = data;
    CLEANUP(mem_free_string) char *said = process_err(&story.linkhaul);

    return strstr(said, *text) != NULL || !process_is_running(&story.linkhaul);
}

static void wait_until_said(const char *text)
{
    CLEANUP(mem_free_string) char *said = NULL;

    wait_until(has_said, &text, PATIENCE_MS);
    said = process_err(&story.linkhaul);
    cr_assert_not_null(strstr(said, text), "%s was never said, but\n%s", text, said);
}

/* Starts it and learns where its port is. */
static void serve(void)
{
    static const char opening[] = "status port: http://";
    CLEANUP(mem_free_string) char *said = NULL;
    const char *at;

    story_start(&story, "serve");
    wait_until_said(opening);
    said = process_err(&story.linkhaul);
    at = strstr(said, opening) + strlen("status port: ");
    free(url);
    url = mem_strndup(at, strcspn(at, "\n") - 1);
}

static void stop(void)
{
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    story_end(&story);
}

struct wish {
    const char *path;
    int status;
    const char *part; /* of the body */
    bool is_without;
};

static bool is_granted(void *data)
{
    const struct wish *wish = data;
    struct browsed page = browse_get(url, wish->path);
    bool is_there = strstr(page.body, wish->part) != NULL;
    bool is_so = page.status == wish->status && is_there == !wish->is_without;

    browsed_deinit(&page);
    return is_so;
}

static void await(struct wish wish)
{
    struct browsed page;

    if (wait_until(is_granted, &wish, PATIENCE_MS))
        return;
    page = browse_get(url, wish.path);
    cr_fatal("%s never came to %d with%s %s, but is %d\n%s", wish.path, wish.status,
             wish.is_without ? "out" : "", wish.part, page.status, page.body);
}

static void wait_for_metric(const char *line)
{
    await((struct wish){.path = "/metrics", .status = 200, .part = line});
}

/* --- what it says ---------------------------------------------------------------------------- */

static double ledger_says(const char *sql)
{
    CLEANUP(mem_free_string) char *text = story_text(&story, "select coalesce((%s), 0)::text", sql);

    return strtod(text, NULL);
}

static void expect_same(const char *text, const char *metric, const char *label, const char *sql)
{
    cr_expect(epsilon_eq(dbl, browse_sum(text, metric, label), ledger_says(sql), 1e-6),
              "%s of %s: %s\n%s", metric, label, sql, text);
}

/* With answers that fail, that never come, and that come twice. */
Test(status_port, metrics_are_the_sums_of_the_ledger)
{
    struct browsed page;

    begin(pg_fresh_database(), "--items", "example.com=1500", "--latency", "20-60", "--fault",
          "http500=0.05", "--fault", "40202=0.05", "--fault", "drop_after=0.05", "--odd", "ties");
    write_job("a", EVERY_MINUTE);
    write_job("b", EVERY_MINUTE);
    serve();
    wait_for_metric("linkhaul_job_state{project=\"default\",job_name=\"b\",state=\"running\"} 1");
    await((struct wish){.path = "/metrics",
                        .status = 200,
                        .part = "linkhaul_listings_published_total{project=\"default\","
                                "job_name=\"a\"} 0",
                        .is_without = true});
    write_job("a", ONCE_A_YEAR);
    write_job("b", ONCE_A_YEAR);
    process_signal(&story.linkhaul, SIGHUP);
    wait_until_said("has been read again");
    for (char job[] = "a"; job[0] < 'c'; job[0]++) {
        CLEANUP(mem_free_string)
        char *idle = mem_printf(
            "linkhaul_job_state{project=\"default\",job_name=\"%s\",state=\"running\"} 0", job);

        wait_for_metric(idle);
    }
    cr_assert(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where state = 'open'"), 0));

    page = browse_get(url, "/metrics");
    expect_same(page.body, "linkhaul_spent_dollars_total", "job_name=\"a\"",
                "select sum(charged_nanousd) / 1e9 from linkhaul.attempt join linkhaul.run using "
                "(run_id) where job = 'a'");
    expect_same(page.body, "linkhaul_spent_dollars_total", "",
                "select sum(charged_nanousd) / 1e9 from linkhaul.attempt");
    expect_same(page.body, "linkhaul_calls_total", "", "select count(*) from linkhaul.attempt");
    expect_same(page.body, "linkhaul_calls_total", "code=\"20000\"",
                "select count(*) from linkhaul.attempt where status_code = 20000");
    expect_same(page.body, "linkhaul_calls_total", "code=\"40202\"",
                "select count(*) from linkhaul.attempt where status_code = 40202");
    expect_same(page.body, "linkhaul_calls_total", "code=\"none\"",
                "select count(*) from linkhaul.attempt where coalesce(http_status, 0) = 0");
    expect_same(page.body, "linkhaul_rows_committed_total", "",
                "select sum(n_rows + n_duplicates) from linkhaul.listing");
    expect_same(page.body, "linkhaul_rows_duplicate_total", "",
                "select sum(n_duplicates) from linkhaul.listing");
    expect_same(page.body, "linkhaul_listings_published_total", "",
                "select count(*) from linkhaul.listing where state = 'published'");
    expect_same(page.body, "linkhaul_page_commit_duration_seconds_count", "",
                "select count(*) from linkhaul.attempt where is_page");
    cr_expect(gt(dbl,
                 browse_metric(page.body,
                               "linkhaul_wait_seconds_total{account=\"default\","
                               "waits_for=\"slot\"}"),
                 0.0));
    browsed_deinit(&page);
    stop();
}

Test(status_port, tells_accounts_and_jobs_as_the_database_knows_them)
{
    struct browsed page;

    begin(pg_fresh_database(), "--items", "example.com=300", "--balance", "7");
    story_config_account(&story, "in_flight: 5\nbudget: { per_day: 2 }",
                         "http: 127.0.0.1:0\nbudget: { per_run: 3, per_month: 50 }\n");
    write_job("a", ONCE_A_YEAR);
    cr_assert(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    pg_execute(story.database_url,
               "update linkhaul.listing set state = 'held', published_at = null; "
               "update linkhaul.attempt set state = 'undelivered', is_page = false "
               "where attempt_id = (select min(attempt_id::text)::uuid from linkhaul.attempt)");
    serve();
    wait_for_metric("linkhaul_held_listings{project=\"default\",job_name=\"a\"} 1");
    page = browse_get(url, "/metrics");
    expect_same(page.body, "linkhaul_account_balance_dollars", "account=\"default\"",
                "select left_nanousd / 1e9 from linkhaul.balance");
    expect_same(page.body, "linkhaul_undelivered_charges", "", "1");
    expect_same(page.body, "linkhaul_undelivered_charges_dollars", "",
                "select charged_nanousd / 1e9 from linkhaul.attempt where state = 'undelivered'");
    expect_same(page.body, "linkhaul_cap_dollars", "scope=\"account\",name=\"default\",per=\"day\"",
                "2");
    expect_same(page.body, "linkhaul_cap_left_dollars",
                "scope=\"account\",name=\"default\",per=\"day\"",
                "select 2 - sum(charged_nanousd) / 1e9 from linkhaul.attempt");
    expect_same(page.body, "linkhaul_cap_left_dollars", "scope=\"all\",name=\"\",per=\"month\"",
                "select 50 - sum(charged_nanousd) / 1e9 from linkhaul.attempt");
    cr_expect(epsilon_eq(dbl, browse_sum(page.body, "linkhaul_account_balance_nights", ""),
                         ledger_says("select left_nanousd / (select sum(charged_nanousd) from "
                                     "linkhaul.attempt) from linkhaul.balance"),
                         1e-3),
              "%s", page.body);
    cr_expect_null(strstr(page.body, "linkhaul_job_last_success_timestamp_seconds{"), "%s",
                   page.body);
    browsed_deinit(&page);

    pg_execute(story.database_url,
               "update linkhaul.listing set state = 'published', published_at = now(); "
               "update linkhaul.run set ended_at = to_timestamp(1700000000)");
    wait_for_metric(
        "linkhaul_job_last_success_timestamp_seconds{project=\"default\","
        "job_name=\"a\"} 1700000000");
    page = browse_get(url, "/metrics"); /* the first of January of 2024 */
    expect_same(page.body, "linkhaul_job_due_timestamp_seconds", "job_name=\"a\"", "1704067200");
    expect_same(page.body, "linkhaul_held_listings", "", "0");
    browsed_deinit(&page);
    stop();
}

Test(status_port, follows_reloads)
{
    begin(pg_fresh_database(), "--items", "example.com=300");
    write_job("a", ONCE_A_YEAR);
    write_job("b", ONCE_A_YEAR);
    serve();
    wait_for_metric("linkhaul_job_next_run_timestamp_seconds{project=\"default\",job_name=\"b\"}");
    wait_for_metric("jobs.d/b.yaml\"} 1");

    story_file(&story, "jobs.d/b.yaml", "job: b\n");
    process_signal(&story.linkhaul, SIGHUP);
    wait_for_metric("jobs.d/b.yaml\"} 0");
    await((struct wish){.path = "/status", .status = 200, .part = "\"jobs_kept\":1}]"});

    story_file(&story, "jobs.d/b.yaml", "job: c\nendpoint: backlinks\ntargets: [moz.com]\n");
    story_config_account(&story, "in_flight: 5", "http: 127.0.0.1:1\nbudget: 100\n");
    process_signal(&story.linkhaul, SIGHUP);
    await((struct wish){
        .path = "/metrics", .status = 200, .part = "job_name=\"b\"", .is_without = true});
    wait_for_metric("linkhaul_spent_dollars_total{project=\"default\",job_name=\"c\"} 0.00");
    wait_until_said("http: 127.0.0.1:1: another address of the status port takes a restart");
    stop();
}

Test(status_port, is_ready_while_the_database_is_there)
{
    struct browsed page;

    server_begin(&server, "status-port");
    begin(server.url, "--items", "example.com=300");
    write_job("a", ONCE_A_YEAR);
    serve();
    await((struct wish){.path = "/readyz", .status = 200, .part = "ready"});
    wait_for_metric("linkhaul_account_blocked");
    wait_for_metric("linkhaul_job_due_timestamp_seconds{");
    server_kill(&server);
    await((struct wish){.path = "/readyz", .status = 503, .part = "onnect"});
    page = browse_get(url, "/readyz");
    cr_expect(eq(ptr, strchr(page.body, '\n'), page.body + strlen(page.body) - 1), "%s", page.body);
    browsed_deinit(&page);
    page = browse_get(url, "/healthz");
    cr_expect(eq(int, page.status, 200));
    browsed_deinit(&page);
    wait_for_metric("linkhaul_database_up 0");
    wait_for_metric("linkhaul_job_due_timestamp_seconds{"); /* what was known stays */
    await((struct wish){.path = "/", .status = 200, .part = "database"});
    server_restart(&server);
    await((struct wish){.path = "/readyz", .status = 200, .part = "ready"});
    wait_for_metric("linkhaul_database_up 1");
    stop();
}

/* --- who may ask, and how -------------------------------------------------------------------- */

#define END "\r\nConnection: close\r\n\r\n"

static void expect_status(const char *request, int status)
{
    struct browsed page = browse_say(url, request);

    cr_expect(eq(int, page.status, status), "%s\n%s", request, page.headers);
    if (status != 200)
        cr_expect(eq(ptr, strstr(page.body, "linkhaul_"), NULL));
    browsed_deinit(&page);
}

Test(status_port, answers_only_what_it_has_and_only_this_machine)
{
    struct browsed page;

    begin(pg_fresh_database(), "--items", "example.com=300");
    write_job("a", ONCE_A_YEAR);
    serve();
    expect_status("GET / HTTP/1.1\r\nHost: localhost" END, 200);
    expect_status("GET /?x=1 HTTP/1.1\r\nHost: LOCALHOST:123" END, 200);
    expect_status("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1" END, 200);
    expect_status("GET /metrics HTTP/1.0\r\n\r\n", 200);
    expect_status("GET /metrics HTTP/1.1\r\nHost: [::1]:9464" END, 200);
    expect_status("GET /metrics HTTP/1.1\r\nHost: example.com" END, 421);
    expect_status("GET /metrics HTTP/1.1\r\nHost: localhost.example.com" END, 421);
    expect_status("GET /metrics HTTP/1.1\r\nHost: localhost:1@example.com" END, 421);
    expect_status("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.example.com:80" END, 421);
    expect_status("GET /metrics/ HTTP/1.1\r\nHost: localhost" END, 404);
    expect_status("GET //metrics HTTP/1.1\r\nHost: localhost" END, 404);
    expect_status("GET /../metrics HTTP/1.1\r\nHost: localhost" END, 404);
    expect_status("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3" END "abc", 405);
    expect_status("POST /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked" END
                  "3\r\nabc\r\n0\r\n\r\n",
                  405);
    expect_status("DELETE / HTTP/1.1\r\nHost: localhost" END, 405);
    expect_status("OPTIONS / HTTP/1.1\r\nHost: localhost" END, 405);
    expect_status("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3" END "abc", 200);

    page = browse_say(url, "HEAD /metrics HTTP/1.1\r\nHost: localhost" END);
    cr_expect(eq(int, page.status, 200));
    cr_expect_str_eq(page.body, "");
    browsed_deinit(&page);

    page = browse_get(url, "/");
    cr_expect_not_null(strstr(page.headers, "Content-Type: text/html; charset=utf-8\r\n"));
    cr_expect_not_null(strstr(page.headers, "Cache-Control: no-store\r\n"));
    cr_expect_not_null(strstr(page.headers, "X-Content-Type-Options: nosniff\r\n"));
    cr_expect_not_null(strstr(page.headers,
                              "Content-Security-Policy: default-src 'none'; "
                              "style-src 'unsafe-inline'; "));
    cr_expect_not_null(strstr(page.body, "</html>"));
    browsed_deinit(&page);
    stop();
}

Test(status_port, is_not_held_up_by_who_asks_too_much)
{
    CLEANUP(mem_free_string) char *long_request = mem_new(1000000);
    struct browsed page;
    int fds[100];

    begin(pg_fresh_database(), "--items", "example.com=300");
    write_job("a", ONCE_A_YEAR);
    serve();
    memset(long_request, 'a', 999999);
    memcpy(long_request, "GET /", 5);
    page = browse_say(url, long_request);
    cr_expect(page.status == 0 || page.status >= 400, "%s", page.headers);
    browsed_deinit(&page);

    for (size_t i = 0; i < 100; i++) /* more than it takes, and none of them says a word */
        fds[i] = browse_connect(url);
    for (size_t i = 0; i < 100; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    page = browse_get(url, "/metrics");
    cr_expect(eq(int, page.status, 200));
    cr_expect(lt(dbl, browse_metric(page.body, "process_open_fds"), 90.0), "%s", page.body);
    browsed_deinit(&page);
    stop();
}

/* --- whether it is there --------------------------------------------------------------------- */

Test(status_port, that_is_taken_keeps_the_service_from_starting)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CLEANUP(mem_free_string) char *http = NULL;
    CLEANUP(mem_free_string) char *said = NULL;

    cr_assert(eq(int, bind(fd, (const struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, listen(fd, 1), 0));
    cr_assert(eq(int, getsockname(fd, (struct sockaddr *)&address, &size), 0));
    http = mem_printf("http: 127.0.0.1:%u\n", ntohs(address.sin_port));
    said = mem_printf("the status port cannot listen on 127.0.0.1:%u: Address already in use",
                      ntohs(address.sin_port));

    begin(pg_fresh_database(), "--items", "example.com=300");
    write_job("a", ONCE_A_YEAR);
    story_config_account(&story, "in_flight: 5", http);
    cr_expect(eq(int, story_run(&story, "serve"), 1));
    cr_expect_not_null(strstr(story.err, said), "%s", story.err);
    close(fd);
    story_end(&story);
}

Test(status_port, that_is_off_is_not_there)
{
    begin(pg_fresh_database(), "--items", "example.com=300");
    write_job("a", EVERY_MINUTE);
    story_config_account(&story, "in_flight: 5", "http: off\n");
    story_start(&story, "serve");
    wait_until_said("ended well");
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    cr_expect_null(strstr(story.err, "status port"), "%s", story.err);
    story_end(&story);
}
