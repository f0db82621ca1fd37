/* What the parts of the sandbox share: the account's state, a request, its reply. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "sandbox/account.h"
#include "sandbox/fault.h"
#include "sandbox/history.h"
#include "sandbox/ledger.h"
#include "sandbox/listing.h"
#include "sandbox/minute.h"
#include "sandbox/options.h"

struct MHD_Daemon;
struct endpoint;
struct json_object;

#define REPLY_SIZE_MAX (UINT64_C(256) << 20)

/* A free page, each with calls per minute of its own. */
struct free_page;
#define FREE_PAGES_MAX 8

struct sandbox {
    const struct options *options;
    struct listings *listings;
    char *authorization; /* the header that is let in */
    char url[96];
    int64_t start_ms;
    struct MHD_Daemon *daemon;

    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t stopping;
    bool is_stopping;
    size_t in_flight;
    uint64_t n_paid_calls, n_gateway_calls, n_tasks;
    struct account account;
    struct minute paid_minute;
    struct minute free_minutes[FREE_PAGES_MAX];
    struct history history;
    struct ledger *ledger; /* NULL: none is kept */
};

struct request {
    const char *method, *path;
    const char *authorization; /* NULL: none was sent */
    struct buf body;
    int64_t begin_ms;    /* when it was whole */
    bool is_reused;      /* its connection has carried another before */
    uint64_t gateway_no; /* of the paid calls through the AIsa gateway, from 1; 0: not one */
    int socket;          /* of the client; 0: there is none */
};

/* How much of a reply the client gets to see. */
enum reply_way {
    REPLY_WHOLE,
    REPLY_CUT,        /* half of the body; the connection ends there */
    REPLY_PACKED_CUT, /* half of the packed body, as if that were all */
    REPLY_DRIP,       /* all of it, in small pieces */
    REPLY_NONE,       /* the connection is closed */
    REPLY_RESET,      /* the connection is reset */
};

struct reply {
    int http; /* 0: none */
    const char *content_type;
    struct buf body;
    enum reply_way way;
    uint32_t retry_after_s; /* 0: it does not say */
    char charge[40];        /* as the gateway says it; "": it does not */
    bool has_rate;          /* a paid call, whose answer says how many are left */
    size_t n_left_minute;   /* the same, for X-RateLimit-Remaining */
};

/* Answers any request, and writes it into the ledger (routes.c). */
void sandbox_answer(struct sandbox *sandbox, struct request *request, struct reply *reply);

/* Until then, or until the sandbox stops. Call it without the lock. */
void sandbox_wait(struct sandbox *sandbox, int64_t until_ms);

/* A paid call of one endpoint (paid.c). */
struct offer {
    const char *endpoint; /* as in api/endpoint.h */
    const struct shape *shape;
    const char *function_code; /* as in the ids of the vendor's sample answers */
};
extern const struct offer offers[];
extern const size_t n_offers;
void paid_answer(struct sandbox *sandbox, const struct offer *offer,
                 const struct endpoint *endpoint, const struct request *request,
                 struct reply *reply);

/* "11221037-1535-0269-0000-f29dcb15157f"; call it with the lock held. */
#define TASK_ID_MAX 48
void sandbox_task_id(struct sandbox *sandbox, const char *function_code, char id[TASK_ID_MAX]);

/* What free pages answer with (free.c): the text of the result, and how many results it is. */
struct free_page {
    const char *method, *path;
    const char *api, *function;
    size_t per_minute;
    /* The lock is held. False: the task is refused as an invalid field. */
    bool (*put_result)(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                       size_t *ret_n_results);
};
extern const struct free_page free_pages[];
extern const size_t n_free_pages;
