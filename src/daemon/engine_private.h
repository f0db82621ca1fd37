/*
 * What engine.c (lives), takeup.c, orphan.c and adopt.c (their start), ports.c (the crawl's ports),
 * call.c (one call), look.c (the vendor's list) and keeper.c (the disk) share.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "api/account.h"
#include "config/config.h"
#include "crawl/crawl.h"
#include "daemon/engine.h"
#include "daemon/lander.h"
#include "http/http.h"
#include "spool/spool.h"
#include "store/store.h"

/* The API's own limit, in its time: how long a call runs. */
#define CALL_RUNS_MS 120000
/* A run, from store_start_run() to the end of the life. */
struct engine_run {
    struct engine *engine;
    const struct config_job *job;
    struct store_run *run;
    struct spool *spool;
    struct store_open_attempt *open_attempts; /* of earlier processes and lives */
    size_t n_open_attempts;
    size_t n_lost; /* calls that only the spool knew of */
    struct crawl_run *crawl_run;
    struct store_published *published; /* by the listing's place in the run */
};

/* A listing that an earlier life has ended; its texts are copies. */
struct engine_result {
    struct engine_listing listing;
    char *target, *reason, *completeness;
};

struct engine {
    uv_loop_t *loop;
    struct engine_settings settings;
    struct http *http;
    struct price price;    /* as last told */
    int64_t asked_at_ms;   /* monotonic: about the account, in whichever life; 0: not yet */
    uv_timer_t timer;      /* the crawl's wake_at; between lives the wait for the database */
    uv_timer_t disk_timer; /* while the crawl works */
    uv_work_t disk_work;
    bool is_disk_busy;    /* disk_work is under way */
    struct err disk_err;  /* what it found; ERR_NONE */
    struct look *look;    /* at the vendor's list of tasks; NULL: there is none under way */
    bool *is_closed_next; /* by job: its next start closes listings that are not whole */
    bool has_landed;      /* what those have received */
    bool *has_begun;      /* by job: its run has been started in this process */

    /* of this life */
    struct store *store;
    struct lander *lander;
    struct crawl *crawl;
    struct call *calls;          /* under way: sent, no last byte yet */
    struct http_request *asking; /* about the account, while that is under way */
    struct engine_run *runs;
    size_t n_runs;      /* started */
    size_t n_jobs_seen; /* whose runs were started, or could not be */
    struct err job_err; /* why the first of those could not; ERR_NONE */
    bool is_landing;    /* only what is to be closed is taken up, and nothing is asked for */
    size_t n_settling;  /* calls of earlier processes that are being booked as unknown */
    size_t n_closing;   /* spools that are being closed */
    bool is_ready;      /* the crawl has been started */
    bool is_closing;
    struct err err; /* why it broke off; ERR_NONE */

    /* over all lives */
    bool is_stopping;
    bool is_waiting;       /* for the database, between lives */
    int64_t away_since_ms; /* monotonic: since when nothing could be written; -1: it can */
    struct engine_result *results;
    size_t n_results;
    struct engine_progress before; /* what earlier lives did: calls, items, undelivered */
};

/* Everything outside of one page's call. It is the page's `data` from its sending on. */
struct call {
    struct engine_run *run;
    struct crawl_page *page;
    struct http_request request;
    char *body; /* the request's */
    struct spool_answer *answer;
    uint64_t elapsed_ms;
    uv_work_t work;
    struct page_source source;
    struct page *decoder;
    struct envelope envelope;
    bool has_envelope;
    struct err err; /* why there is none */
    struct landing landing;
    char *token;               /* the checkpoint's */
    bool is_paused;            /* the spool was full */
    struct call *next, **link; /* among the engine's calls that are under way */
};

/* Ends the life, on later turns: with `err`, or as the crawl ended. Harmless where it has begun. */
void engine_close(struct engine *engine, const struct err *err);

/* A page has landed, or a listing was published: the database works. */
void engine_database_works(struct engine *engine);

/* takeup.c: from the account's prices to a crawl that works. Errors end in engine_close(). */
void engine_take_up(struct engine *engine);

/* orphan.c: brings back the runs that the spool knows and the database does not, then `next`. */
void engine_restore_runs(struct engine *engine, void (*next)(struct engine *engine));

/* orphan.c: has the run's segment keep what brings the run back, should the database lose it. */
void engine_note(struct engine_run *run, const char *memo);

/* adopt.c: goes on there, with a crawl over the runs that were started. */
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

/* What is to be booked about a page that was judged. */
void call_outcome(const struct crawl_page *page, struct store_outcome *ret_outcome);

/* There is room in the spool again: calls that paused go on. */
void call_resume_all(struct engine *engine);

/* One of what engine_close() waits for (n_closing) is closed. */
void engine_part_closed(struct engine *engine);

/* After the money of an executed call was asked for it is on the vendor's list so much later at the
 * most, in the API's time. */
int64_t engine_listed_after_ms(const struct engine *engine);

/* look.c: the port look; and its end before its time, of which the crawl hears nothing. */
void look_begin(void *data);
void look_cancel(struct engine *engine);

/*
 * keeper.c: room on the spool's disk. While it watches, a disk that is full or read-only stops the
 * crawl. engine_prune() removes what the archive need not keep any longer, in a worker, then calls
 * `done`.
 */
void engine_watch_disk(struct engine *engine);
void engine_prune(struct engine *engine, void (*done)(struct engine *engine));

/* summary.c: keeps what of this life the next one will not know. */
void engine_keep_results(struct engine *engine);
