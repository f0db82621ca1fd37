#include "sandbox/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "sandbox/print.h"
#include "sandbox/random.h"

#define LINE_SIZE_MAX 65536

struct ledger {
    int fd;
};

struct ledger *ledger_open(const char *path, struct err *err)
{
    struct ledger *ledger;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    ledger = mem_new(sizeof(*ledger));
    ledger->fd = fd;
    return ledger;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    close(ledger->fd);
    free(ledger);
}

static void put_text(struct buf *buf, const char *name, const char *text)
{
    buf_printf(buf, ",\"%s\":", name);
    if (text == NULL)
        buf_append_string(buf, "null");
    else
        print_string(buf, text, strlen(text));
}

void ledger_write(struct ledger *ledger, const struct ledger_line *line)
{
    struct buf CLEANUP(buf_deinit) buf = BUF_WITH_CEILING(LINE_SIZE_MAX);

    if (ledger == NULL)
        return;
    buf_printf(&buf, "{\"time\":%" PRId64 ",\"took\":%" PRId64, line->time_ms, line->took_ms);
    put_text(&buf, "path", line->path);
    put_text(&buf, "task_id", line->task_id);
    put_text(&buf, "tag", line->tag);
    put_text(&buf, "target", line->target);
    buf_printf(&buf, ",\"offset\":%" PRId64 ",\"limit\":%" PRId64, line->offset, line->limit);
    if (line->token == NULL)
        buf_append_string(&buf, ",\"token\":null");
    else
        buf_printf(&buf, ",\"token\":\"%016" PRIx64 "\"",
                   random_hash(0, line->token, strlen(line->token)));
    buf_printf(&buf, ",\"status_code\":%d,\"http\":%d,\"items\":%" PRId64, line->status_code,
               line->http, line->n_items);
    buf_printf(
        &buf,
        ",\"cost_nanousd\":%" PRId64 ",\"billed\":%s,\"reused\":%s,\"gone\":%s,\"in_flight\":%zu",
        line->cost_nanousd, line->is_billed ? "true" : "false", line->is_reused ? "true" : "false",
        line->is_gone ? "true" : "false", line->in_flight);
    buf_printf(&buf, ",\"call\":%" PRIu64, line->call_no);
    put_text(&buf, "fault", line->fault);
    buf_append_string(&buf, "}\n");
    /* One write, so that a line is there whole or not at all. */
    if (write(ledger->fd, buf_text(&buf), buf.size) != (ssize_t)buf.size)
        log_error("the ledger cannot be written: %s", strerror(errno));
}
