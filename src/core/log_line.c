#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/date.h"
#include "core/log_private.h"
#include "core/money.h"
#include "core/text.h"
#include "core/uuid.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, in place of what is no UTF-8 */
#define DAY_MS INT64_C(86400000)
#define TEXT_MAX 4096 /* of one value */

/* C0, DEL and C1: a terminal would take them for commands. */
static bool is_control(const char *at, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)at;

    return length == 1 ? bytes[0] < ' ' || bytes[0] == 0x7f
                       : length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0;
}

/* Each character of the text to `put`, with what is none replaced. */
static void each_character(struct buf *line, const char *text,
                           void (*put)(struct buf *line, const char *at, size_t length))
{
    size_t size = strnlen(text, TEXT_MAX);

    for (size_t at = 0, length; at < size; at += length) {
        length = text_utf8_length(text + at, size - at);
        if (length > 0) {
            put(line, text + at, length);
        } else {
            buf_append_string(line, REPLACEMENT);
            length = 1;
        }
    }
}

void log_line_time(struct buf *line, int64_t wall_ms)
{
    int64_t days = wall_ms / DAY_MS, ms = wall_ms % DAY_MS;
    char date[DATE_TEXT_MAX];

    buf_printf(line, "%sT%02d:%02d:%02d.%03dZ", date_text(days, date), (int)(ms / 3600000),
               (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_text(struct buf *line, const char *at, size_t length)
{
    if (is_control(at, length))
        buf_append_char(line, ' ');
    else
        buf_append(line, at, length);
}

static void put_part(struct buf *line, const char *text)
{
    if (text == NULL)
        return;
    each_character(line, text, put_text);
    buf_append_string(line, ": ");
}

void log_line_place(struct buf *line, const struct log_fields *fields)
{
    put_part(line, fields->target);
    if (fields->page != NULL)
        buf_printf(line, "page at %" PRId64 ": ", *fields->page);
}

void log_line_text(struct buf *line, enum log_level level, const struct log_fields *fields,
                   const char *message)
{
    if (level != LOG_INFO)
        put_part(line, log_level_words[level]);
    put_part(line, fields->job);
    log_line_place(line, fields);
    each_character(line, message, put_text);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void put_json(struct buf *line, const char *at, size_t length)
{
    if (is_control(at, length))
        buf_printf(line, "\\u%04x", (unsigned char)at[length - 1]);
    else if (*at == '"' || *at == '\\')
        buf_printf(line, "\\%c", *at);
    else
        buf_append(line, at, length);
}

static void put_string(struct buf *line, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(line, ",\"%s\":\"", name);
    each_character(line, text, put_json);
    buf_append_char(line, '"');
}

static void put_number(struct buf *line, const char *name, int64_t value)
{
    if (value != 0)
        buf_printf(line, ",\"%s\":%" PRId64, name, value);
}

/* "acme/link-gap" is the job link-gap of the project acme, as in the tables. */
static void put_job(struct buf *line, const char *title)
{
    const char *slash = title != NULL ? strchr(title, '/') : NULL;
    char project[64];

    if (slash != NULL) {
        snprintf(project, sizeof(project), "%.*s", (int)(slash - title), title);
        put_string(line, "project", project);
    }
    put_string(line, "job", slash != NULL ? slash + 1 : title);
}

static void put_money(struct buf *line, const char *name, const int64_t *nanousd)
{
    char usd[MONEY_TEXT_MAX];

    if (nanousd != NULL)
        buf_printf(line, ",\"%s\":%s", name, money_format_plain(*nanousd, usd));
}

static void put_call(struct buf *line, const struct log_fields *fields)
{
    char attempt[UUID_TEXT_MAX];

    if (fields->page != NULL)
        buf_printf(line, ",\"page\":%" PRId64, *fields->page);
    if (fields->attempt != NULL)
        put_string(line, "attempt", uuid_format(fields->attempt, attempt));
    put_number(line, "code", fields->code);
    put_number(line, "http", fields->http);
    put_string(line, "charge", fields->charge);
    put_money(line, "usd", fields->nanousd);
    put_money(line, "cap_usd", fields->cap_nanousd);
    put_number(line, "ms", fields->ms);
}

void log_line_json(struct buf *line, enum log_level level, const struct log_fields *fields,
                   const char *message, int64_t wall_ms)
{
    buf_append_string(line, "{\"ts\":\"");
    log_line_time(line, wall_ms);
    buf_printf(line, "\",\"level\":\"%s\"", log_level_words[level]);
    put_string(line, "msg", message);
    put_job(line, fields->job);
    put_number(line, "run", fields->run);
    put_number(line, "listing", fields->listing);
    put_string(line, "target", fields->target);
    put_string(line, "account", fields->account);
    put_call(line, fields);
    put_string(line, "result", fields->result);
    for (const struct log_number *number = fields->numbers; number != NULL && number->name != NULL;
         number++)
        buf_printf(line, ",\"%s\":%" PRId64, number->name, number->value);
    buf_append_char(line, '}');
}
