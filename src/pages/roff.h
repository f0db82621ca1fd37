/* Text for roff: what would be a request, an escape or a typographic dash is taken as it stands. */
#pragma once

#include "core/buf.h"

/* The title line of a page and its NAME; `section` is its number. */
void roff_begin(struct buf *out, const char *name, int section, const char *summary);

void roff_section(struct buf *out, const char *title);

/* Words in a paragraph; ends the line. */
void roff_text(struct buf *out, const char *text);

/* The same between two empty lines, line by line as it is. */
void roff_verbatim(struct buf *out, const char *text);

/* The tag of an indented paragraph, in bold. */
void roff_tag(struct buf *out, const char *tag);
