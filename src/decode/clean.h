/*
 * What PostgreSQL can store, made of what came.
 *
 * Its text and jsonb refuse U+0000, lone surrogates and invalid UTF-8: each becomes U+FFFD (a byte
 * that belongs to no character: one U+FFFD). Its numeric has a range: a number outside becomes a
 * JSON string of its text. Its JSON parser has a stack: a value nested deeper than
 * SCAN_DEPTH_PLAIN becomes a JSON string of its text. Everything else stays byte for byte, or as
 * the characters that its escapes mean.
 *
 * `is_changed` is set where something was replaced, and never cleared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct raw;

/* Into memory of CLEAN_SIZE bytes; they return how many they wrote, without a NUL. */
#define CLEAN_SIZE(size) (3 * (size))

/* Any bytes to text. */
size_t clean_text(const char *text, size_t size, char *into, bool *is_changed);

/* What stands between the quotes of a JSON string to the text it means. */
size_t clean_string(const char *inner, size_t size, char *into, bool *is_changed);

/* A scanned value to JSON text that jsonb takes. */
size_t clean_json(const struct raw *raw, char *into, bool *is_changed);

/* Clean text to a JSON string, quotes with it. Into memory of 2 + 6 * size bytes. */
size_t clean_quote(const char *text, size_t size, char *into);
