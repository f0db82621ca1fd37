/*
 * A PostgreSQL server that a test owns and may kill, put back and start again; its data and its
 * socket stay where they are. For what happens to linkhaul's database this is a sudden stop: what
 * was committed is there again, what was under way is not.
 *
 * Whatever goes wrong here fails the test.
 */
#pragma once

struct server {
    char *folder; /* of its own; tests/run removes those of tests that were killed */
    char *url;    /* of an empty database there */
    char *data;   /* where PostgreSQL keeps it */
};

/* Makes it and starts it. `name` is the test's: no two at the same time have the same. */
void server_begin(struct server *server, const char *name);

/* SIGQUIT to the postmaster: every process of it ends at once, without a checkpoint. */
void server_kill(struct server *server);

/* After a kill. */
void server_restart(struct server *server);

/* While it is dead: a copy of its data is made, or takes the place of its data. */
void server_save(struct server *server);
void server_put_back(struct server *server);

/* Stops it and removes everything. Harmless on one that was never begun. */
void server_end(struct server *server);
