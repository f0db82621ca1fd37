/* What the files of the page share: each writes a section of it. */
#pragma once

#include <stddef.h>

#include "core/buf.h"
#include "status/snapshot.h"

/* The style sheet, which stands in the document; NULL behind its last rules. */
extern const char *const page_style[];

/* What is not well, the worst first, or that all is; returns how many it names. */
size_t page_put_banner(struct buf *out, const struct snapshot *snapshot);

/* How many that are, for the title. */
size_t page_count_problems(const struct snapshot *snapshot);

void page_put_running(struct buf *out, const struct snapshot *snapshot);

/* Cards: of each account, and of the nights of all jobs. */
void page_put_accounts(struct buf *out, const struct snapshot *snapshot);
void page_put_nights(struct buf *out, const struct snapshot *snapshot);
void page_put_jobs(struct buf *out, const struct snapshot *snapshot);

/* A word in a pill, in the color of what it means. */
void page_put_word(struct buf *out, const char *word);
