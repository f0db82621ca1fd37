#include "store/migrate.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "store/sql.h"
#include "store/store_private.h"

/*
 * Migrations: take the lock, look which were applied, apply the others, each in its transaction.
 *
 * It blocks its caller, but the connection is the one that everything else uses, on a loop that
 * lives for one call: so its settings and its errors are the same.
 *
 * - Another migration is under way: waits for it, and finds its work done.
 * - A migration fails: it leaves nothing; those before it stay.
 * - A newer schema, or an applied migration that reads otherwise: ERR_CONFIG, nothing is done.
 */

/* Somebody who reads what a migration changes makes it wait, and whoever comes later would wait
 * behind it. So it waits in glances, and is begun anew in between: for that long at most. */
#define READERS_NS UINT64_C(600000000000)
#define READER_MS 300

#define LOCK_KEY INT64_C(0x6c686d6967726174) /* "lhmigrat" */

struct migration_session {
    uv_loop_t loop;
    struct db *db;
    bool is_answered;
    struct err err; /* of the last question */
    bool has_row;
    bool is_true;  /* its first column, where that is a boolean */
    int64_t value; /* ... where it is a number */
};

int migrate_version(void)
{
    int version = 0;

    while (sql_migrations[version].number != 0)
        version++;
    return version;
}

static void on_answer(void *data, const struct db_result *result, const struct err *err)
{
    struct migration_session *session = data;

    session->is_answered = true;
    uv_stop(&session->loop);
    session->err = err == NULL ? (struct err){.kind = ERR_NONE} : *err;
    session->has_row = result != NULL && db_n_rows(result) > 0;
    if (!session->has_row || db_is_null(result, 0, 0))
        return;
    session->is_true = db_bool(result, 0, 0);
    session->value = strtoll(db_text(result, 0, 0), NULL, 10);
}

static bool wait_for_answer(struct migration_session *session, struct err *err)
{
    session->is_answered = false;
    while (!session->is_answered)
        uv_run(&session->loop, UV_RUN_DEFAULT);
    if (session->err.kind != ERR_NONE)
        *err = session->err;
    return session->err.kind == ERR_NONE;
}

static bool ask(struct migration_session *session, const char *sql, const struct params *params,
                struct err *err)
{
    db_query(session->db, sql, params == NULL ? 0 : params->n,
             params == NULL ? NULL : params->values, on_answer, session);
    return wait_for_answer(session, err);
}

static bool say(struct migration_session *session, const char *sql, struct err *err)
{
    db_script(session->db, sql, on_answer, session);
    return wait_for_answer(session, err);
}

static bool take_lock(struct migration_session *session, struct err *err)
{
    struct params params = {0};

    params_int(&params, LOCK_KEY);
    return ask(session, sql_take_lock, &params, err);
}

static bool read_version(struct migration_session *session, int64_t *ret_version, struct err *err)
{
    if (!ask(session, sql_schema_exists, NULL, err))
        return false;
    if (!session->is_true) {
        *ret_version = 0;
        return true;
    }
    if (!ask(session, sql_schema_version, NULL, err))
        return false;
    *ret_version = session->value;
    return true;
}

static bool check_applied(struct migration_session *session, const struct sql_migration *migration,
                          struct err *err)
{
    struct params params = {0};

    params_int(&params, migration->number);
    params_text(&params, migration->sql);
    if (!ask(session, sql_migration_state, &params, err))
        return false;
    if (!session->has_row)
        return err_set(err, ERR_CONFIG,
                       "migration %s was left out of this schema, and later ones were not: it was "
                       "not made by linkhaul; let `database.url` name another database",
                       migration->name);
    if (!session->is_true)
        return err_set(err, ERR_CONFIG,
                       "migration %s was applied to this schema in another wording: use the "
                       "linkhaul that made it, or a newer one",
                       migration->name);
    return true;
}

static bool apply_once(struct migration_session *session, const struct sql_migration *migration,
                       struct err *err)
{
    struct params params = {0};

    params_int(&params, migration->number);
    params_text(&params, migration->name);
    params_text(&params, migration->sql);
    return say(session, "BEGIN", err) && say(session, "SET LOCAL lock_timeout = '200ms'", err) &&
           say(session, migration->sql, err) && ask(session, sql_record_migration, &params, err) &&
           say(session, "COMMIT", err);
}

static bool apply(struct migration_session *session, const struct sql_migration *migration,
                  struct err *err)
{
    uint64_t end_ns = uv_hrtime() + READERS_NS;

    while (!apply_once(session, migration, err)) {
        struct err ignored;

        if (strcmp(db_last_sqlstate(session->db), "55P03") != 0 || uv_hrtime() > end_ns ||
            !say(session, "ROLLBACK", &ignored))
            return err_wrap(err, "migration %s", migration->name);
        uv_sleep(READER_MS);
    }
    return true;
}

static bool migrate(struct migration_session *session, bool is_dry_run, migrate_each_fn *each,
                    void *data, struct err *err)
{
    int64_t version;

    if (!is_dry_run && !take_lock(session, err))
        return false;
    if (!read_version(session, &version, err))
        return false;
    if (version > migrate_version())
        return err_set(err, ERR_CONFIG,
                       "the database's schema is at migration %d, this linkhaul (" LINKHAUL_VERSION
                       ") knows %d: install a newer linkhaul",
                       (int)version, migrate_version());

    for (const struct sql_migration *at = sql_migrations; at->number != 0; at++) {
        if (at->number <= version) {
            if (!check_applied(session, at, err))
                return false;
            continue;
        }
        if (!is_dry_run && !apply(session, at, err))
            return false;
        if (each != NULL)
            each(data, at->number, at->name, at->sql);
    }
    return true;
}

static void begin_session(struct migration_session *session, const char *url)
{
    uv_loop_init(&session->loop);
    session->db = db_connect(&session->loop, url, "linkhaul migrate", on_answer, session);
}

static void end_session(struct migration_session *session)
{
    db_close(session->db);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
}

bool migrate_run(const char *url, bool is_dry_run, migrate_each_fn *each, void *data,
                 struct err *err)
{
    struct migration_session session = {0};
    bool is_done;

    begin_session(&session, url);
    is_done = wait_for_answer(&session, err) && migrate(&session, is_dry_run, each, data, err);
    end_session(&session);
    return is_done;
}

bool migrate_grant_reader(const char *url, const char *role, bool *ret_is_there, struct err *err)
{
    struct migration_session session = {0};
    struct params params = {0};
    bool is_done;

    params_text(&params, role);
    begin_session(&session, url);
    is_done = wait_for_answer(&session, err) && take_lock(&session, err) &&
              ask(&session, sql_grant_reader, &params, err);
    *ret_is_there = is_done && session.is_true;
    end_session(&session);
    return is_done;
}
