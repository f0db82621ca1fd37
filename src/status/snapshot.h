/*
 * What the service is at one moment, as plain data: all that the status port tells, and nothing
 * that it would have to ask for. /metrics, /status and the page are written from the same one.
 *
 * Texts and arrays belong to whoever makes it and stay until the answer is written. No text is
 * NULL: "" is none. Times are seconds since 1970, money is nano-dollars, and -1 is what is not
 * known, or is not there, unless a line says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status/meter.h"

/* What a job is doing. */
enum snapshot_state {
    SNAPSHOT_IDLE,
    SNAPSHOT_WAITING, /* is due, and waits for the database, or for others to end */
    SNAPSHOT_RUNNING,
    SNAPSHOT_BLOCKED, /* cannot go on, and is tried again: `reason` */
};

/* idle, waiting, running, blocked. */
const char *snapshot_state_word(enum snapshot_state state);

/* The last of a job's runs, or a start of its schedule that was not made. */
struct snapshot_run {
    int64_t run_id;     /* 0: the job has never run; a start that was not made has none either */
    const char *night;  /* yyyy-mm-dd; "": there is nothing to tell */
    int64_t started_s;  /* of a start that was not made when it was scheduled */
    int64_t ended_s;    /* -1: it is open */
    const char *result; /* one word: complete, limited, capped, short, unmoved; held, budget, error,
                           stopped; missed, skipped, blocked */
    const char *reason; /* for people */
    int64_t n_rows;     /* that stand */
    int64_t n_new, n_lost;
    int64_t nanousd;     /* settled, undelivered, unknown, reserved */
    int64_t cap_nanousd; /* the cap of a run */
};

/* A run in progress. */
struct snapshot_progress {
    int64_t started_s;
    int64_t n_items;
    int64_t n_items_expected; /* -1: not known yet for some listing */
    int64_t n_in_flight;
    int64_t n_calls; /* of this process */
    int64_t nanousd; /* booked tonight: settled, unknown, reserved */
    int64_t budget_nanousd;
    int64_t n_listings, n_over; /* of these, that have ended */
};

/* What a job took in a night. */
struct snapshot_night {
    const char *night; /* yyyy-mm-dd */
    int64_t n_rows, n_new, n_lost;
    int64_t nanousd;
};

#define SNAPSHOT_NIGHTS_MAX 30

struct snapshot_job {
    const char *title; /* name, or project/name */
    const char *project, *name;
    const char *account;
    const char *schedule; /* as written; "": only by hand */
    const char *timezone;
    int64_t next_s;         /* when it comes due */
    int64_t due_s;          /* the first time by its schedule after its last success; where it never
                               had one, after the service has known it */
    int64_t last_success_s; /* the end of its last run that took everything */
    enum snapshot_state state;
    const char *reason; /* why it waits or is blocked */
    bool is_file_ok;    /* else it goes on with the last good definition of its file */
    const char *file;
    int64_t n_held;                      /* listings of it that a guard holds back */
    struct snapshot_run last;            /* not the one in progress, if there was one before */
    struct snapshot_progress progress;   /* where it is running */
    const struct snapshot_night *nights; /* the oldest first, up to SNAPSHOT_NIGHTS_MAX; a night
                                            without a run is not among them */
    size_t n_nights;
};

/* Why a run that had calls to make could make none. */
enum snapshot_wait {
    SNAPSHOT_WAIT_SLOT,    /* all of them were taken */
    SNAPSHOT_WAIT_MINUTE,  /* the calls of the minute had been made */
    SNAPSHOT_WAIT_PAUSE,   /* the API asked for it */
    SNAPSHOT_WAIT_CAP,     /* money */
    SNAPSHOT_WAIT_LANDING, /* too many answers had not landed, or the spool was full */
    SNAPSHOT_N_WAITS
};

struct snapshot_account {
    const char *name;
    const char *reason;      /* why none of its jobs may run; "": they may */
    int64_t balance_nanousd; /* as last told, less what was spent since; 0 where it is below */
    int64_t asked_at_s;      /* when it told */
    double nights_left;      /* that the balance covers, as the last nights were; -1: not known */
    int64_t n_in_flight;     /* slots that are taken */
    int64_t n_slots;         /* as configured, fewer where the API has complained */
    int64_t n_per_minute;    /* likewise */
    int64_t waited_ms[SNAPSHOT_N_WAITS];        /* in which runs could make no call, by why */
    int64_t n_unknown, unknown_nanousd;         /* calls whose charge is not known, as reserved */
    int64_t n_undelivered, undelivered_nanousd; /* billed without an answer, in the last week */
};

/* A cap on money, and what is left of it. */
struct snapshot_cap {
    const char *scope; /* all, account, project, job */
    const char *name;  /* of the account or project; of a job PROJECT/NAME; "" of all */
    const char *per;   /* day, month */
    int64_t nanousd, left_nanousd;
};

/* A job file with mistakes. */
struct snapshot_file {
    const char *file;
    int64_t n_jobs; /* that go on as they were */
};

struct snapshot_error {
    int64_t at_s;
    const char *job; /* its title; "": it is of the service */
    const char *text;
};

struct snapshot {
    const char *version;
    const char *config_file;
    int64_t now_s, started_s;
    bool is_draining;          /* it ends: no new calls */
    bool has_database;         /* it can be worked with */
    const char *database_away; /* why not */
    int64_t spent_today_nanousd;
    int64_t spool_bytes; /* of all segments: answers that wait, and the archive */
    int64_t n_open_files, n_open_files_max;
    int64_t resident_bytes;
    const struct snapshot_job *jobs; /* by file and line */
    size_t n_jobs;
    const struct snapshot_account *accounts;
    size_t n_accounts;
    const struct snapshot_cap *caps;
    size_t n_caps;
    const struct snapshot_file *bad_files;
    size_t n_bad_files;
    const struct snapshot_error *errors; /* the newest first */
    size_t n_errors;
    const struct meter *meter; /* what this process has counted */
};
