/*
 * The schema and its upgrades: sql/migrations/NNNN_name.sql, built into the binary, applied in
 * order, each in a transaction of its own, recorded in linkhaul.migration with a checksum.
 *
 * Blocking, with a connection of its own: it runs before anything else does.
 */
#pragma once

#include <stdbool.h>

#include "core/err.h"

/* Called for each migration that is (or with is_dry_run: would be) applied. */
typedef void migrate_each_fn(void *data, int number, const char *name, const char *sql);

/*
 * Brings the schema to the binary's version. Waits for another migration that is under way, and for
 * readers, ten minutes at most and without making others wait for longer than a moment. Refuses
 * a schema newer than the binary (ERR_CONFIG), and a migration whose recorded checksum differs.
 */
bool migrate_run(const char *url, bool is_dry_run, migrate_each_fn *each, void *data,
                 struct err *err);

/*
 * Lets the role read the views for analysts, those of later versions too, and nothing else. Sets
 * *ret_is_there to whether there is such a role: only an administrator can make one.
 */
bool migrate_grant_reader(const char *url, const char *role, bool *ret_is_there, struct err *err);

/* The number of the newest migration in the binary. */
int migrate_version(void);
