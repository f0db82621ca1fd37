/* Pieces of HTML, each put behind what is in the buffer. Whatever comes from outside is escaped. */
#pragma once

#include <stdint.h>

#include "core/buf.h"

/* `text` as HTML shows it, in an element or a quoted attribute. */
void html_text(struct buf *out, const char *text);

/* "12,345"; "–" below 0, which is not known. */
void html_count(struct buf *out, int64_t n);

/* "$1,234.50", to the cent; "–" below 0. */
void html_dollars(struct buf *out, int64_t nanousd);

/* "1 night", "2 nights". */
void html_plural(struct buf *out, int64_t n, const char *one, const char *many);

/* "in 9 h", "12 min ago", in an element that has the instant in UTC besides. */
void html_ago(struct buf *out, int64_t at_s, int64_t now_s);

/* A bar that is `part` of `whole` long, with a label for who cannot see it; `style` is a class. */
void html_bar(struct buf *out, const char *style, const char *label, int64_t part, int64_t whole);
