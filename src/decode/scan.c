#include "decode/scan.h"

#include <stdint.h>
#include <string.h>

#include "decode/word.h"

/*
 * A value is a scalar or a container. A container is walked without recursion: a bit per open
 * bracket says whether it is an object's.
 *
 * - The text ends within something that was right so far: SCAN_CUT.
 * - Anything the grammar does not know, a bare control character in a string, more than
 *   SCAN_DEPTH_MAX open brackets: SCAN_BAD, and the place.
 */

struct cursor {
    const char *at, *end;
    bool is_plain;
};

struct stack {
    uint64_t is_object[(SCAN_DEPTH_MAX + 63) / 64]; /* a bit for each depth that is open */
    unsigned depth;
    unsigned deepest;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

const char *scan_space(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* Moves over bytes that end nothing: up to a quote, a backslash or a control character. */
static void skip_ordinary(struct cursor *cursor)
{
    uint64_t high_bits = 0, found = 0;
    const char *at = cursor->at;

    while (found == 0 && cursor->end - at >= 8) {
        uint64_t word = word_load(at);
        unsigned n = 8;

        found = word_has(word, '"') | word_has(word, '\\') | word_has_below(word, 0x20);
        if (found != 0) {
            n = (unsigned)word_first(found);
            word &= (UINT64_C(1) << (8 * n)) - 1;
        }
        high_bits |= word & WORD_HIGH_BITS;
        at += n;
    }
    while (at < cursor->end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        high_bits |= (unsigned char)*at++ & 0x80u;
    if (high_bits != 0)
        cursor->is_plain = false;
    cursor->at = at;
}

/* Stands on a backslash. */
static enum scan_result scan_escape(struct cursor *cursor)
{
    const char *at = cursor->at + 1;

    cursor->is_plain = false;
    if (at == cursor->end)
        return SCAN_CUT;
    if (*at != 'u') {
        cursor->at = at + 1;
        return *at != '\0' && strchr("\"\\/bfnrt", *at) != NULL ? SCAN_OK : SCAN_BAD;
    }
    for (unsigned i = 1; i <= 4; i++) {
        if (at + i == cursor->end)
            return SCAN_CUT;
        if (!is_hex(at[i]))
            return SCAN_BAD;
    }
    cursor->at = at + 5;
    return SCAN_OK;
}

/* Stands on the opening quote. */
static enum scan_result scan_string(struct cursor *cursor)
{
    enum scan_result result = SCAN_OK;

    cursor->at++;
    while (result == SCAN_OK) {
        skip_ordinary(cursor);
        if (cursor->at == cursor->end)
            return SCAN_CUT;
        if (*cursor->at == '"') {
            cursor->at++;
            return SCAN_OK;
        }
        result = *cursor->at == '\\' ? scan_escape(cursor) : SCAN_BAD;
    }
    return result;
}

/* At least one digit; where the text ends behind it nobody knows whether that was the last. */
static enum scan_result scan_digits(struct cursor *cursor)
{
    const char *first = cursor->at;

    while (cursor->at < cursor->end && is_digit(*cursor->at))
        cursor->at++;
    if (cursor->at == cursor->end)
        return SCAN_CUT;
    return cursor->at > first ? SCAN_OK : SCAN_BAD;
}

/* So long that its range is worth a look before PostgreSQL's numeric meets it. */
#define NUMBER_SIZE_PLAIN 1000

static enum scan_result scan_number(struct cursor *cursor)
{
    const char *first = cursor->at;
    enum scan_result result = SCAN_OK;

    cursor->at += *cursor->at == '-';
    if (cursor->at < cursor->end && *cursor->at == '0') {
        cursor->at++;
        if (cursor->at == cursor->end)
            return SCAN_CUT;
    } else {
        result = scan_digits(cursor);
    }
    if (result == SCAN_OK && *cursor->at == '.') {
        cursor->at++;
        result = scan_digits(cursor);
    }
    if (result == SCAN_OK && (*cursor->at == 'e' || *cursor->at == 'E')) {
        cursor->is_plain = false;
        cursor->at++;
        cursor->at += cursor->at < cursor->end && (*cursor->at == '+' || *cursor->at == '-');
        result = scan_digits(cursor);
    }
    if (cursor->at - first > NUMBER_SIZE_PLAIN)
        cursor->is_plain = false;
    return result;
}

static enum scan_result scan_word(struct cursor *cursor, const char *word)
{
    for (; *word != '\0'; word++, cursor->at++) {
        if (cursor->at == cursor->end)
            return SCAN_CUT;
        if (*cursor->at != *word)
            return SCAN_BAD;
    }
    return SCAN_OK;
}

static enum scan_result scan_scalar(struct cursor *cursor, enum raw_type *ret_type)
{
    switch (*cursor->at) {
    case '"':
        *ret_type = RAW_STRING;
        return scan_string(cursor);
    case 't':
        *ret_type = RAW_TRUE;
        return scan_word(cursor, "true");
    case 'f':
        *ret_type = RAW_FALSE;
        return scan_word(cursor, "false");
    case 'n':
        *ret_type = RAW_NULL;
        return scan_word(cursor, "null");
    default:
        *ret_type = RAW_NUMBER;
        return *cursor->at == '-' || is_digit(*cursor->at) ? scan_number(cursor) : SCAN_BAD;
    }
}

static bool push(struct stack *stack, bool is_object)
{
    uint64_t bit = UINT64_C(1) << (stack->depth % 64);
    uint64_t *word = &stack->is_object[stack->depth / 64];

    if (stack->depth == SCAN_DEPTH_MAX)
        return false;
    *word = is_object ? *word | bit : *word & ~bit;
    stack->depth++;
    if (stack->depth > stack->deepest)
        stack->deepest = stack->depth;
    return true;
}

static bool is_in_object(const struct stack *stack)
{
    unsigned top = stack->depth - 1;

    return (stack->is_object[top / 64] >> (top % 64) & 1) != 0;
}

/* White space, then a byte that must be there. */
static enum scan_result scan_to_byte(struct cursor *cursor)
{
    cursor->at = scan_space(cursor->at, cursor->end);
    return cursor->at == cursor->end ? SCAN_CUT : SCAN_OK;
}

/* A key and its colon; stands in front of the value then. */
static enum scan_result scan_key(struct cursor *cursor)
{
    enum scan_result result = scan_to_byte(cursor);

    if (result != SCAN_OK)
        return result;
    if (*cursor->at != '"')
        return SCAN_BAD;
    result = scan_string(cursor);
    if (result == SCAN_OK)
        result = scan_to_byte(cursor);
    if (result != SCAN_OK)
        return result;
    return *cursor->at++ == ':' ? SCAN_OK : SCAN_BAD;
}

/* Stands on a bracket. `ret_is_open` is false where the container is empty and closed already. */
static enum scan_result open_bracket(struct cursor *cursor, struct stack *stack, bool *ret_is_open)
{
    bool is_object = *cursor->at == '{';
    enum scan_result result;

    if (!push(stack, is_object))
        return SCAN_BAD;
    cursor->at++;
    result = scan_to_byte(cursor);
    if (result != SCAN_OK)
        return result;
    *ret_is_open = *cursor->at != (is_object ? '}' : ']');
    if (*ret_is_open)
        return is_object ? scan_key(cursor) : SCAN_OK;
    cursor->at++;
    stack->depth--;
    return SCAN_OK;
}

/* Behind a value: closes what ends here; stands in front of a value where something stays open. */
static enum scan_result close_brackets(struct cursor *cursor, struct stack *stack)
{
    while (stack->depth > 0) {
        bool is_object = is_in_object(stack);
        enum scan_result result = scan_to_byte(cursor);

        if (result != SCAN_OK)
            return result;
        if (*cursor->at == ',') {
            cursor->at++;
            return is_object ? scan_key(cursor) : SCAN_OK;
        }
        if (*cursor->at != (is_object ? '}' : ']'))
            return SCAN_BAD;
        cursor->at++;
        stack->depth--;
    }
    return SCAN_OK;
}

static enum scan_result scan_container(struct cursor *cursor)
{
    struct stack stack;
    enum scan_result result;
    enum raw_type type;

    stack.depth = stack.deepest = 0;
    do {
        bool is_open = false;

        result = scan_to_byte(cursor);
        if (result != SCAN_OK)
            break;
        if (*cursor->at == '{' || *cursor->at == '[')
            result = open_bracket(cursor, &stack, &is_open);
        else
            result = scan_scalar(cursor, &type);
        if (result == SCAN_OK && !is_open)
            result = close_brackets(cursor, &stack);
    } while (result == SCAN_OK && stack.depth > 0);
    if (stack.deepest > SCAN_DEPTH_PLAIN)
        cursor->is_plain = false;
    return result;
}

/* Fields are set one by one: a copy of the whole would wait for the last of them to be stored. */
enum scan_result scan_value(const char **at, const char *end, struct raw *ret_raw)
{
    struct cursor cursor = {.at = *at, .end = end, .is_plain = true};
    const char *text = *at;
    enum raw_type type;
    enum scan_result result;

    if (text == end)
        return SCAN_CUT;
    if (*text == '{' || *text == '[') {
        type = *text == '{' ? RAW_OBJECT : RAW_ARRAY;
        result = scan_container(&cursor);
    } else {
        result = scan_scalar(&cursor, &type);
    }
    *at = cursor.at;
    if (result != SCAN_OK)
        return result;
    ret_raw->text = text;
    ret_raw->size = (size_t)(cursor.at - text);
    ret_raw->type = type;
    ret_raw->is_plain = cursor.is_plain;
    return SCAN_OK;
}
