#include "support/ledger.h"
#include "support/process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(support, .timeout = 30);

/* A program under test that is a line of shell. */
static void start(struct process *process, const char *line, const char *const environment[])
{
    process_start(process, (const char *const[]){"/bin/sh", "-c", line, NULL}, environment);
}

Test(support, gives_the_exit_code_and_both_outputs_of_a_program)
{
    struct process process;
    char *out, *err;

    start(&process, "echo to you; echo to me >&2; exit 3", NULL);
    cr_expect(eq(int, process_wait(&process, 10000), 3));
    out = process_out(&process);
    err = process_err(&process);
    cr_expect_str_eq(out, "to you\n");
    cr_expect_str_eq(err, "to me\n");
    process_deinit(&process);
    free(out);
    free(err);
}

Test(support, adds_to_the_environment_of_a_program_only)
{
    struct process process;

    start(&process, "test \"$A_WORD\" = said && test -n \"$PATH\"",
          (const char *const[]){"A_WORD=said", NULL});
    cr_expect(eq(int, process_wait(&process, 10000), 0));
    cr_expect(eq(ptr, getenv("A_WORD"), NULL));
    process_deinit(&process);
}

Test(support, reads_the_first_line_of_a_program_that_goes_on)
{
    struct process process;
    char *line;

    start(&process, "echo here; echo; exec sleep 1000", NULL);
    line = process_first_line(&process, 10000);
    cr_expect_str_eq(line, "here");
    cr_expect(process_is_running(&process));
    process_signal(&process, SIGTERM);
    cr_expect(eq(int, process_wait(&process, 10000), 128 + SIGTERM));
    process_deinit(&process);
    free(line);
}

Test(support, kills_what_still_runs_at_the_end)
{
    struct process process;
    pid_t pid;

    start(&process, "exec sleep 1000", NULL);
    pid = process.pid;
    process_deinit(&process);
    cr_expect(eq(int, kill(pid, 0), -1));
    cr_expect(eq(int, errno, ESRCH));
}

Test(support, sees_how_much_memory_a_program_takes)
{
    struct process process;

    start(&process,
          "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do "
          "x=$x$x; done; exec 0<&-; while :; do kill -0 $$; done",
          NULL);
    cr_expect(process_is_running(&process));
    while (process.anon_peak_kib < 8192)
        cr_assert(process_is_running(&process));
    process_deinit(&process);
}

static bool is_third_question(void *data)
{
    return ++*(int *)data == 3;
}

static bool is_never(void *data)
{
    (void)data;
    return false;
}

Test(support, waits_until_it_is_so_and_not_for_ever)
{
    int n_questions = 0;

    cr_expect(wait_until(is_third_question, &n_questions, 10000));
    cr_expect(eq(int, n_questions, 3));
    cr_expect(not(wait_until(is_never, NULL, 20)));
}

Test(support, adds_up_the_ledger_and_leaves_a_torn_line_out)
{
    static const char lines[] =
        "{\"time\":10,\"path\":\"/v3/backlinks/backlinks/live\",\"target\":\"a.com\",\"offset\":0,"
        "\"limit\":1000,\"token\":false,\"http\":200,\"status_code\":20000,\"items\":1000,"
        "\"cost_nanousd\":60000000,\"billed\":true,\"in_flight\":1,\"fault\":null}\n"
        "{\"time\":60009,\"path\":\"/v3/backlinks/backlinks/live\",\"target\":\"a.com\","
        "\"token\":\"a1\",\"items\":0,\"cost_nanousd\":7,\"billed\":false,\"in_flight\":4}\n"
        "{\"time\":60010,\"path\":\"/v3/appendix/user_data\",\"in_flight\":2}\n"
        "{\"time\":60011,\"path\":\"/v3/back";
    struct ledger ledger = {.calls = NULL};
    char path[] = "/tmp/linkhaul-ledger.XXXXXX";
    int fd = mkstemp(path);

    cr_assert(eq(sz, (size_t)write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1));
    close(fd);
    ledger_add_file(&ledger, path);
    unlink(path);

    cr_expect(eq(sz, ledger.n_calls, 3));
    cr_expect(eq(sz, ledger.n_billed, 1));
    cr_expect(eq(i64, ledger.billed_nanousd, 60000000));
    cr_expect(eq(i64, ledger.n_items_billed, 1000));
    cr_expect(eq(i64, ledger.in_flight_max, 4));
    cr_expect(not(ledger.calls[0].has_token));
    cr_expect(ledger.calls[1].has_token);
    cr_expect(eq(sz, ledger_count(&ledger, "a.com", 0), 2));
    cr_expect(eq(sz, ledger_count(&ledger, "a.com", 1000), 0));
    cr_expect(eq(sz, ledger_minute_max(&ledger), 2));
    ledger_deinit(&ledger);
}
