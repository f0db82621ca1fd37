/*
 * A sandbox in the test's own process, asked through the function that also answers HTTP. A global
 * is fine here: Criterion runs each test in a process of its own.
 */
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "sandbox/options.h"
#include "sandbox/sandbox.h"
#include "sandbox/sandbox_private.h"

#define LIVE "/v3/backlinks/backlinks/live"
#define AUTHORIZATION "Basic c2FuZGJveDpzYW5kYm94" /* sandbox:sandbox */

static struct options options;
static struct sandbox *sandbox;

/* Arguments as on the command line, NULL-terminated. */
static inline void start_with(const char *const *arguments)
{
    struct err err = {0};
    int n = 0;

    while (arguments[n] != NULL)
        n++;
    options_init(&options);
    cr_assert(options_parse(&options, n, arguments, &err), "%s", err.text);
    sandbox = sandbox_start(&options, &err);
    cr_assert(sandbox != NULL, "%s", err.text);
}

#define START(...) start_with((const char *const[]){__VA_ARGS__, NULL})

static inline void stop(void)
{
    sandbox_stop(sandbox);
    sandbox = NULL;
}

/* The reply as it would be sent; buf_deinit() its body. */
static inline struct reply ask_raw(const char *method, const char *path, const char *authorization,
                                   const char *body)
{
    struct request request = {.method = method,
                              .path = path,
                              .authorization = authorization,
                              .body = BUF_WITH_CEILING(1 << 20),
                              .begin_ms = clock_mono_ms()};
    struct reply reply = {.body = BUF_WITH_CEILING(REPLY_SIZE_MAX)};

    buf_append_string(&request.body, body);
    sandbox_answer(sandbox, &request, &reply);
    buf_deinit(&request.body);
    return reply;
}

/* The envelope of an answer; json_object_put() it. */
static inline struct json_object *ask(const char *method, const char *path, const char *body)
{
    struct reply reply = ask_raw(method, path, AUTHORIZATION, body);
    struct json_object *json = json_tokener_parse(buf_text(&reply.body));

    cr_assert(json != NULL, "no JSON: %.200s", buf_text(&reply.body));
    buf_deinit(&reply.body);
    return json;
}

static inline struct json_object *live(const char *body)
{
    return ask("POST", LIVE, body);
}

/* The answer of "domain_intersection" or another one. */
static inline struct json_object *ask_of(const char *endpoint, const char *body)
{
    char *path = mem_printf("/v3/backlinks/%s/live", endpoint);
    struct json_object *json = ask("POST", path, body);

    free(path);
    return json;
}

/* The value at a path such as "tasks.0.result.0.items"; NULL where there is none. */
static inline struct json_object *at(struct json_object *json, const char *path)
{
    while (json != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        char step[64];

        snprintf(step, sizeof(step), "%.*s", (int)size, path);
        if (json_object_is_type(json, json_type_array))
            json = json_object_array_get_idx(json, strtoul(step, NULL, 10));
        else if (!json_object_object_get_ex(json, step, &json))
            json = NULL;
        path += path[size] == '.' ? size + 1 : size;
    }
    return json;
}

static inline int64_t int_at(struct json_object *json, const char *path)
{
    return json_object_get_int64(at(json, path));
}

static inline const char *text_at(struct json_object *json, const char *path)
{
    const char *text = json_object_get_string(at(json, path));

    return text == NULL ? "" : text;
}

#define ITEMS "tasks.0.result.0.items"
#define TOKEN "tasks.0.result.0.search_after_token"
#define TASK_CODE "tasks.0.status_code"

/* The task's code of a call, and its message in `ret_message` where that is not NULL. */
static inline int code_of(const char *body, char *ret_message, size_t size)
{
    struct json_object *json = live(body);
    int code = (int)int_at(json, at(json, "tasks") == NULL ? "status_code" : TASK_CODE);

    if (ret_message != NULL)
        snprintf(
            ret_message, size, "%s",
            text_at(json, at(json, "tasks") == NULL ? "status_message" : "tasks.0.status_message"));
    json_object_put(json);
    return code;
}

/* How many calls id_list has; ten times a minute. */
static inline int64_t n_listed(void)
{
    struct json_object *json = ask("POST", "/v3/backlinks/id_list",
                                   "[{\"datetime_from\":\"2020-01-01\","
                                   "\"datetime_to\":\"2099-01-01\"}]");
    int64_t n = int_at(json, "tasks.0.result_count");

    cr_assert(eq(i64, int_at(json, TASK_CODE), 20000));
    json_object_put(json);
    return n;
}

/* What all calls have cost so far, while others may be under way. */
static inline int64_t spent(void)
{
    int64_t nanousd;

    pthread_mutex_lock(&sandbox->lock);
    nanousd = sandbox->account.spent_nanousd;
    pthread_mutex_unlock(&sandbox->lock);
    return nanousd;
}
