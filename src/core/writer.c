#include "core/writer.h"

#include <inttypes.h>

#include "core/json.h"
#include "core/money.h"

#define TEXT_MAX (256 * 1024 * 1024)

void writer_init(struct writer *writer)
{
    buf_init(&writer->text, TEXT_MAX);
    writer->is_first = true;
}

void writer_deinit(struct writer *writer)
{
    buf_deinit(&writer->text);
}

/* What stands in front of a value. */
static void begin_value(struct writer *writer, const char *name)
{
    if (!writer->is_first)
        buf_append_char(&writer->text, ',');
    writer->is_first = false;
    if (name == NULL)
        return;
    json_append_text(&writer->text, name);
    buf_append_char(&writer->text, ':');
}

void writer_begin(struct writer *writer, const char *name, char bracket)
{
    begin_value(writer, name);
    buf_append_char(&writer->text, bracket);
    writer->is_first = true;
}

void writer_end(struct writer *writer, char bracket)
{
    buf_append_char(&writer->text, bracket);
    writer->is_first = false;
}

void writer_text(struct writer *writer, const char *name, const char *value)
{
    begin_value(writer, name);
    json_append_text(&writer->text, value);
}

void writer_text_or_null(struct writer *writer, const char *name, const char *value)
{
    if (value[0] == '\0')
        writer_null(writer, name);
    else
        writer_text(writer, name, value);
}

void writer_int(struct writer *writer, const char *name, int64_t value)
{
    begin_value(writer, name);
    buf_printf(&writer->text, "%" PRId64, value);
}

void writer_int_or_null(struct writer *writer, const char *name, int64_t value)
{
    if (value < 0)
        writer_null(writer, name);
    else
        writer_int(writer, name, value);
}

void writer_decimal(struct writer *writer, const char *name, int64_t value, int n_digits)
{
    int64_t one = 1;

    for (int i = 0; i < n_digits; i++)
        one *= 10;
    begin_value(writer, name);
    buf_printf(&writer->text, "%" PRId64 ".%0*" PRId64, value / one, n_digits, value % one);
}

void writer_bool(struct writer *writer, const char *name, bool value)
{
    begin_value(writer, name);
    buf_append_string(&writer->text, value ? "true" : "false");
}

void writer_null(struct writer *writer, const char *name)
{
    begin_value(writer, name);
    buf_append_string(&writer->text, "null");
}

void writer_dollars(struct writer *writer, const char *name, int64_t nanousd)
{
    char text[MONEY_TEXT_MAX];

    begin_value(writer, name);
    buf_printf(&writer->text, "\"%s\"", money_format_plain(nanousd, text));
}

void writer_print(const struct writer *writer, FILE *out)
{
    fputs(buf_text(&writer->text), out);
    fputc('\n', out);
}
