#include "daemon/account_ask.h"

#include <stdlib.h>

#include "api/endpoint.h"
#include "api/verdict.h"
#include "core/mem.h"
#include "daemon/free_call.h"

struct asking {
    account_asked_fn *asked;
    void *data;
};

static bool judge(const struct account *account, int http_status, struct err *err)
{
    struct verdict_facts facts = {.http_status = http_status,
                                  .has_envelope = true,
                                  .has_result = true,
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

static void on_answer(void *data, const char *text, size_t size, int http_status,
                      const struct err *call_err)
{
    struct asking *asking = data;
    struct account *accounts = mem_new_array(endpoint_count(), sizeof(*accounts));
    struct err err;
    bool is_fine = call_err == NULL;

    for (size_t i = 0; is_fine && endpoints[i] != NULL; i++)
        is_fine = account_parse(text, size, endpoints[i], &accounts[i], &err);
    is_fine = is_fine && judge(&accounts[0], http_status, &err);

    if (call_err != NULL)
        err = *call_err;
    if (!is_fine && err.kind == ERR_DATA)
        err_wrap(&err, "HTTP %d", http_status);
    asking->asked(asking->data, is_fine ? accounts : NULL, is_fine ? NULL : &err);
    free(accounts);
    free(asking);
}

struct http_request *account_ask(struct http *http, account_asked_fn *asked, void *data)
{
    struct asking *asking = mem_new(sizeof(*asking));

    *asking = (struct asking){asked, data};
    return free_call_send(http, ACCOUNT_PATH, /* body= */ NULL, on_answer, asking);
}
