#include "decode/lex.h"

#include "decode/word.h"

/*
 * Two loops in turn: outside strings, from one bracket, comma or quote to the next; inside one, to
 * the quote that ends it. Any byte may come; nothing here can fail.
 */

enum { OTHER, QUOTE, OPEN, CLOSE, COMMA };

static const unsigned char kinds[256] = {
    ['"'] = QUOTE, ['['] = OPEN, ['{'] = OPEN, [']'] = CLOSE, ['}'] = CLOSE, [','] = COMMA,
};

/* Behind the quote that ends the string, or `end`. */
static const char *skip_string(struct lex *lex, const char *at, const char *end)
{
    if (lex->is_escaped && at < end) {
        lex->is_escaped = false;
        at++;
    }
    for (;;) {
        while (end - at >= 8) {
            uint64_t word = word_load(at);
            uint64_t found = word_has(word, '"') | word_has(word, '\\');

            if (found != 0) {
                at += word_first(found);
                break;
            }
            at += 8;
        }
        while (at < end && *at != '"' && *at != '\\')
            at++;
        if (at == end)
            return end;
        if (*at++ == '"') {
            lex->is_in_string = false;
            return at;
        }
        lex->is_escaped = at == end;
        if (at < end)
            at++;
    }
}

size_t lex_to_separator(struct lex *lex, const char *text, size_t size)
{
    const char *at = text, *end = text + size;

    while (at < end) {
        if (lex->is_in_string) {
            at = skip_string(lex, at, end);
            continue;
        }
        switch (kinds[(unsigned char)*at]) {
        case QUOTE:
            lex->is_in_string = true;
            break;
        case OPEN:
            lex->depth++;
            break;
        case CLOSE:
            if (lex->depth == 0)
                return (size_t)(at - text);
            lex->depth--;
            break;
        case COMMA:
            if (lex->depth == 0)
                return (size_t)(at - text);
            break;
        default:
            break;
        }
        at++;
    }
    return size;
}
