/*
 * Programs that a test runs: started with arguments and environment of its choice, what they write
 * caught in files that have no name, their memory watched while somebody waits for them.
 *
 * Whatever goes wrong here fails the test. A program never outlives the test that started it, even
 * where that is killed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid;             /* 0 when it has been waited for */
    int out_fd;            /* a file without a name */
    int err_fd;            /* likewise */
    int exit_code;         /* once it ended; 128 + signal where one ended it */
    int64_t anon_peak_kib; /* the most RssAnon seen while it was waited for */
    const char *name;      /* argv[0], for messages; the caller's */
};

/*
 * Starts argv[0], a path. `argv` ends in NULL; so does `environment`, "NAME=value" each, which goes
 * on top of the test's own; NULL for none.
 */
void process_start(struct process *process, const char *const argv[],
                   const char *const environment[]);

/* Whether it has not ended yet. Looks at its memory as well. */
bool process_is_running(struct process *process);

/* Waits for its end and returns the exit code. One that takes longer is killed and fails the test.
 */
int process_wait(struct process *process, int64_t timeout_ms);

/* Sends `signal` where it still runs. */
void process_signal(struct process *process, int signal);

/* kill -9, and waits for it. */
void process_kill(struct process *process);

/* All that it has written so far, a new string. */
char *process_out(const struct process *process);
char *process_err(const struct process *process);

/* Waits for the first line on its standard output and returns it without the newline. */
char *process_first_line(struct process *process, int64_t timeout_ms);

/* Kills it where it still runs and closes its files. Harmless on one that was never started. */
void process_deinit(struct process *process);

/*
 * Asks `is_so` every 5 ms until it says yes; false where it has not within the time. The only way
 * in which a test waits for something that it cannot be told of.
 */
bool wait_until(bool (*is_so)(void *data), void *data, int64_t timeout_ms);
