/*
 * Memory. None of these returns NULL: where there is none left the process says so and aborts.
 *
 * That is a decision (src/README.md): every buffer has a ceiling, so running out is not a state the
 * program can be steered into by its input, and a death at any instant loses nothing, because that
 * is what the spool and the ledger are for.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory; free it with free(). */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for `n` elements; an overflow of n * size aborts. */
void *mem_new_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* `memory` grown or shrunk to `n` elements of `size`; what is new is not zeroed. */
void *mem_resize(void *memory, size_t n, size_t size) __attribute__((returns_nonnull));

/* A copy of a string, or of its first `length` bytes with a NUL behind them. NULL stays NULL. */
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length) __attribute__((returns_nonnull));

/* A new string, printed. */
char *mem_vprintf(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0), returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Runs `destroy(&local)` where the local's scope ends. */
#define CLEANUP(destroy) __attribute__((cleanup(destroy)))

/* For CLEANUP on a `char *`. */
void mem_free_string(char **text);
