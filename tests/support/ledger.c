#include "support/ledger.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"

#define MINUTE_MS 60000

static int64_t number(struct json_object *line, const char *key, int64_t fallback)
{
    struct json_object *value;

    if (!json_object_object_get_ex(line, key, &value) || value == NULL)
        return fallback;
    return json_object_get_int64(value);
}

static void text(struct json_object *line, const char *key, char *to, size_t size)
{
    struct json_object *value;

    to[0] = '\0';
    if (json_object_object_get_ex(line, key, &value) && value != NULL)
        snprintf(to, size, "%s", json_object_get_string(value));
}

/* A flag, or a text that is there: json-c takes both for true. */
static bool flag(struct json_object *line, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(line, key, &value) && json_object_get_boolean(value);
}

static void read_call(struct json_object *line, struct ledger_call *call)
{
    call->time_ms = number(line, "time", 0);
    text(line, "path", call->path, sizeof(call->path));
    text(line, "task_id", call->task_id, sizeof(call->task_id));
    text(line, "tag", call->tag, sizeof(call->tag));
    text(line, "target", call->target, sizeof(call->target));
    call->offset = number(line, "offset", -1);
    call->limit = number(line, "limit", -1);
    call->has_token = flag(line, "token");
    call->http = number(line, "http", 0);
    call->status_code = number(line, "status_code", 0);
    call->n_items = number(line, "items", 0);
    call->cost_nanousd = number(line, "cost_nanousd", 0);
    call->is_billed = flag(line, "billed");
    call->is_reused = flag(line, "reused");
    call->is_gone = flag(line, "gone");
    call->in_flight = number(line, "in_flight", 0);
    call->call_no = number(line, "call", 0);
    text(line, "fault", call->fault, sizeof(call->fault));
}

static void add(struct ledger *ledger, const struct ledger_call *call)
{
    ledger->calls = mem_resize(ledger->calls, ledger->n_calls + 1, sizeof(*ledger->calls));
    ledger->calls[ledger->n_calls++] = *call;
    if (call->is_billed) {
        ledger->n_billed++;
        ledger->billed_nanousd += call->cost_nanousd;
        ledger->n_items_billed += call->n_items;
    }
    if (call->in_flight > ledger->in_flight_max)
        ledger->in_flight_max = call->in_flight;
}

void ledger_add_file(struct ledger *ledger, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    if (file == NULL)
        cr_assert_fail("the sandbox's ledger %s: %s", path, strerror(errno));
    while ((length = getline(&line, &capacity, file)) > 0 && line[length - 1] == '\n') {
        struct json_object *object = json_tokener_parse(line);
        struct ledger_call call;

        if (object == NULL)
            cr_assert_fail("the sandbox's ledger has a line that is no JSON: %s", line);
        read_call(object, &call);
        json_object_put(object);
        add(ledger, &call);
    }
    free(line);
    fclose(file);
}

size_t ledger_count(const struct ledger *ledger, const char *target, int64_t offset)
{
    size_t n = 0;

    for (size_t i = 0; i < ledger->n_calls; i++) {
        const struct ledger_call *call = &ledger->calls[i];

        if (strstr(call->path, "/live") != NULL && strcmp(call->target, target) == 0 &&
            (offset < 0 || (call->offset < 0 ? 0 : call->offset) == offset))
            n++;
    }
    return n;
}

static int compare_times(const void *a, const void *b)
{
    int64_t time_a = *(const int64_t *)a, time_b = *(const int64_t *)b;

    return (time_a > time_b) - (time_a < time_b);
}

size_t ledger_minute_max(const struct ledger *ledger)
{
    int64_t *times = mem_new_array(ledger->n_calls, sizeof(*times));
    int64_t minute_ms = clock_api_ms(MINUTE_MS);
    size_t first = 0, most = 0;

    for (size_t i = 0; i < ledger->n_calls; i++)
        times[i] = ledger->calls[i].time_ms;
    qsort(times, ledger->n_calls, sizeof(*times), compare_times);
    for (size_t i = 0; i < ledger->n_calls; i++) {
        while (times[i] - times[first] >= minute_ms)
            first++;
        if (i + 1 - first > most)
            most = i + 1 - first;
    }
    free(times);
    return most;
}

void ledger_deinit(struct ledger *ledger)
{
    free(ledger->calls);
    *ledger = (struct ledger){.calls = NULL};
}
