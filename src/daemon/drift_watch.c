#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "daemon/engine_private.h"

/* Warns of what has changed at the API, once for each field and run of this process. */

static void warn(void *data, const struct drift_note *note)
{
    const struct engine_run *run = data;

    if (note->kind == DRIFT_NEW)
        log_warning(
            "%s: the API sends a field that this version does not know: %s, such as %s; it "
            "is kept in the column extra",
            run->job->title, note->name, note->sample);
    else
        log_warning(
            "%s: the API sends %s as another type than its column has: %s; it is kept in "
            "the column extra",
            run->job->title, note->name, note->sample);
}

void engine_watch_drift(struct engine_run *run, const struct drift *drift)
{
    if (run->drift.endpoint == NULL)
        drift_init(&run->drift, drift->endpoint);
    drift_join(&run->drift, drift, warn, run);
}

void engine_tell_gone(struct engine_run *run)
{
    const char *path;

    for (size_t i = 0; run->drift.endpoint != NULL && (path = drift_gone(&run->drift, i)) != NULL;
         i++)
        log_warning(
            "%s: none of the items had the field %s, so its column is empty: the API no "
            "longer sends it, or calls it something else",
            run->job->title, path);
}
