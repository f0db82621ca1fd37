/*
 * The answer to a paid call: a refusal of the whole request, or an envelope with its task, whose
 * page has been found before.
 */
#include "sandbox/paid_private.h"

#include <json-c/json.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "sandbox/envelope.h"
#include "sandbox/fault.h"
#include "sandbox/sample.h"

/* The vendor's own example: asked for in its way, answered with its bytes. */
static bool put_sample(struct paid *paid, struct buf *buf)
{
    const struct sample *sample = sample_of(&paid->query, &paid->sandbox->options->odds);

    if (sample == NULL || paid->fault != NULL)
        return false;
    paid->n_items = sample->n_items;
    paid->cost_nanousd = sample->cost_nanousd;
    memcpy(paid->id, sample->task_id, strlen(sample->task_id) + 1);
    return buf_append(buf, sample->body, *sample->body_size);
}

static struct envelope_task head(const struct paid *paid, size_t n_results)
{
    int64_t took_ms = clock_mono_ms() - paid->request->begin_ms;
    int64_t planned_ms = paid->end_ms - paid->request->begin_ms;

    return (struct envelope_task){
        .id = paid->id,
        .code = paid->refusal.code == 0 ? CODE_OK : paid->refusal.code,
        .message = paid->refusal.code == 0 ? NULL : paid->refusal.text,
        .took_ms = took_ms > planned_ms ? took_ms : planned_ms,
        .cost_nanousd = paid->cost_nanousd,
        .is_cost_exponent = paid->fault != NULL && paid->fault->way == FAULT_EXPONENT,
        .n_results = n_results,
        .path = paid->endpoint->url_path,
        .api = "backlinks",
        .function = paid->endpoint->name,
        .data = paid->task,
    };
}

/* Only one task is executed; the others learn why they are not. */
static void put_other_tasks(struct paid *paid, struct buf *buf)
{
    struct envelope_task task = head(paid, 0);

    task.code = CODE_ONE_TASK;
    task.message = NULL;
    task.cost_nanousd = 0;
    for (size_t i = 1; i < paid->n_tasks; i++) {
        char id[TASK_ID_MAX];

        pthread_mutex_lock(&paid->sandbox->lock);
        sandbox_task_id(paid->sandbox, paid->offer->function_code, id);
        pthread_mutex_unlock(&paid->sandbox->lock);
        task.id = id;
        task.data = json_object_array_get_idx(paid->body, i);
        envelope_task_open(buf, &task);
        buf_append_string(buf, "null");
        envelope_task_close(buf);
    }
}

static void put_tasks(struct paid *paid, bool has_result, struct buf *buf)
{
    struct envelope_task task = head(paid, has_result);
    size_t n_errors = paid->refusal.code == 0 ? paid->n_tasks - 1 : paid->n_tasks;

    envelope_open(buf, &task, paid->n_tasks, n_errors);
    envelope_task_open(buf, &task);
    if (has_result)
        page_append(paid, buf);
    else
        buf_append_string(buf, "null");
    envelope_task_close(buf);
    put_other_tasks(paid, buf);
    envelope_close(buf);
}

void paid_put_answer(struct paid *paid, struct buf *buf)
{
    bool is_good = paid->refusal.code == 0;
    struct envelope_task task;

    if (!paid->is_task) {
        envelope_refuse(buf, paid->refusal.code, paid->refusal.text);
    } else if (is_good && put_sample(paid, buf)) {
        return;
    } else if (is_good && paid->fault != NULL && paid->fault->way == FAULT_TASKS_NULL) {
        task = head(paid, 0);
        envelope_without_tasks(buf, &task);
    } else {
        put_tasks(paid, is_good && (paid->fault == NULL || paid->fault->way != FAULT_RESULT_NULL),
                  buf);
    }
}
