#include "core/json.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

/* The character of well-formed UTF-8 at `at`, where it has at most three bytes; else 0. */
static unsigned character_at(const char *at, size_t length)
{
    const unsigned char *byte = (const unsigned char *)at;

    if (length == 1)
        return byte[0];
    if (length == 2)
        return (byte[0] & 0x1fu) << 6 | (byte[1] & 0x3fu);
    if (length == 3)
        return (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
    return 0;
}

/* Control characters, line separators and non-characters: not for a terminal, nor for YAML. */
static bool is_escaped(unsigned character, size_t length)
{
    if (length == 4)
        return false;
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
           character == 0x2029 || character == 0xfeff || character >= 0xfffe;
}

void json_append_text(struct buf *out, const char *text)
{
    size_t size = strlen(text), length;

    buf_append_char(out, '"');
    for (size_t at = 0; at < size; at += length) {
        unsigned character;

        length = text_utf8_length(text + at, size - at);
        length = length == 0 ? 1 : length;
        character = character_at(text + at, length);
        if (is_escaped(character, length))
            buf_printf(out, "\\u%04x", character);
        else if (text[at] == '"' || text[at] == '\\')
            buf_printf(out, "\\%c", text[at]);
        else
            buf_append(out, text + at, length);
    }
    buf_append_char(out, '"');
}
