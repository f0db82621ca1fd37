/*
 * Answers safe on disk: one append-only segment per run.
 *
 * A segment is a row of framed chunks (kind, attempt, length, checksum): for each attempt one begin
 * record, its body as it was received, and one end record. Bodies arrive interleaved, so chunks of
 * several attempts may alternate. An answer counts as received when its end record has reached the
 * disk; without one it was not received. Writing and syncing happen in groups in libuv's thread
 * pool, never on the loop; what waits to be written has a ceiling, and spool_is_full() says when a
 * sender must pause.
 *
 * The decoder reads bodies back from here, in the run that received them and after a restart alike:
 * one way for both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"

struct spool;
struct spool_answer;
struct uv_loop_s;

/*
 * What is known before a call is sent: all that its row of the ledger says, so that the row can be
 * made again where a database lost its last commits. No credential is part of it.
 */
struct spool_begin {
    struct uuid attempt;
    int64_t listing_id;
    int32_t slice_no;
    int64_t position; /* items of the slice before this page */
    int64_t limit;    /* items that were asked for */
    int64_t reserved_nanousd;
    int64_t sent_at_ms;  /* since 1970 */
    const char *request; /* the body that was sent, JSON; a chain's token is in it */
};

/* What an end record keeps of HTTP. */
struct spool_end {
    uint32_t status;
    uint32_t retry_after_s;
    uint64_t elapsed_ms;
    int64_t charge_nanousd; /* as a header says it; -1: none does */
};

/* An attempt as its segment has it. Stays in place until spool_forget() or spool_close(). */
struct spool_answer {
    struct uuid attempt;
    int64_t listing_id;
    int32_t slice_no;
    int64_t position;
    int64_t limit;            /* -1: not known, as an older version began it; so the next two */
    int64_t reserved_nanousd; /* -1 */
    int64_t sent_at_ms;       /* -1 */
    struct spool_end end;
    uint64_t body_bytes;
    bool is_received; /* its end record is on disk */
    bool is_failed;   /* ended without an answer: spool_abandon() */
    void *data;       /* the caller's own */
};

/* Called once, on a later turn of the loop than spool_end(); `err` is NULL where it is on disk. */
typedef void spool_synced_fn(struct spool_answer *answer, const struct err *err);

struct spool_events {
    /* There is room again after spool_is_full() said true. */
    void (*on_room)(void *data);
    /*
     * Writing failed (disk full, read-only, ...): nothing more can be received in this run. Called
     * once, before the answers that waited are told; later ones get the same error.
     */
    void (*on_failed)(void *data, const struct err *err);
    void *data;
};

/*
 * Opens the segment `<dir>/run-<run uid>.segment`, makes it and `dir` where they are missing (modes
 * 0600 and 0700, the directory synced), and takes an exclusive lock on it: ERR_BUSY where another
 * process has it. A torn tail is cut off and logged; a file that is no segment is left as it is and
 * is an error. Blocks; called before the loop turns. After it spool_each() gives what the segment
 * already holds. `events` is copied.
 */
bool spool_open(struct uv_loop_s *loop, const char *dir, const struct uuid *run_uid,
                const struct spool_events *events, struct spool **ret_spool, struct err *err);

/*
 * Opens the segment of a run to read it again: spool_each(), spool_find(), spool_read(),
 * spool_request(), spool_forget() and spool_close() may follow, nothing else. Nothing is written, a
 * torn tail is passed over. Others may read it at the same time; ERR_BUSY where it is being
 * written, ERR_IO where it is not there. Blocks.
 */
bool spool_open_archived(struct uv_loop_s *loop, const char *dir, const struct uuid *run_uid,
                         struct spool **ret_spool, struct err *err);

/* Every answer of the segment in the order in which they began; `each` may forget the one it gets.
 */
void spool_each(struct spool *spool, void (*each)(struct spool_answer *answer, void *data),
                void *data);

/*
 * The attempt's answer, whatever has become of it; NULL where the segment has none, or it was
 * forgotten. Takes the same time however many there are.
 */
struct spool_answer *spool_find(const struct spool *spool, const struct uuid *attempt);

/*
 * Keeps a text about the run in front of all that follows: what is received later is on disk only
 * with it. Copied. No credential is part of it.
 */
void spool_note(struct spool *spool, const char *text);

/* The notes that there are, and the i-th of them, to be freed; it blocks, and has been written. */
size_t spool_n_notes(const struct spool *spool);
bool spool_read_note(const struct spool *spool, size_t i, char **ret_text, struct err *err);

/* Records that a call is about to be sent. The texts are copied. */
struct spool_answer *spool_begin(struct spool *spool, const struct spool_begin *begin);

/*
 * The next piece of an attempt's body. Copied; never refused (ask spool_is_full() before): whoever
 * goes on for megabytes behind a full spool makes it fail.
 */
void spool_body(struct spool_answer *answer, const void *data, size_t size);

/* The answer is whole: `synced` is called once it is on disk, or with the error that kept it off.
 */
void spool_end(struct spool_answer *answer, const struct spool_end *end, spool_synced_fn *synced);

/* No answer came: what came of it is kept but is not an answer. */
void spool_abandon(struct spool_answer *answer);

/*
 * Whether calls may go out as far as the disk of `dir` is concerned: it is writable, and at least
 * `free_min` bytes are free on it (0: any). False with ERR_IO, which names the folder, what is free
 * and what helps. `*ret_free` is what is free in either case, to those who are not root. `dir` must
 * be there. One call of the kernel; from any thread.
 */
bool spool_has_room(const char *dir, uint64_t free_min, uint64_t *ret_free, struct err *err);

/* More waits to be written than should: pause, and go on at on_room. */
bool spool_is_full(const struct spool *spool);

/*
 * Reads up to `size` bytes of a received answer's body from `position` on; 0 bytes are the end.
 * From any thread and from several at once: a received answer no longer changes, so there is
 * nothing to lock. Matches `page_source.read` in decode/page.h, with the answer as `data`.
 */
bool spool_read(void *answer, uint64_t position, void *into, size_t size, size_t *ret_size,
                struct err *err);

/*
 * Reads back the request of an attempt of an earlier process, as spool_begin() had it. Free it.
 * From any thread.
 */
bool spool_request(const struct spool_answer *answer, char **ret_request, struct err *err);

/*
 * Frees what is kept in memory about an answer that has been loaded, has failed, or is a remnant of
 * an earlier process; not one between spool_begin() and its `synced`. It stays on disk.
 */
void spool_forget(struct spool_answer *answer);

/* Bytes of the segment, written or waiting. */
uint64_t spool_size(const struct spool *spool);

/*
 * Writes and syncs what waits and tells whose answers these were, closes the file, frees all, then
 * calls `closed` on a later turn of the loop (NULL: nobody). NULL as spool is fine: `closed` is
 * then called at once. No call but spool_read() and spool_forget() may follow.
 */
void spool_close(struct spool *spool, void (*closed)(void *data), void *data);
