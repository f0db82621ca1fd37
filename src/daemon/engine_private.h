/* What engine.c (start and end), ports.c (the crawl's ports) and call.c (one call) share. */
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

/* A run, from store_start_run() to the end. */
struct engine_run {
    struct engine *engine;
    const struct config_job *job;
    struct store_run *run;
    struct spool *spool;
    struct crawl_run *crawl_run;
    struct store_published *published; /* by the listing's place in the run */
};

struct engine {
    uv_loop_t *loop;
    struct engine_settings settings;
    struct store *store;
    struct http *http;
    struct lander *lander;
    struct crawl *crawl;
    uv_timer_t timer;   /* the crawl's wake_at */
    struct call *calls; /* under way: sent, no last byte yet */
    struct price price;
    struct http_request *asking; /* about the account, while that is under way */
    struct engine_run *runs;
    size_t n_runs;      /* started */
    size_t n_jobs_seen; /* whose runs were started, or could not be */
    struct err job_err; /* why the first of those could not; ERR_NONE */
    size_t n_settling;  /* calls of earlier processes that are being booked as unknown */
    size_t n_closing;   /* spools that are being closed */
    bool is_stopping;
    bool is_closing;
    struct err err; /* why the whole broke off; ERR_NONE */
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

/* Closes everything, on later turns, then tells `done`. Harmless where it has begun. */
void engine_close(struct engine *engine);

/* The crawl's ports. */
extern const struct crawl_ports engine_ports;

/* call.c: the ports send, replay, land and drop. */
void call_send(void *data, struct crawl_page *page);
void call_replay(void *data, struct crawl_page *page);
void call_land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint);
void call_drop(void *data, struct crawl_page *page);

/* What is to be booked about a page that was judged. */
void call_outcome(const struct crawl_page *page, struct store_outcome *ret_outcome);

/* There is room in the spool again: calls that paused go on. */
void call_resume_all(struct engine *engine);
