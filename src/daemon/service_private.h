/* What service.c (its life), starts.c (of jobs) and desk.c (its connection) share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "core/date.h"
#include "daemon/commons.h"
#include "daemon/engine.h"
#include "daemon/herald.h"
#include "daemon/scheduler.h"
#include "daemon/service.h"
#include "store/service.h"

/* A configuration, as long as anybody goes by it. */
struct generation {
    struct config *config;
    unsigned n_users;
};

enum start_state {
    START_WAITING, /* for the database, or for an engine to end */
    START_RUNNING, /* has an engine */
    START_OVER,    /* whose end has been told */
    START_AGAIN,   /* could not go on, and is tried again */
};

/* A start of a job, from the moment when it is due until nothing more comes of it. A job has one at
 * most. */
struct start {
    struct service *service;
    char *job;                  /* its title */
    struct scheduler_fire fire; /* what it is for */
    char night[DATE_TEXT_MAX];  /* of that */
    enum start_state state;
    bool is_asked;                   /* the scheduler waits to hear whether it has begun */
    bool has_begun;                  /* the scheduler takes it as running */
    bool is_stopped;                 /* it has lasted for too long */
    bool is_told;                    /* why it is tried again */
    bool is_by_hand;                 /* nobody but `linkhaul run` has asked for it */
    bool is_fresh;                   /* its open run is to be closed, and is not yet */
    bool is_at_work;                 /* its engine has taken its run up */
    char asked_night[DATE_TEXT_MAX]; /* of --night; "" for none */
    char reason[256];              /* why it could not go on, or did not begin, as it is recorded */
    int64_t again_ms;              /* monotonic: when; 0: once the database is back */
    int64_t begun_s;               /* since 1970: when its engine did */
    struct generation *generation; /* while it has an engine */
    const struct config_job *running; /* the job as it has it */
    struct engine *engine;
    struct err err; /* with which that ended; ERR_NONE */
    struct start *next;
};

/* A start that was not made, until the database has it. */
struct unmade {
    char *project, *job, *reason;
    int64_t at_s, night, n;
    struct unmade *next;
};

/* The last fire of a job is asked for. */
struct look_up {
    struct service *service;
    char *job;
    struct look_up *next;
};

struct wish;    /* handover.c */
struct command; /* on_night.c */
struct facts;
struct port;
struct standing;

struct service {
    uv_loop_t *loop;
    struct service_settings settings;
    struct generation *now;
    struct commons *commons;
    struct scheduler *scheduler;
    struct herald herald;
    uv_timer_t clock; /* the scheduler's wake_in */
    uv_timer_t turn;  /* starts are looked at, on a turn of their own */
    uv_timer_t pulse; /* what is told of the whole, every few seconds */
    uv_timer_t drain;
    bool is_ready;      /* and systemd knows */
    bool is_reload_due; /* asked for before */
    bool is_draining;
    bool is_closed;
    struct err err;    /* why it could not begin; ERR_NONE */
    int64_t started_s; /* since 1970, of the scheduler's clock */
    struct facts *facts;
    struct history *history;
    struct standing *standing;
    struct port *port; /* for who watches; NULL: there is none */
    char *http;        /* where it is, as the configuration said at first */

    /* starts.c */
    struct start *starts; /* in the order in which they came */

    /* desk.c */
    struct store *store; /* NULL: it is waited for */
    bool is_open;        /* the store can be used */
    bool had_place;      /* the process has held the database before */
    uv_timer_t desk_timer;
    struct err away;       /* why the database is away; ERR_NONE: it is not */
    int64_t spent_nanousd; /* today; -1: not known */
    bool is_asking_spent, is_recording;
    struct unmade *unmade;    /* the first is being recorded */
    struct look_up *look_ups; /* that wait for the database */

    /* handover.c */
    struct wish *wishes;
    uv_timer_t tell; /* whoever follows is told how far it is */
    bool is_taking, is_noting;
    bool has_adopted; /* what an earlier process had taken */

    /* on_night.c */
    struct command *command; /* NULL: none is under way */
    bool is_claiming;
    int64_t night_looked; /* the first open one when it was last asked about those before */
};

/* --- service.c --- */

/* Of the scheduler: milliseconds since 1970, faster in a rehearsal (core/clock.h). */
int64_t service_wall_ms(void *data);

void service_use(struct generation *generation);
void service_drop(struct generation *generation);

const struct config_job *service_find_job(const struct service *service, const char *title);

/* The first attempt at the database is over. */
void service_ready(struct service *service);

/* It cannot begin, or go on. */
void service_fail(struct service *service, const struct err *err);

/* Everything that there was to do before the end is done, if it is. */
void service_end_if_over(struct service *service);

/* --- starts.c --- */

/* A start that the scheduler asks for, or of a max_duration that has passed. */
void starts_ask(struct service *service, const struct scheduler_fire *fire);
void starts_stop_job(struct service *service, const char *job);

/* A run of the job that an earlier process was cut short in is gone on with: for the time that it
 * was started for, not for another that was skipped since. */
void starts_go_on(struct service *service, const char *job, int64_t night);

/* A start that somebody asks for; `night` is yyyy-mm-dd, or "" for today, `day` the same since
 * 1970. */
enum starts_answer {
    STARTS_MADE,
    STARTS_JOINED,   /* the one that the job has */
    STARTS_REFUSED,  /* it has one, which is not what is wanted */
    STARTS_DRAINING, /* the service begins nothing more */
};
enum starts_answer starts_by_hand(struct service *service, const struct config_job *job,
                                  const char *night, int64_t day, bool is_fresh);

/* The engine of the job's start, and whether it has taken its run up; NULL: there is none. */
const struct engine *starts_engine(const struct service *service, const char *job);
bool starts_is_at_work(const struct service *service, const char *job);

/* All nights before it are over (night_end.h). */
int64_t starts_first_open_night(const struct service *service);

/* They are looked at on the next turn: something has changed that may let one go on. */
void starts_wake(struct service *service);
void starts_on_turn(uv_timer_t *timer);

/* No new ones, and those that run end. */
void starts_stop(struct service *service);

/* That of the job; NULL: it has none. */
const struct start *starts_find(const struct service *service, const char *job);

size_t starts_count(const struct service *service, enum start_state state);
size_t starts_in_flight(const struct service *service);

/* --- desk.c --- */

/* A statement of the service's own connection has failed: that is made anew. */
void desk_lose(struct service *service, const struct err *err);

/* Opens the store, now and whenever it was lost. */
void desk_open(struct service *service);
void desk_on_timer(uv_timer_t *timer);

void desk_look_up(struct service *service, const char *job);
void desk_record(struct service *service, const char *title, const struct scheduler_fire *fire,
                 const char *reason);

/* Asks for what is told of the whole; finds out that the database is lost. */
void desk_pulse(struct service *service);

/* The same, and for what is otherwise asked more rarely: a run has ended. */
void desk_look_again(struct service *service);

void desk_close(struct service *service);
void desk_destroy(struct service *service);
