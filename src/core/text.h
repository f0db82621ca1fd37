/* Small things about text that more than one folder needs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length in bytes of the well-formed UTF-8 character at `text`, of which `size` bytes are
 * there; 0 where there is none (surrogates and overlong forms are none).
 */
size_t text_utf8_length(const char *text, size_t size);

/* Where the first byte stands that is not part of well-formed UTF-8; `size` where all are. */
size_t text_utf8_valid(const char *text, size_t size);

/*
 * Ends `text` in front of its first byte that is no UTF-8: for what was cut to fit and may have
 * lost half of its last character. PostgreSQL refuses such a text, and with it whatever it stands
 * in.
 */
void text_end_torn(char *text);

/*
 * The name of `names` that `word` was probably meant to be, or NULL: at most two edits away, and
 * fewer than half of the word's letters.
 */
const char *text_near_miss(const char *word, const char *const *names, size_t n_names);

/* Reads a whole decimal integer with an optional sign; false where it is none or out of range. */
bool text_parse_int64(const char *text, size_t length, int64_t *ret_value);

#define TEXT_BYTES_MAX 24

/* A number of bytes for people, rounded down: "17 B", "1.5 GiB", "512 MiB". Returns `text`. */
const char *text_bytes(uint64_t bytes, char text[TEXT_BYTES_MAX]);
