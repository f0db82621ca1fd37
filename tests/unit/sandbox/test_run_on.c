/* A call whose client goes away runs on: it holds its place, and is billed and listed in the end.
 */
#include "unit/sandbox/client.h"

#include <pthread.h>
#include <unistd.h>

TestSuite(run_on, .timeout = 60);

#define BODY "[{\"target\":\"a.com\"}]"
#define COST_NANOUSD 24360000 /* of the ten items of a.com */

static size_t in_flight(void)
{
    size_t n;

    pthread_mutex_lock(&sandbox->lock);
    n = sandbox->in_flight;
    pthread_mutex_unlock(&sandbox->lock);
    return n;
}

/* Sends a call and leaves as soon as it is in flight: in good order, or by a reset. */
static void call_and_leave(bool is_reset)
{
    struct linger linger = {.l_onoff = is_reset};
    int fd = connect_to_sandbox();

    send_request(fd, "", BODY);
    while (in_flight() == 0)
        ;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

static struct json_object *first_line(const char *path)
{
    FILE *file = fopen(path, "r");
    char text[8192] = "";

    cr_assert(file != NULL);
    cr_assert(fgets(text, sizeof(text), file) != NULL);
    fclose(file);
    return json_tokener_parse(text);
}

static void expect_that_it_runs_on(bool is_reset)
{
    START("--items", "a.com=10", "--latency", "1500", "--in-flight", "1");
    call_and_leave(is_reset);
    cr_expect(eq(i64, n_listed(), 0));
    cr_expect(eq(int, code_of(BODY, NULL, 0), 40209));
    cr_expect(eq(i64, spent(), 0));
    while (in_flight() > 0)
        ;
    cr_expect(eq(i64, spent(), COST_NANOUSD));
    cr_expect(eq(i64, n_listed(), 2)); /* the refused one is a task as well */
    stop();
}

Test(run_on, a_call_runs_on_when_its_client_closes_the_connection)
{
    expect_that_it_runs_on(false);
}

Test(run_on, a_call_runs_on_when_its_client_is_killed)
{
    expect_that_it_runs_on(true);
}

Test(run_on, the_ledger_tells_which_client_had_gone)
{
    enum { STAYS, CLOSES, RESETS, N_WAYS };

    for (int way = STAYS; way < N_WAYS; way++) {
        char path[] = "/tmp/sandbox-ledger-XXXXXX";
        struct json_object *line;
        struct answer answer;

        close(mkstemp(path));
        START("--items", "a.com=10", "--latency", "100", "--ledger", path);
        if (way == STAYS) {
            answer = post("", BODY);
            cr_expect(eq(int, answer.status, 200));
            buf_deinit(&answer.raw);
        } else {
            call_and_leave(way == RESETS);
            while (in_flight() > 0)
                ;
        }
        stop();
        line = first_line(path);
        cr_expect(eq(int, json_object_get_boolean(at(line, "gone")), way != STAYS));
        cr_expect(eq(i64, int_at(line, "cost_nanousd"), COST_NANOUSD));
        json_object_put(line);
        unlink(path);
    }
}
