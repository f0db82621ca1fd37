/* What made-up pages are written with. All lists are constant. */
#pragma once

#include <stddef.h>

struct words {
    const char *language; /* ISO 639-1 */
    const char *const *words;
    size_t n;
};

/* Slugs and host names: lower-case ASCII. */
extern const struct words words_slug;

/* Running text, one entry per language; the first is the most usual. */
extern const struct words words_text[];
extern const size_t n_words_text;

/* What crawlers take for text: pieces of style sheets and scripts, quotes, control characters. */
extern const char *const words_fragments[];
extern const size_t n_words_fragments;
