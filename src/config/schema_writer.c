#include "config/schema_writer.h"

#include <inttypes.h>

#include "config/json.h"
#include "core/buf.h"

void begin_member(struct writer *writer, const char *name)
{
    if (!writer->is_first)
        buf_append_char(writer->out, ',');
    if (writer->depth > 0)
        buf_printf(writer->out, "\n%*s", 2 * writer->depth, "");
    writer->is_first = false;
    if (name != NULL) {
        json_append_text(writer->out, name);
        buf_append_string(writer->out, ": ");
    }
}

void open_in(struct writer *writer, const char *name, char bracket)
{
    begin_member(writer, name);
    buf_append_char(writer->out, bracket);
    writer->depth++;
    writer->is_first = true;
}

void close_with(struct writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->is_first)
        buf_printf(writer->out, "\n%*s", 2 * writer->depth, "");
    buf_append_char(writer->out, bracket);
    writer->is_first = false;
}

void put_text(struct writer *writer, const char *name, const char *text)
{
    begin_member(writer, name);
    json_append_text(writer->out, text);
}

void put_int(struct writer *writer, const char *name, int64_t number)
{
    begin_member(writer, name);
    buf_printf(writer->out, "%" PRId64, number);
}

void put_false(struct writer *writer, const char *name)
{
    begin_member(writer, name);
    buf_append_string(writer->out, "false");
}

void put_words(struct writer *writer, const char *name, const char *const *words)
{
    open_in(writer, name, '[');
    for (; *words != NULL; words++)
        put_text(writer, NULL, *words);
    close_with(writer, ']');
}

void put_variable(struct writer *writer)
{
    open_in(writer, NULL, '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "\\$\\{");
    close_with(writer, '}');
}

void put_int_or_variable(struct writer *writer, int64_t min, int64_t max)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_text(writer, "type", "integer");
    put_int(writer, "minimum", min);
    put_int(writer, "maximum", max);
    close_with(writer, '}');
    put_variable(writer);
    close_with(writer, ']');
}

void put_strings(struct writer *writer, int64_t min, int64_t max)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", min);
    put_int(writer, "maxItems", max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "string");
    close_with(writer, '}');
}
