#include "cli/asking.h"

#include "store/store.h"

bool asking_open(struct asking *asking, const char *database_url)
{
    *asking = (struct asking){.store = NULL};
    uv_loop_init(&asking->loop);
    asking->store =
        store_open(&asking->loop, database_url, /* is_holder= */ false, asking_answered, asking);
    return asking_wait(asking);
}

void asking_answered(void *data, const struct err *err)
{
    struct asking *asking = data;

    asking->is_answered = true;
    asking->err = err == NULL ? (struct err){.kind = ERR_NONE} : *err;
}

bool asking_wait(struct asking *asking)
{
    while (!asking->is_answered)
        uv_run(&asking->loop, UV_RUN_ONCE);
    asking->is_answered = false;
    return asking->err.kind == ERR_NONE;
}

void asking_close(struct asking *asking)
{
    store_close(asking->store);
    uv_run(&asking->loop, UV_RUN_DEFAULT);
    uv_loop_close(&asking->loop);
}
