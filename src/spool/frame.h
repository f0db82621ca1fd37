/*
 * How a segment is laid out. All numbers are little-endian.
 *
 *   head    magic "LHSPOOL" and a NUL, version u32, uid of the run 16, crc u32 over all before
 *   frame   crc u32 (payload, then the rest of this header), size of the payload u32, kind u8,
 *           form u8, two bytes 0, attempt 16; then the payload
 *   begin   listing_id i64, position i64, slice_no i32, from form 1 on limit i64, reserved_nanousd
 *           i64, sent_at_ms i64; then the request's text
 *   body    bytes as they were received
 *   end     status u32, retry_after_s u32, elapsed_ms u64, from form 1 on charge_nanousd i64
 *   abandon nothing
 *   note    text about the run, of no attempt; since form 2
 *
 * A segment may hold frames of several forms: a run that one version began is gone on with by the
 * next. What an older form does not hold is -1. A frame of a form that is not known here is none of
 * a torn tail, as long as its checksum is right: it must not be cut off.
 *
 * The checksum takes the payload first, so that a reader need not hold the payload to check it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/uuid.h"

#define SEGMENT_HEAD_SIZE 32
#define FRAME_HEAD_SIZE 28
#define FRAME_FORM 2        /* the newest, which is what we write */
#define FRAME_BEGIN_SIZE 44 /* of that form, the longest; without the request's text */
#define FRAME_END_SIZE 24

enum frame_kind {
    FRAME_BEGIN = 1,
    FRAME_BODY,
    FRAME_END,
    FRAME_ABANDON,
    FRAME_NOTE,
    FRAME_KINDS_END
};

struct frame {
    enum frame_kind kind;
    uint8_t form;
    uint32_t size; /* of the payload */
    struct uuid attempt;
};

struct spool_begin;
struct spool_end;

void segment_head_put(uint8_t head[SEGMENT_HEAD_SIZE], const struct uuid *run_uid);

/* `payload_crc` is the crc32c of the payload alone. */
void frame_put(uint8_t head[FRAME_HEAD_SIZE], const struct frame *frame, uint32_t payload_crc);

/* False where the header cannot be one of ours, whatever its checksum says. */
bool frame_get(const uint8_t head[FRAME_HEAD_SIZE], struct frame *ret_frame);

/* Whether the header's checksum is that of a payload with `payload_crc` and of itself. */
bool frame_is_sound(const uint8_t head[FRAME_HEAD_SIZE], uint32_t payload_crc);

/* In form FRAME_FORM. */
void frame_begin_put(uint8_t payload[FRAME_BEGIN_SIZE], const struct spool_begin *begin);
void frame_end_put(uint8_t payload[FRAME_END_SIZE], const struct spool_end *end);

/* In the form of the frame, which is a known one; all but `attempt` and `request` is filled. */
void frame_begin_get(const struct frame *frame, const uint8_t *payload, struct spool_begin *begin);
void frame_end_get(const struct frame *frame, const uint8_t *payload, struct spool_end *end);

/* Where the request's text begins in the payload of a begin record. */
uint32_t frame_request_offset(const struct frame *frame);
