#include "sandbox/envelope.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/money.h"
#include "sandbox/codes.h"
#include "sandbox/print.h"

#define VERSION "0.1.20261101"
#define NANOUSD_DIGITS 9 /* zeros of a dollar */

void envelope_cost(struct buf *buf, int64_t nanousd)
{
    char text[32];
    size_t size;

    buf_printf(buf, "%s%" PRId64, nanousd < 0 ? "-" : "",
               (nanousd < 0 ? -nanousd : nanousd) / NANOUSD_PER_USD);
    snprintf(text, sizeof(text), ".%09" PRId64,
             (nanousd < 0 ? -nanousd : nanousd) % NANOUSD_PER_USD);
    for (size = strlen(text); text[size - 1] == '0'; size--)
        ;
    if (size > 1)
        buf_append(buf, text, size);
}

/* 60,000,000 nano-dollars are 6.0e-02 dollars. */
static void put_exponent(struct buf *buf, int64_t nanousd)
{
    char digits[32];
    int size = snprintf(digits, sizeof(digits), "%" PRId64, nanousd);
    int exponent = size - 1 - NANOUSD_DIGITS;

    while (size > 2 && digits[size - 1] == '0')
        size--;
    buf_printf(buf, "%c.%.*se%+03d", digits[0], size - 1, digits + 1, exponent);
}

static void put_cost(struct buf *buf, const struct envelope_task *task)
{
    buf_append_string(buf, ",\"cost\":");
    if (task->is_cost_exponent && task->cost_nanousd >= 10)
        put_exponent(buf, task->cost_nanousd);
    else
        envelope_cost(buf, task->cost_nanousd);
}

static void put_time(struct buf *buf, int64_t took_ms)
{
    buf_printf(buf, ",\"time\":\"%" PRId64 ".%03" PRId64 "0 sec.\"", took_ms / 1000,
               took_ms % 1000);
}

static void put_code(struct buf *buf, int code, const char *message)
{
    buf_printf(buf, "\"status_code\":%d,\"status_message\":", code);
    if (message == NULL)
        message = code_text(code);
    print_string(buf, message, strlen(message));
}

static void put_head(struct buf *buf, int code, const char *message,
                     const struct envelope_task *first, size_t n_tasks, size_t n_errors)
{
    buf_append_string(buf, "{\"version\":\"" VERSION "\",");
    put_code(buf, code, message);
    put_time(buf, first->took_ms);
    put_cost(buf, first);
    buf_printf(buf, ",\"tasks_count\":%zu,\"tasks_error\":%zu,\"tasks\":", n_tasks, n_errors);
}

void envelope_open(struct buf *buf, const struct envelope_task *first, size_t n_tasks,
                   size_t n_errors)
{
    put_head(buf, CODE_OK, NULL, first, n_tasks, n_errors);
    buf_append_char(buf, '[');
}

static void put_path(struct buf *buf, const char *path)
{
    const char *step = path;

    buf_append_string(buf, ",\"path\":[");
    while (*step == '/') {
        size_t size = strcspn(++step, "/");

        if (step > path + 1)
            buf_append_char(buf, ',');
        print_string(buf, step, size);
        step += size;
    }
    buf_append_char(buf, ']');
}

static void put_data(struct buf *buf, const struct envelope_task *task)
{
    const char *text;

    buf_printf(buf, ",\"data\":{\"api\":\"%s\",\"function\":\"%s\"", task->api, task->function);
    if (json_object_is_type(task->data, json_type_object) &&
        json_object_object_length(task->data) > 0) {
        text = json_object_to_json_string_ext(task->data, JSON_C_TO_STRING_PLAIN |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE);
        buf_append_char(buf, ',');
        buf_append_string(buf, text + 1); /* without its brace; the closing one is ours as well */
    } else {
        buf_append_char(buf, '}');
    }
}

void envelope_task_open(struct buf *buf, const struct envelope_task *task)
{
    if (buf->size > 0 && buf->data[buf->size - 1] == '}')
        buf_append_char(buf, ',');
    buf_printf(buf, "{\"id\":\"%s\",", task->id);
    put_code(buf, task->code, task->message);
    put_time(buf, task->took_ms);
    put_cost(buf, task);
    buf_printf(buf, ",\"result_count\":%zu", task->n_results);
    put_path(buf, task->path);
    put_data(buf, task);
    buf_append_string(buf, ",\"result\":");
}

void envelope_task_close(struct buf *buf)
{
    buf_append_char(buf, '}');
}

void envelope_close(struct buf *buf)
{
    buf_append_string(buf, "]}");
}

void envelope_refuse(struct buf *buf, int code, const char *message)
{
    const struct envelope_task none = {0};

    put_head(buf, code, message, &none, 0, 0);
    buf_append_string(buf, "null}");
}

void envelope_without_tasks(struct buf *buf, const struct envelope_task *task)
{
    put_head(buf, CODE_OK, NULL, task, 0, 0);
    buf_append_string(buf, "null}");
}
