/*
 * What engine.c (lives), takeup.c, accounts.c, orphan.c and adopt.c (their start), ports.c (the
 * crawl's ports), call.c (one call), look.c (the vendor's list) and keeper.c (the disk) share.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "api/account.h"
#include "api/request.h"
#include "config/config.h"
#include "crawl/crawl.h"
#include "crawl/sync.h"
#include "daemon/commons.h"
#include "daemon/engine.h"
#include "daemon/lander.h"
#include "decode/drift.h"
#include "http/http.h"
#include "spool/spool.h"
#include "store/store.h"
#include "store/sums.h"

/* The API's own limit, in its time: how long a call runs. */
#define CALL_RUNS_MS 120000
/*
 * An account at the API while jobs of it are at work: its calls, its minute and its money. Store,
 * lander and spools are the engine's, for all accounts.
 */
struct engine_account {
    struct engine *engine;
    const struct config_account *config;
    struct commons_account *shared; /* with engines beside this one */
    struct http *http;
    struct price *prices;  /* as last told; by endpoint_no() */
    int64_t asked_at_ms;   /* monotonic: for its prices, in whichever life; 0: not yet */
    struct err err;        /* why none of its jobs may run; ERR_NONE */
    bool is_charge_missed; /* an answer came without the header that says its charge: told */
    uv_timer_t timer;      /* the crawl's wake_at */
    struct look *look;     /* at the vendor's list of tasks; NULL: there is none under way */

    /* of this life */
    struct crawl *crawl;
    bool is_over;                /* the crawl has ended */
    bool is_fresh;               /* its prices need not be asked for */
    struct call *calls;          /* under way: sent, no last byte yet */
    struct http_request *asking; /* for its prices, while that is under way */
};

/* A run, from store_start_run() to the end of the life. */
struct engine_run {
    struct engine *engine;
    struct engine_account *account;
    const struct config_account *payer; /* whose calls it has made, which may be another's */
    const struct config_job *job;
    const struct engine_begun *begun;
    struct store_run *run;
    struct spool *spool;
    struct store_open_attempt *open_attempts; /* of earlier processes and lives */
    size_t n_open_attempts;
    size_t n_lost; /* calls that only the spool knew of */
    struct crawl_run *crawl_run;
    bool is_over;       /* it has ended, and nothing of it is left to do */
    struct drift drift; /* of what has landed here; without an endpoint: nothing has */
    struct store_published *published; /* by the listing's place in the run */
};

/* What a feed takes tonight, and how that came to be. */
struct engine_feed {
    struct sync_decision decision;
    bool is_begun;       /* its run had it before: nothing is decided anew */
    bool is_quiet;       /* nobody expected anything but all of it */
    bool may_be_unmoved; /* a bulk call could tell that nothing is to be asked for */
    int64_t since_s;     /* it would have to count from there on */
    struct store_begun listings[4];
    char *requests[4];
    size_t n_listings;
};

/* A job's night. */
struct engine_night {
    char account_night[11];    /* yyyy-mm-dd, where the account is */
    struct engine_feed *feeds; /* by the job's */
    size_t n_feeds;
};

/* A job's run that this process has started. */
struct engine_begun {
    bool is_begun;
    struct uuid run_uid;
    int64_t at_ms; /* monotonic */
};

/* What has stopped runs: the account's login was refused, or it is too early. */
struct engine_stops {
    bool is_login, is_later;
};

/* A listing that an earlier life has ended; its texts are copies. */
struct engine_result {
    struct engine_listing listing;
    char *job, *kind, *target, *reason, *completeness;
};

struct engine {
    uv_loop_t *loop;
    struct engine_settings settings;
    struct commons *commons;
    struct commons_turn turn; /* to take up its runs */
    bool owns_commons;
    struct engine *next_beside;      /* of the commons' */
    bool has_told_begin;             /* `began` */
    struct engine_account *accounts; /* those of the jobs */
    size_t n_accounts;
    uv_timer_t timer;      /* between lives: the wait for the database */
    uv_timer_t disk_timer; /* while the crawl works */
    uv_work_t disk_work;
    bool is_disk_busy;                      /* disk_work is under way */
    struct err disk_err;                    /* what it found; ERR_NONE */
    uv_timer_t wish_timer;                  /* while the crawl works */
    bool is_asking_wishes;                  /* the database, for them */
    void (*retired)(struct engine *engine); /* what follows engine_retire() */
    bool *is_closed_next;       /* by job: its next start closes listings that are not whole */
    bool has_landed;            /* what those have received */
    struct engine_begun *begun; /* by job, and behind them by the job of a bulk call */
    bool *only;                 /* by job, where has_only: an earlier life has ended the others */
    bool has_only;
    bool has_bulked; /* the bulk calls have been made, or could not be */
    bool wants_bulk; /* the next life makes them */
    bool is_bulk;    /* this one does */
    struct config_job *bulk;
    const struct config_job **bulk_jobs;
    size_t n_bulk;
    char (*bulk_nights)[11]; /* yyyy-mm-dd, of each where its account is */

    /* of this life */
    const struct config_job *const *jobs; /* the settings', or those that make the bulk calls */
    size_t n_jobs;
    struct engine_night *nights; /* by job, as far as they are decided */
    size_t n_nights;
    void (*decided)(struct engine *engine); /* what follows engine_decide() */
    bool *falls_back;     /* by job: its run ended, and has begun a listing of all of a feed */
    bool is_falling_back; /* one of them */
    struct store *store;
    struct lander *lander;
    struct engine_run *runs;
    size_t n_runs;          /* started */
    size_t n_accounts_seen; /* by the step that goes from one to the next */
    size_t n_jobs_seen;     /* whose runs were started, or could not be */
    struct err job_err;     /* why the first of those could not; ERR_NONE */
    bool is_landing;        /* only what is to be closed is taken up, and nothing is asked for */
    bool has_restored;      /* slices have come back: what was read is out of date */
    size_t n_settling;      /* calls of earlier processes that are being booked as unknown */
    size_t n_closing;       /* spools and timers that are being closed */
    bool is_ready;          /* the crawls have been started */
    bool is_closing;
    struct err err; /* why it broke off; ERR_NONE */

    /* over all lives */
    bool is_stopping;
    bool is_waiting;       /* for the database, between lives */
    int64_t away_since_ms; /* monotonic: since when nothing could be written; -1: it can */
    struct engine_result *results;
    size_t n_results;
    struct engine_stops stops;     /* of runs that are not taken up again */
    struct engine_progress before; /* what earlier lives did: calls, items, undelivered */
};

/* Everything outside of one page's call. It is the page's `data` from its sending on. */
struct call {
    struct engine_run *run;
    struct crawl_page *page;
    struct http_request request;
    char *path, *body; /* the request's */
    struct spool_answer *answer;
    uint64_t elapsed_ms;
    uv_work_t work;
    struct page_source source;
    struct page *decoder;
    struct envelope envelope;
    bool has_envelope;
    struct err err; /* why there is none */
    struct landing landing;
    struct request_targets targets; /* the landing's */
    char *token;                    /* the checkpoint's */
    bool is_paused;                 /* the spool was full */
    struct call *next, **link;      /* among the engine's calls that are under way */
};

/* Ends the life, on later turns: with `err`, or as the crawls ended. Harmless where it has begun.
 */
void engine_close(struct engine *engine, const struct err *err);

/* A page has landed, or a listing was published: the database works. */
void engine_database_works(struct engine *engine);

/* No new calls of any account; what is paid for lands. */
void engine_stop_crawls(struct engine *engine);

/* The account's crawl has ended; behind the last one the life ends. */
void engine_account_over(struct engine_account *account);

/* takeup.c: from the accounts' prices to crawls that work. Errors end in engine_close(). */
void engine_take_up(struct engine *engine);

/* The take-up is over: another engine's may begin. Harmless at any time. */
void engine_taken_up(struct engine *engine);

/* What is unknown of runs that engines beside this one work on is theirs to look after. */
void engine_leave_others_alone(struct engine *engine);

/* The job's account, among those of the engine. */
struct engine_account *engine_account_of(const struct engine *engine, const struct config_job *job);

/* accounts.c: learns what each account pays, then `next`; false where it cannot be set up. */
bool engine_open_accounts(struct engine *engine, struct err *err);
void engine_ask_accounts(struct engine *engine, void (*next)(struct engine *engine));

/* What a call of an account costs as far as one knows without asking. */
struct price engine_price_before_asking(const struct config_account *account);

/* takeup.c: the start of a job's run, without its feeds. */
struct store_run_request engine_run_request(const struct engine *engine, size_t job_no);

/* night.c: decides what each feed takes tonight, then `next`; or the life ends for a bulk call. */
void engine_decide(struct engine *engine, void (*next)(struct engine *engine));
void engine_forget_night(struct engine *engine);

/*
 * bulk.c: the jobs that ask what has moved at all. engine_wants_bulk() makes them, where that is
 * worth it and was not tried; the next life is between engine_begin_bulk() and engine_end_bulk().
 */
char *engine_bulk_name(const struct config_account *account); /* free() it */
bool engine_wants_bulk(struct engine *engine);
void engine_begin_bulk(struct engine *engine);
void engine_end_bulk(struct engine *engine);
void engine_free_bulk(struct engine *engine);

/* orphan.c: brings back the runs that the spool knows and the database does not, then `next`. */
void engine_restore_runs(struct engine *engine, void (*next)(struct engine *engine));

/* orphan.c: has the run's segment keep what brings the run back, should the database lose it. */
void engine_note(struct engine_run *run, const char *memo);

/* adopt.c: goes on there, with a crawl per account over its runs that were started. */
void engine_adopt(struct engine *engine);

/* The crawl's ports. */
extern const struct crawl_ports engine_ports;

/* The API's clock: milliseconds that run `haste` times as fast as ours. */
int64_t engine_api_now_ms(void);

/* call.c: the ports send, replay, land and drop. */
void call_send(void *data, struct crawl_page *page);
void call_replay(void *data, struct crawl_page *page);
void call_land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint);
void call_drop(void *data, struct crawl_page *page);

/* Counts a call whose charge has been booked. */
void call_count(const struct crawl_page *page);

/* What is to be booked about a page that was judged. */
void call_outcome(const struct crawl_page *page, struct store_outcome *ret_outcome);

/* There is room in the spool again: calls that paused go on. */
void call_resume_all(struct engine_account *account);

/* One of what engine_close() waits for (n_closing) is closed. */
void engine_part_closed(struct engine *engine);

/* After the money of an executed call was asked for it is on the vendor's list so much later at the
 * most, in the API's time. */
int64_t engine_listed_after_ms(const struct engine_account *account);

/* look.c: the port look; and its end before its time, of which the crawl hears nothing. */
void look_begin(void *data);
void look_cancel(struct engine_account *account);

/*
 * keeper.c: room on the spool's disk. While it watches, a disk that is full or read-only stops the
 * crawl. engine_prune() removes what the archive need not keep any longer, in a worker, then calls
 * `done`. engine_retire() does the same with facts whose retention is over, in the database.
 */
void engine_watch_disk(struct engine *engine);
void engine_prune(struct engine *engine, void (*done)(struct engine *engine));
void engine_retire(struct engine *engine, void (*done)(struct engine *engine));

/* wishes.c: runs that somebody stops by hand end also where no call is to go out for long. */
void engine_watch_wishes(struct engine *engine);

/* drift_watch.c: what a page that has landed shows of the API's changes; told at the run's end. */
void engine_watch_drift(struct engine_run *run, const struct drift *drift);
void engine_tell_drift(const struct engine_run *run);

/* tell.c: the lines of the log about a listing that was published or held, and a run that has
 * ended; `sums` may be NULL. */
void engine_tell_listing(const struct crawl_listing *listing, const struct store_sums *sums);
void engine_tell_run(const struct engine_run *run, const struct store_sums *sums);

/* tell.c: what is known of the run, or of the only job of an engine, for a line of the log. */
struct log_fields engine_run_fields(const struct engine_run *run);
struct log_fields engine_fields(const struct engine *engine);

/* summary.c: keeps what of this life the next one will not know; of one that made bulk calls only
 * what they took, and says which were in vain. */
void engine_keep_results(struct engine *engine);
void engine_keep_bulk(struct engine *engine);
