#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "spool/spool_private.h"

/*
 * An answer in memory: where the pieces of its body stand in the segment; and reading it back. What
 * is read was found to be sound when it was written, or when the segment was opened.
 *
 * Every frame of a segment that is opened asks for its attempt's entry, and a long run has ten
 * thousands of them; so they are found by a hash. The attempt's own random bits are one.
 */

#define BUCKETS_MIN 64

static struct spool_bucket *bucket_of(const struct spool_index *index, const struct uuid *attempt)
{
    uint64_t bits;

    memcpy(&bits, attempt->bytes + sizeof(attempt->bytes) - sizeof(bits), sizeof(bits));
    return &index->buckets[bits & (index->n_buckets - 1)];
}

static void index_grow(struct spool *spool)
{
    struct spool_index *index = &spool->index;
    struct spool_entry *entry;

    free(index->buckets);
    index->n_buckets = index->n_buckets == 0 ? BUCKETS_MIN : 2 * index->n_buckets;
    index->buckets = mem_new_array(index->n_buckets, sizeof(*index->buckets));
    TAILQ_FOREACH(entry, &spool->entries, of_spool)
    LIST_INSERT_HEAD(bucket_of(index, &entry->answer.attempt), entry, of_bucket);
}

static void index_add(struct spool *spool, struct spool_entry *entry)
{
    struct spool_index *index = &spool->index;

    if (index->n_entries == index->n_buckets)
        index_grow(spool);
    LIST_INSERT_HEAD(bucket_of(index, &entry->answer.attempt), entry, of_bucket);
    index->n_entries++;
}

struct spool_entry *spool_entry_new(struct spool *spool, const struct spool_begin *begin)
{
    struct spool_entry *entry = mem_new(sizeof(*entry));

    entry->spool = spool;
    entry->answer.attempt = begin->attempt;
    entry->answer.listing_id = begin->listing_id;
    entry->answer.slice_no = begin->slice_no;
    entry->answer.position = begin->position;
    entry->answer.limit = begin->limit;
    entry->answer.reserved_nanousd = begin->reserved_nanousd;
    entry->answer.sent_at_ms = begin->sent_at_ms;
    buf_init(&entry->piece, SPOOL_PIECE_SIZE);
    index_add(spool, entry);
    TAILQ_INSERT_TAIL(&spool->entries, entry, of_spool);
    return entry;
}

void spool_entry_destroy(struct spool_entry *entry)
{
    TAILQ_REMOVE(&entry->spool->entries, entry, of_spool);
    LIST_REMOVE(entry, of_bucket);
    entry->spool->index.n_entries--;
    buf_deinit(&entry->piece);
    free(entry->spans);
    free(entry);
}

struct spool_entry *spool_entry_find(const struct spool *spool, const struct uuid *attempt)
{
    struct spool_entry *entry;

    if (spool->index.n_entries == 0)
        return NULL;
    LIST_FOREACH(entry, bucket_of(&spool->index, attempt), of_bucket)
    if (uuid_is_equal(&entry->answer.attempt, attempt))
        return entry;
    return NULL;
}

struct spool_answer *spool_find(const struct spool *spool, const struct uuid *attempt)
{
    struct spool_entry *entry = spool_entry_find(spool, attempt);

    return entry != NULL ? &entry->answer : NULL;
}

void spool_entry_grow(struct spool_entry *entry, uint64_t offset, size_t size)
{
    if (entry->n_spans == entry->spans_room) {
        entry->spans_room = entry->spans_room == 0 ? 16 : entry->spans_room * 2;
        entry->spans = mem_resize(entry->spans, entry->spans_room, sizeof(*entry->spans));
    }
    entry->spans[entry->n_spans++] =
        (struct spool_span){.position = entry->answer.body_bytes, .offset = offset, .size = size};
    entry->answer.body_bytes += size;
}

void spool_each(struct spool *spool, void (*each)(struct spool_answer *answer, void *data),
                void *data)
{
    struct spool_entry *entry = TAILQ_FIRST(&spool->entries);

    while (entry != NULL) {
        struct spool_entry *next = TAILQ_NEXT(entry, of_spool);

        each(&entry->answer, data);
        entry = next;
    }
}

/* The last span that does not start behind `position`. */
static size_t find_span(const struct spool_entry *entry, uint64_t position)
{
    size_t low = 0, high = entry->n_spans;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (entry->spans[middle].position <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Reads `size` bytes from `offset` of the segment; they are there, or somebody has cut it. */
static bool read_segment(const struct spool *spool, uint64_t offset, void *into, size_t size,
                         struct err *err)
{
    char reason[SPOOL_REASON_MAX];
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(spool->fd, (char *)into + done, size - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(
                err, ERR_IO, "%s cannot be read: %s", spool->path,
                n < 0 ? spool_reason(errno, spool->path, reason, sizeof(reason))
                      : "somebody has cut it off; start again, which asks for what it lacks");
        done += (size_t)n;
    }
    return true;
}

bool spool_read(void *answer, uint64_t position, void *into, size_t size, size_t *ret_size,
                struct err *err)
{
    const struct spool_entry *entry = answer;
    size_t done = 0;

    assert(entry->answer.is_received);
    if (position >= entry->answer.body_bytes)
        size = 0;
    else if (size > entry->answer.body_bytes - position)
        size = (size_t)(entry->answer.body_bytes - position);
    for (size_t i = size > 0 ? find_span(entry, position) : 0; done < size; i++) {
        const struct spool_span *span = &entry->spans[i];
        uint64_t skip = position + done - span->position;
        size_t part = span->size - (size_t)skip;

        if (part > size - done)
            part = size - done;
        if (!read_segment(entry->spool, span->offset + skip, (char *)into + done, part, err))
            return false;
        done += part;
    }
    *ret_size = done;
    return true;
}

bool spool_request(const struct spool_answer *answer, char **ret_request, struct err *err)
{
    const struct spool_entry *entry = (const struct spool_entry *)answer;
    CLEANUP(mem_free_string) char *request = mem_new(entry->request_size + 1);

    if (!read_segment(entry->spool, entry->request_offset, request, entry->request_size, err))
        return false;
    *ret_request = request;
    request = NULL;
    return true;
}

void spool_note_add(struct spool *spool, uint64_t offset, size_t size)
{
    spool->notes = mem_resize(spool->notes, spool->n_notes + 1, sizeof(*spool->notes));
    spool->notes[spool->n_notes] =
        (struct spool_span){.position = spool->n_notes, .offset = offset, .size = size};
    spool->n_notes++;
}

size_t spool_n_notes(const struct spool *spool)
{
    return spool->n_notes;
}

bool spool_read_note(const struct spool *spool, size_t i, char **ret_text, struct err *err)
{
    const struct spool_span *note = &spool->notes[i];
    char *text = mem_new(note->size + 1);

    if (!read_segment(spool, note->offset, text, note->size, err)) {
        free(text);
        return false;
    }
    *ret_text = text;
    return true;
}

void spool_forget(struct spool_answer *answer)
{
    spool_entry_destroy((struct spool_entry *)answer);
}
