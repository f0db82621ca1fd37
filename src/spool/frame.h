/*
 * How a segment is laid out. All numbers are little-endian.
 *
 *   head    magic "LHSPOOL" and a NUL, version u32, uid of the run 16, crc u32 over all before
 *   frame   crc u32 (payload, then the rest of this header), size of the payload u32, kind u8,
 *           three bytes 0, attempt 16; then the payload
 *   begin   listing_id i64, position i64, slice_no i32; then the request's text
 *   body    bytes as they were received
 *   end     status u32, retry_after_s u32, elapsed_ms u64
 *   abandon nothing
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
#define FRAME_BEGIN_SIZE 20 /* without the request's text */
#define FRAME_END_SIZE 16

enum frame_kind { FRAME_BEGIN = 1, FRAME_BODY, FRAME_END, FRAME_ABANDON, FRAME_KINDS_END };

struct frame {
    enum frame_kind kind;
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

void frame_begin_put(uint8_t payload[FRAME_BEGIN_SIZE], const struct spool_begin *begin);
void frame_begin_get(const uint8_t payload[FRAME_BEGIN_SIZE], struct spool_begin *begin);
void frame_end_put(uint8_t payload[FRAME_END_SIZE], const struct spool_end *end);
void frame_end_get(const uint8_t payload[FRAME_END_SIZE], struct spool_end *end);
