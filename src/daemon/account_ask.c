#include "daemon/account_ask.h"

#include <stdlib.h>
#include <string.h>

#include "api/verdict.h"
#include "core/buf.h"
#include "core/mem.h"
#include "decode/body.h"
#include "decode/page.h"
#include "http/http.h"

#define BODY_MAX (4 * 1024 * 1024)

struct asking {
    struct http_request request;
    const struct endpoint *endpoint;
    struct buf body; /* as it came */
    account_asked_fn *asked;
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
            is_fine = err_set(err, ERR_DATA, "the account's answer is too long");
        else if ((is_fine = body_read(body, room, BODY_INPUT_SIZE, &n, err)))
            text->size += n;
    }
    body_close(body);
    free(body);
    return is_fine;
}

static bool judge(const struct account *account, int http_status, struct err *err)
{
    struct verdict_facts facts = {.http_status = http_status,
                                  .has_envelope = true,
                                  .status_code = account->status_code,
                                  .task_status_code = account->status_code,
                                  .message = account->message};
    struct verdict verdict = verdict_of(&facts);
    enum err_kind kind = verdict.stop == VERDICT_STOP_LOGIN   ? ERR_LOGIN
                         : verdict.stop == VERDICT_STOP_LATER ? ERR_BUSY
                                                              : ERR_API;

    if (verdict.class == VERDICT_OK)
        return true;
    return err_set(err, kind, "%d %s: %s%s%s", account->status_code, account->message,
                   verdict.meaning, verdict.remedy != NULL ? "; " : "",
                   verdict.remedy != NULL ? verdict.remedy : "");
}

static enum http_taken on_body(struct http_request *request, const void *data, size_t size)
{
    struct asking *asking = request->data;

    buf_append(&asking->body, data, size);
    return HTTP_TAKEN;
}

static void on_done(struct http_request *request, const struct http_answer *answer, bool was_sent,
                    const struct err *http_err)
{
    struct asking *asking = request->data;
    struct buf text = BUF_WITH_CEILING(BODY_MAX);
    struct account account;
    struct err err;
    bool is_fine;

    (void)was_sent;
    if (http_err != NULL)
        err = *http_err;
    is_fine = http_err == NULL && inflate_body(&asking->body, &text, &err) &&
              account_parse(buf_text(&text), text.size, asking->endpoint, &account, &err) &&
              judge(&account, (int)answer->status, &err);
    if (!is_fine && http_err == NULL && err.kind == ERR_DATA)
        err_wrap(&err, "HTTP %u", answer->status);
    asking->asked(asking->data, is_fine ? &account : NULL, is_fine ? NULL : &err);
    buf_deinit(&text);
    buf_deinit(&asking->body);
    free(asking);
}

struct http_request *account_ask(struct http *http, const struct endpoint *endpoint,
                                 account_asked_fn *asked, void *data)
{
    struct asking *asking = mem_new(sizeof(*asking));

    asking->endpoint = endpoint;
    asking->asked = asked;
    asking->data = data;
    buf_init(&asking->body, BODY_MAX);
    asking->request = (struct http_request){
        .path = ACCOUNT_PATH, .on_body = on_body, .done = on_done, .data = asking};
    http_send(http, &asking->request);
    return &asking->request;
}
