/*
 * linkhaul-sandbox: reads its command line, prints its URL, and answers until SIGTERM or SIGINT;
 * with --print it prints a target's links instead.
 * SIGUSR1 mends the account; "mended" is printed then.
 * Exit codes: 0 done, 64 usage, 1 where it cannot listen or open its ledger.
 */
#include <signal.h>
#include <stdio.h>

#include "core/err.h"
#include "sandbox/options.h"
#include "sandbox/sandbox.h"
#include "sandbox/truth.h"

static int usage(const struct err *err)
{
    fprintf(stderr, "linkhaul-sandbox: %s\nlinkhaul-sandbox --help shows the options\n", err->text);
    return err_exit_code(err->kind);
}

/* At once: somebody waits for the line. */
static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

int main(int n_arguments, char **arguments)
{
    struct options options;
    struct sandbox *sandbox;
    struct err err;
    sigset_t signals;
    int signal_no;

    options_init(&options);
    if (!options_parse(&options, n_arguments - 1, (const char *const *)arguments + 1, &err))
        return usage(&err);
    if (options.is_help || options.is_version) {
        if (options.is_help)
            options_print_help(stdout);
        else
            puts("linkhaul-sandbox " LINKHAUL_VERSION);
        return 0;
    }

    if (options.printed != NULL) {
        truth_print(stdout, &options, options.printed);
        return fflush(stdout) == 0 ? 0 : err_exit_code(ERR_IO);
    }

    /* Blocked before the first thread starts, so that only sigwait below gets them. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    sandbox = sandbox_start(&options, &err);
    if (sandbox == NULL) {
        fprintf(stderr, "linkhaul-sandbox: %s\n", err.text);
        return err_exit_code(err.kind);
    }
    say(sandbox_url(sandbox));
    while (sigwait(&signals, &signal_no) == 0 && signal_no == SIGUSR1) {
        sandbox_mend(sandbox);
        say("mended");
    }
    sandbox_stop(sandbox);
    return 0;
}
