/*
 * linkhaul's verbs on the database: open a run, reserve a call, land a page, publish a listing.
 *
 * There is no general query function; every statement is a file in sql/queries and is built in.
 * Three connections serve a process: `control` (the holder's lock, reservations, the state of
 * runs), `loader` (one COPY transaction at a time, in the order in which pages arrived) and
 * `publisher`, so that neither a long COPY nor a long publish ever stands in the way of a
 * reservation.
 *
 * Callbacks are called exactly once, on the loop, never from inside the function they were given
 * to. A lost connection ends everything with ERR_DB; the process then ends, and the next start goes
 * on from the spool and the checkpoints.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"

struct store;
struct uv_loop_s;

/* `err` is NULL on success. */
typedef void store_done_fn(void *data, const struct err *err);

/*
 * Connects, refuses a schema older or newer than the binary's (ERR_CONFIG, naming the command that
 * helps), and takes the holder's lock: ERR_BUSY names who has it. Without `is_holder` (status,
 * check --live) only `control` is opened and no lock is taken. Valid at once, usable after `done`.
 */
struct store *store_open(struct uv_loop_s *loop, const char *url, bool is_holder,
                         store_done_fn *done, void *data);

/*
 * The place of a process whose stores work side by side: store/service.h. The owner's; it outlives
 * them all.
 */
struct store_place {
    int64_t n_seats; /* that were ever taken */
    int64_t *left;   /* keys of connections that were let go of, and may still commit */
    size_t n_left;
};

/*
 * Opens a holder's store beside others of the process, once store_open_service() has taken its
 * place. Waits for what lost connections of the process may still be at: ERR_BUSY where that lasts.
 */
struct store *store_open_beside(struct uv_loop_s *loop, const char *url, struct store_place *place,
                                store_done_fn *done, void *data);

/* Closes the connections and frees the store on a later turn; what waits ends with ERR_CANCELED. */
void store_close(struct store *store);

/* --- a run and its listings ------------------------------------------------------------------ */

/* No bound on that side of a range. */
#define STORE_FROM_OPEN INT64_MIN
#define STORE_TO_OPEN INT64_MAX

/* A listing that is to be begun. */
struct store_begun {
    const char *kind;     /* full, new, lost, refresh, count */
    const char *request;  /* JSON object; NULL: the feed's */
    int64_t from_s, to_s; /* refresh: links first seen in [from, to), STORE_FROM_OPEN, STORE_TO_OPEN
                             where there is no bound; of the others, none */
};

struct store_feed {
    struct uuid key; /* over what the feed means: see feed_key() in config */
    const char *target;
    const char *request; /* JSON object: the API parameters as the job has them */
    int64_t max_rows;    /* 0: all */
    /* Where it has none in the run yet. None at all: nothing has moved, the run syncs it so. */
    const struct store_begun *listings;
    size_t n_listings;
    const char *why; /* it is these, for people; NULL */
};

/* A site of a project. */
struct store_site {
    const char *target; /* as jobs ask for it */
    bool is_own;        /* else a competitor's */
};

/* What may be spent in a run and night, a day, a month; 0: no cap. */
struct store_caps {
    int64_t per_run_nanousd, per_day_nanousd, per_month_nanousd;
};

/* When a listing is as good as whole, and when it is held: parts per million. */
struct store_tolerance {
    int64_t missing_ok, max_shrink;
};

struct store_run_request {
    const char *job, *project, *endpoint, *timezone; /* the endpoint's name, an IANA zone */
    const char *const *former_names;                 /* of the job; its feeds and runs go on */
    size_t n_former_names;
    const char *account, *account_timezone; /* whose calls it makes; whose days they count in */
    const char *table;                      /* whose partitions must be there */
    bool is_to_count;   /* listings of kind count are all that is begun and gone on with */
    const char *labels; /* JSON object */
    const char *night;  /* NULL: today in `timezone`; else yyyy-mm-dd, whose midnight is its now */
    const char *oldest_night; /* an open run of an earlier night is closed; NULL: none for that */
    int64_t scheduled_s;      /* the time that the start was scheduled for, since 1970; 0: none */
    const char *scheduled_night; /* its date, where `night` is NULL; its now is now. NULL: none */
    struct store_caps all_caps, account_caps, project_caps, job_caps; /* all apply */
    int64_t keep_nanousd; /* of the account's balance; 0: nothing is kept */
    bool is_to_land; /* only what is open, as it is: nothing is closed or begun; a renamed job's too
                      */
    /* What this process began before the database was lost, or a life before: where it is over no
     * other run begins, and a `stop` still holds. NULL: a start by somebody. */
    const struct uuid *taken_up;
    int64_t resume_within_ms;         /* an open run that is older is closed; 0: any is */
    struct store_tolerance tolerance; /* for what that publishes */
    int64_t retention_days;           /* how long behind its night a row is kept at least */
    const struct store_site *sites;   /* of its project, which the views for analysts know then */
    size_t n_sites;                   /* 0 where the configuration has no such project */
    const struct store_feed *feeds;
    size_t n_feeds;
};

enum store_walk {
    STORE_WALK_UNDECIDED, /* page 1 has not been answered */
    STORE_WALK_OFFSET,
    STORE_WALK_CHAIN,
};

struct store_slice {
    int32_t slice_no;
    int64_t limit;        /* items of a page, fixed for the slice */
    const char *order_by; /* JSON array as it is sent; NULL: none is sent */
    int64_t from_s, to_s; /* values of the walk that it has, [from, to), in seconds since 1970 */
    enum store_walk walk;
    int64_t position;             /* chain: items received, in order */
    const char *token;            /* chain: the next page's; NULL: none */
    int64_t total_count;          /* as last told; -1: never told */
    bool is_ended;                /* its last page is in */
    const int64_t *settled;       /* offset: positions of the pages that are in, ascending */
    const int64_t *settled_items; /* and how many items each had */
    size_t n_settled;
};

/* What lay between one value of the walk and that of the next part. */
struct store_part {
    int64_t from_s; /* STORE_FROM_OPEN: the first */
    int64_t n_items;
};

struct store_listing {
    int64_t listing_id, feed_id;
    const char *kind;             /* full, new, lost, refresh, count */
    const char *target, *request; /* as recorded when the listing began */
    const char *why;              /* it was begun, for people; "" */
    int64_t newest_s;             /* it has what was first seen before that; 0: anything */
    int64_t max_rows;
    int64_t last_total_count;         /* of the feed's listing before this; -1: there is none */
    int64_t whole_count;              /* items of all its slices; -1: not told */
    const struct store_slice *slices; /* none yet: store_begin_slice() */
    size_t n_slices;
    const struct store_part *parts; /* of the feed's last listing that was cut, ascending */
    size_t n_parts;
};

/* A listing of an earlier run that was too old to be gone on with. Texts are "" where there is
 * none. */
struct store_closed {
    const char *target, *night;
    const char *state; /* published, held, abandoned */
    const char *completeness;
    int64_t n_rows, spent_nanousd; /* spent: settled, unknown, undelivered */
};

struct store_run {
    int64_t run_id;
    struct uuid uid;        /* names its spool segment */
    const char *account;    /* whose calls it has made so far, by name */
    const char *install;    /* eight characters, the same for ever in this database; for tags */
    char night[11];         /* yyyy-mm-dd */
    int32_t night_days;     /* since 2000-01-01 */
    bool is_resumed;        /* it was open before */
    int64_t booked_nanousd; /* tonight: settled + unknown + reserved */
    const struct store_listing *listings; /* the open ones */
    size_t n_listings;
    const char *memo; /* for the spool to keep: store_restore_run() makes the run of it again */
    const struct store_closed *closed;
    size_t n_closed;
};

/* `run` lasts until `store_run_free`; NULL where `err` is set, and where what was to be taken up is
 * over. */
typedef void store_run_fn(void *data, struct store_run *run, const struct err *err);

/*
 * Goes on with the job's open run, or begins a new one for the night, in one transaction. A run of
 * another account is closed as one that is too old is; makes the
 * partitions of the night's month and the next. In an open run, listings of feeds that the job no
 * longer has are abandoned, and feeds it has gained begin a listing. The cap is set anew.
 */
void store_start_run(struct store *store, const struct store_run_request *request,
                     store_run_fn *done, void *data);
void store_run_free(struct store_run *run);

/*
 * Whether store_start_run() would close listings before they are whole: of a run that is too old or
 * another account's, or of feeds that the job no longer has. Then a start with `is_to_land` should
 * come before it, so that what was received for them lands.
 */
typedef void store_closing_fn(void *data, bool is_closing, const struct err *err);
void store_is_closing(struct store *store, const struct store_run_request *request,
                      store_closing_fn *done, void *data);

/* Records the first slice before its first call: slice_no, limit, order_by are read. */
void store_begin_slice(struct store *store, int64_t listing_id, const struct store_slice *slice,
                       store_done_fn *done, void *data);

/*
 * Cuts a slice in one transaction: it is narrowed to what lies before the first of `points_s`, and
 * a slice begins at each, numbered from `new_slice_no` on, the last one ending where the old one
 * did. `is_whole`: all of the narrowed one has come.
 */
void store_cut_slice(struct store *store, int64_t listing_id, int32_t slice_no,
                     int32_t new_slice_no, const int64_t points_s[], size_t n_points, bool is_whole,
                     store_done_fn *done, void *data);

/*
 * Ends a chain where it stands and begins slice `new_slice_no` for what lies behind, by the value
 * of `column` (a timestamp) that the chain was walked by; from the start where nothing had come.
 * It begins at `from_s` and ends where the old one did; `is_begun` is false where what came has no
 * such value: then nothing is changed.
 */
typedef void store_restarted_fn(void *data, bool is_begun, int64_t from_s, const struct err *err);
void store_restart_slice(struct store *store, int64_t listing_id, int32_t slice_no,
                         int32_t new_slice_no, int64_t limit, const char *column,
                         store_restarted_fn *done, void *data);

/* --- money ----------------------------------------------------------------------------------- */

struct store_attempt {
    struct uuid attempt;
    int64_t run_id, listing_id;
    int32_t slice_no;
    int64_t
        position; /* items of the slice before the page: its offset, or its place in the chain */
    const char *token; /* NULL: asked by offset */
    int64_t limit;
    const char *tag;
    int64_t reserved_nanousd; /* its worst case */
};

/* Whose cap refused a call: those that more than one run shares may be freed by any of them. */
enum store_scope {
    STORE_SCOPE_RUN,
    STORE_SCOPE_SHARED,
    STORE_SCOPE_STOPPED, /* no cap: somebody asked for no more calls of this run */
};

struct store_refusal {
    enum store_scope scope;
    const char *text; /* the cap, what is reached, what the call could cost */
};

/* `refusal` is NULL where the call is reserved; it is NULL too where `err` is set. */
typedef void store_reserved_fn(void *data, const struct store_refusal *refusal,
                               const struct err *err);

/*
 * Reserves a call's worst case and commits, or the database refuses it. Calls that are given while
 * others are being reserved go together, in one transaction.
 */
void store_reserve(struct store *store, const struct store_attempt *attempt,
                   store_reserved_fn *done, void *data);

enum store_charge {
    STORE_SETTLED, /* the answer named its cost */
    STORE_VOID,    /* known to be free */
    STORE_UNKNOWN, /* we cannot tell; counts at its reserve */
};

/* What came of a call. */
struct store_outcome {
    struct uuid attempt;
    enum store_charge charge;
    int64_t charged_nanousd; /* STORE_SETTLED */
    int http_status;         /* 0: none */
    int status_code;         /* the API's; 0: none */
    const char *task_id;     /* "" where there is none */
    const char *message;     /* "" where all went well */
    int64_t n_items, n_rows, n_rejects, n_extra, n_cleaned;
    int64_t body_bytes, elapsed_ms;
};

/* Where a slice stands after a page. */
struct store_checkpoint {
    int64_t listing_id;
    int32_t slice_no;
    enum store_walk walk;
    int64_t position;    /* chain: items received */
    const char *token;   /* chain: the next page's, NULL: none */
    int64_t total_count; /* -1: not told */
    int64_t whole_count; /* of the listing; -1: not told by this page */
    bool is_ended;
};

/* Books a call that brought no page, on `control`. `done` when it is committed. */
void store_settle(struct store *store, const struct store_outcome *outcome, store_done_fn *done,
                  void *data);

/* --- calls whose charge is unknown ----------------------------------------------------------- */

/* A call of an earlier process that has not been settled, and whose page is not in. */
struct store_open_attempt {
    struct uuid attempt;
    int64_t listing_id;
    int32_t slice_no;
    int64_t position;
    bool is_unknown; /* booked as such; else it is still reserved */
    int64_t age_ms;  /* since it was reserved */
    int64_t reserved_nanousd;
};

/* Those of a run, the oldest first; they last for the call. */
typedef void store_open_attempts_fn(void *data, const struct store_open_attempt *attempts, size_t n,
                                    const struct err *err);
void store_read_open_attempts(struct store *store, int64_t run_id, store_open_attempts_fn *done,
                              void *data);

/* In their order; they last for the call. */
typedef void store_uuids_fn(void *data, const struct uuid *uuids, size_t n, const struct err *err);

/* All calls of a run that the ledger has; the runs that are over, by the names of their segments.
 */
void store_read_attempt_ids(struct store *store, int64_t run_id, store_uuids_fn *done, void *data);
void store_read_over_runs(struct store *store, store_uuids_fn *done, void *data);

struct store_unknown {
    struct uuid attempt;
    int64_t run_id, listing_id;
    int32_t slice_no;
    int64_t position;
    int64_t age_ms;         /* since it was reserved */
    int64_t reserved_at_ms; /* since 1970, by the database's clock */
    bool is_page;           /* its answer came, without its cost */
};

typedef void store_unknowns_fn(void *data, const struct store_unknown *unknowns, size_t n,
                               const struct err *err);

/* From here on what is unknown of these runs is left to whoever works on them. */
void store_leave_alone(struct store *store, const int64_t run_ids[], size_t n);

/* All of an account, the oldest first. */
void store_read_unknowns(struct store *store, const char *account, store_unknowns_fn *done,
                         void *data);

/* A task as the vendor lists it. */
struct store_task {
    const char *id, *tag;
    int64_t position;  /* its offset */
    const char *token; /* NULL: none */
    int64_t nanousd;   /* -1: it is not over */
    int64_t posted_ms; /* since 1970 */
};

struct store_list {
    const struct store_task *tasks;
    size_t n_tasks;
    int64_t from_ms, to_ms;  /* since 1970: between these it is whole */
    int64_t age_ms;          /* since it was asked for */
    int64_t listed_after_ms; /* a call that was executed is listed so long after its sending */
};

struct store_resolved {
    struct uuid attempt;
    int64_t listing_id;
    int32_t slice_no;
    int64_t position;
    bool is_billed;
    int64_t charged_nanousd;
    const char *project, *job;
};

typedef void store_resolved_fn(void *data, const struct store_resolved *resolved, size_t n,
                               const struct err *err);

/* Books what the list says of the account's unknown calls, and tells which it has settled. */
void store_reconcile(struct store *store, const char *account, const struct store_list *list,
                     store_resolved_fn *done, void *data);

/* Calls whose answers are in the spool and about to be judged: they are reserved again, where they
 * were unknown, so that no list decides about them meanwhile. */
void store_take_up(struct store *store, const struct uuid attempts[], size_t n, store_done_fn *done,
                   void *data);

/* A call of this or an earlier process that the server may still count. */
struct store_recent {
    struct uuid attempt;
    int64_t sent_ms;  /* ago */
    int64_t ended_ms; /* ago; -1: it may still run */
};

typedef void store_recents_fn(void *data, const struct store_recent *recents, size_t n,
                              const struct err *err);
void store_read_recents(struct store *store, const char *account, int64_t minute_ms,
                        int64_t longest_ms, store_recents_fn *done, void *data);

/* --- landing a page: one transaction on `loader` --------------------------------------------- */

/*
 * begin → (copy_begin → copy_chunk… → copy_end)… → (count_known) → commit. A page without items has
 * no COPY. Where copy_end fails with ERR_DATA inside a savepoint, roll back to it and go on;
 * anywhere else store_load_abort() leaves the database as it was.
 */
void store_load_begin(struct store *store, store_done_fn *done, void *data);
void store_copy_begin(struct store *store, const char *statement, store_done_fn *done, void *data);
void store_copy_chunk(struct store *store, const void *chunk, size_t size, store_done_fn *done,
                      void *data);
void store_copy_end(struct store *store, store_done_fn *done, void *data);
void store_savepoint(struct store *store, store_done_fn *done, void *data);
void store_rollback_to_savepoint(struct store *store, store_done_fn *done, void *data);
/*
 * How many of a slice's items, those of this page too, have brought no news in a row so far, from
 * the last one on backwards: no link among them that the feed's state has as live or missing. It
 * looks at the last `n_max`.
 */
typedef void store_known_fn(void *data, int64_t n_known, const struct err *err);
void store_count_known(struct store *store, int64_t listing_id, int32_t slice_no, int64_t n_max,
                       store_known_fn *done, void *data);
void store_load_commit(struct store *store, const struct store_outcome *outcome,
                       const struct store_checkpoint *checkpoint, store_done_fn *done, void *data);
void store_load_abort(struct store *store, store_done_fn *done, void *data);

/* --- publish --------------------------------------------------------------------------------- */

struct store_published {
    bool is_held; /* and not visible: `reason` says why */
    char reason[512];
    int64_t n_items;       /* received, repeats among them */
    int64_t n_rows;        /* that stand */
    int64_t n_duplicates;  /* repeats that were taken out */
    int64_t n_missing;     /* of total_count; 0 where none is */
    char completeness[16]; /* as it was published */
};

typedef void store_published_fn(void *data, const struct store_published *published,
                                const struct err *err);

/*
 * Takes repeats out and makes the listing visible, in one transaction. `completeness` is the word
 * of the contract (complete, limited, capped, short). Where none of `total_count` is missing beyond
 * the tolerance, "complete" stays, else it becomes "short". One that has shrunk beyond the
 * tolerance is held.
 */
void store_publish(struct store *store, int64_t listing_id, const char *completeness,
                   const struct store_tolerance *tolerance, store_published_fn *done, void *data);

/* Notes why a listing could not end (budget, error); it stays open. */
void store_suspend(struct store *store, int64_t listing_id, const char *completeness,
                   const char *reason, store_done_fn *done, void *data);

/* --- the account ----------------------------------------------------------------------------- */

struct store_account {
    bool is_known;
    int64_t age_s; /* since it was asked */
    int64_t per_call_nanousd, per_item_nanousd;
    int64_t balance_nanousd;
};

typedef void store_account_fn(void *data, const struct store_account *account,
                              const struct err *err);

/* What was last learnt of an account and an endpoint's prices, and noting it. */
void store_get_account(struct store *store, const char *account, const char *endpoint,
                       store_account_fn *done, void *data);
void store_put_account(struct store *store, const char *account, const char *endpoint,
                       const struct store_account *what, store_done_fn *done, void *data);
