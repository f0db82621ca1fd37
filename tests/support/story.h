/*
 * A story is linkhaul as its people meet it: the program itself, a sandbox to call, a database of
 * its own and a folder with its configuration and jobs. Tests tell what happens to it.
 *
 *     struct story story;
 *
 *     story_begin(&story, database_url);
 *     story_sandbox(&story, "--items", "example.com=45000");
 *     story_config(&story, "budget: 5.00\n");
 *     story_file(&story, "jobs.d/job.yaml", "job: walk\nendpoint: backlinks\n...");
 *     cr_assert(eq(int, story_run(&story, "migrate"), 0));
 *     cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
 *     cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 45000));
 *     story_end(&story);
 *
 * Whatever goes wrong in here fails the test; what linkhaul says and returns is for the test to
 * judge.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "support/ledger.h"
#include "support/process.h"

/* As parameter of a request: so many conditions that hold of every item that there is no room for
 * the two of a slice. A listing beyond 20,000 items is then walked as a chain. */
#define STORY_CHAIN                                                                                \
    "filters: [[rank, \">\", -1], and, [rank, \">\", -2], and, [rank, \">\", -3], and, "           \
    "[rank, \">\", -4], and, [rank, \">\", -5], and, [rank, \">\", -6], and, [rank, \">\", -7]]"

struct story {
    const char *linkhaul_program; /* set by story_begin; a test may choose the release build */
    const char *sandbox_program;
    int64_t timeout_ms;   /* for a run of linkhaul to end */
    char *folder;         /* a temporary one */
    char *database_url;   /* a copy */
    char *sandbox_url;    /* NULL before story_sandbox */
    unsigned n_sandboxes; /* started so far */
    struct process sandbox;
    struct process linkhaul; /* the last one started */
    char *out, *err;         /* of the last one that ended; "" before */
};

/* Makes the folder. The database's schema is the test's business (story_run "migrate"). */
void story_begin(struct story *story, const char *database_url);

/* From here on the release build runs: for what is measured. */
void story_use_release(struct story *story);

/*
 * Starts the sandbox with these arguments, one at least. Started once more, the one before is
 * killed and the new one comes back on the same address; its ledger is a file of its own.
 */
#define story_sandbox(story, ...)                                                                  \
    story_sandbox_argv((story), (const char *const[]){__VA_ARGS__, NULL})
void story_sandbox_argv(struct story *story, const char *const arguments[]);

/*
 * Writes linkhaul.yaml: sandbox, database, spool and jobs.d/ of this story, and what `more` has on
 * top (YAML at the top level, "" for nothing). Without a budget in it a run may spend $100, and
 * without http there is no status port: services of tests are many.
 */
void story_config(struct story *story, const char *more);

/* The same with lines for the account as well: "in_flight: 10\n", not indented. */
void story_config_account(struct story *story, const char *account, const char *more);

/* Writes a file into the folder, and the folders on the way to it. */
void story_file(struct story *story, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The path of a file in the folder, a new string. */
char *story_path(const struct story *story, const char *name);

/* Runs linkhaul with -c and these arguments to its end and returns its exit code. */
#define story_run(story, ...) story_run_argv((story), (const char *const[]){__VA_ARGS__, NULL})
int story_run_argv(struct story *story, const char *const arguments[]);

/* The same in two halves, so that something may happen in between. */
#define story_start(story, ...) story_start_argv((story), (const char *const[]){__VA_ARGS__, NULL})
void story_start_argv(struct story *story, const char *const arguments[]);
int story_wait(struct story *story);

/*
 * Kills linkhaul with -9 as soon as `is_so` says yes, and tells whether that was before it ended by
 * itself. Fails the test where neither happens.
 */
bool story_kill_when(struct story *story, bool (*is_so)(struct story *story));

/* Kills the sandbox with -9: nobody answers from here on. */
void story_kill_sandbox(struct story *story);

/* The one value that a statement gives, a new string; NULL for NULL. Fails where it gives none. */
char *story_text(struct story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int64_t story_int(struct story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Expects that text of a statement. */
void story_expect_text(struct story *story, const char *expected, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the sandbox, and those before it, have counted so far; ledger_deinit() it. */
void story_ledger(struct story *story, struct ledger *ret_ledger);

/* Ends both programs, removes the folder. The database is its maker's to drop. */
void story_end(struct story *story);
