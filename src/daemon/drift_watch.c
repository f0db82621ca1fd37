#include "api/endpoint.h"
#include "core/log.h"
#include "daemon/engine_private.h"

/*
 * What the API has changed, as the rows of a run show it: one line for each kind of change, at the
 * run's end. A later start of the same run knows only what has landed by then on.
 */

#define LIST_MAX 4096

void engine_watch_drift(struct engine_run *run, const struct drift *drift)
{
    if (run->drift.endpoint == NULL)
        drift_init(&run->drift, drift->endpoint);
    drift_join(&run->drift, drift);
}

static void tell(const struct engine_run *run, struct buf *list, const char *what)
{
    if (list->size > 0)
        log_event(LOG_WARNING, engine_run_fields(run), "%s: %s", what, buf_text(list));
    buf_clear(list);
}

void engine_tell_drift(const struct engine_run *run)
{
    struct buf list = BUF_WITH_CEILING(LIST_MAX);

    if (run->drift.endpoint == NULL)
        return;
    drift_list(&run->drift, DRIFT_NEW, &list);
    tell(run, &list, "the API sends fields that this version does not know, kept in column extra");
    drift_list(&run->drift, DRIFT_TYPE, &list);
    tell(run, &list, "values do not fit the type of their columns, kept in column extra");
    drift_list_gone(&run->drift, &list);
    tell(run, &list, "fields that no item had any more, so that their columns are empty");
    buf_deinit(&list);
}
