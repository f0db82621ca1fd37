/*
 * The service: jobs by their schedules, for months.
 *
 * It joins the scheduler to engines, one for each start of a job, which work side by side
 * (commons.h), and holds the process's place at the database on a connection of its own. A database
 * that is away is waited for, at first and later; nothing starts meanwhile.
 */
#pragma once

#include <stdbool.h>

#include "core/err.h"

struct config;
struct config_kept;
struct service;
struct uv_loop_s;

struct service_settings {
    const char *file;         /* the main file; read again at each reload */
    struct config *config;    /* of it, without mistakes in the main file; becomes the service's */
    struct config_kept *kept; /* what config_reload() goes by; the caller's */
    /* Everything is closed; `err` is NULL unless the service could not begin. */
    void (*done)(void *data, const struct err *err);
    /* Its end takes longer than `drain`: the process is to be ended as it is, which loses nothing.
     */
    void (*overdue)(void *data);
    void *data;
};

struct service *service_new(struct uv_loop_s *loop, const struct service_settings *settings);

/* Reads the configuration again. What is wrong is told, and stays as it was. */
void service_reload(struct service *service);

/* No new calls; what is paid for lands. Then `done`. */
void service_stop(struct service *service);

/* After `done`, and the end of the loop. */
void service_destroy(struct service *service);
