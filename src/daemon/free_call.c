#include "daemon/free_call.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "decode/body.h"
#include "decode/page.h"
#include "http/http.h"

#define BODY_MAX (16 * 1024 * 1024)

struct free_call {
    struct http_request request;
    char *body;
    struct buf answer; /* as it came */
    free_call_done_fn *done;
    void *data;
};

static bool read_body(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                      struct err *err)
{
    const struct buf *body = data;
    size_t left = body->size - (size_t)position;

    (void)err;
    *ret_size = left < size ? left : size;
    if (*ret_size > 0)
        memcpy(into, body->data + position, *ret_size);
    return true;
}

static bool inflate_body(struct buf *raw, struct buf *text, struct err *err)
{
    struct page_source source = {.read = read_body, .data = raw};
    struct body *body = mem_new(sizeof(*body));
    size_t n = 1;
    bool is_fine = true;

    body_open(body, &source);
    while (is_fine && n > 0) {
        char *room = buf_reserve(text, BODY_INPUT_SIZE);

        if (room == NULL)
            is_fine = err_set(err, ERR_DATA, "the answer is too long");
        else if ((is_fine = body_read(body, room, BODY_INPUT_SIZE, &n, err)))
            text->size += n;
    }
    body_close(body);
    free(body);
    return is_fine;
}

static enum http_taken on_body(struct http_request *request, const void *data, size_t size)
{
    struct free_call *call = request->data;

    buf_append(&call->answer, data, size);
    return HTTP_TAKEN;
}

static void on_done(struct http_request *request, const struct http_answer *answer, bool was_sent,
                    const struct err *http_err)
{
    struct free_call *call = request->data;
    struct buf text = BUF_WITH_CEILING(BODY_MAX);
    struct err err;
    bool is_fine = http_err == NULL && inflate_body(&call->answer, &text, &err);

    (void)was_sent;
    if (http_err != NULL)
        err = *http_err;
    call->done(call->data, is_fine ? buf_text(&text) : NULL, text.size, (int)answer->status,
               is_fine ? NULL : &err);
    buf_deinit(&text);
    buf_deinit(&call->answer);
    free(call->body);
    free(call);
}

struct http_request *free_call_send(struct http *http, const char *path, const char *body,
                                    free_call_done_fn *done, void *data)
{
    struct free_call *call = mem_new(sizeof(*call));

    call->done = done;
    call->data = data;
    call->body = mem_strdup(body);
    buf_init(&call->answer, BODY_MAX);
    call->request = (struct http_request){.path = path,
                                          .body = call->body,
                                          .body_size = body != NULL ? strlen(body) : 0,
                                          .on_body = on_body,
                                          .done = on_done,
                                          .data = call};
    http_send(http, &call->request);
    return &call->request;
}
