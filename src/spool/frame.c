#include "spool/frame.h"

#include <string.h>

#include "core/crc32c.h"
#include "spool/spool.h"

/* Where the fields of a frame's header stand. */
enum { AT_CRC = 0, AT_SIZE = 4, AT_KIND = 8, AT_FORM = 9, AT_ATTEMPT = 12 };

/* What the payloads hold at least, by form. */
static const uint32_t begin_sizes[] = {20, FRAME_BEGIN_SIZE, FRAME_BEGIN_SIZE};
static const uint32_t end_sizes[] = {16, FRAME_END_SIZE, FRAME_END_SIZE};

static const uint8_t magic[12] = {'L', 'H', 'S', 'P', 'O', 'O', 'L', 0, 1, 0, 0, 0};

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void put_u64(uint8_t *at, uint64_t value)
{
    put_u32(at, (uint32_t)value);
    put_u32(at + 4, (uint32_t)(value >> 32));
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get_u64(const uint8_t *at)
{
    return get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

void segment_head_put(uint8_t head[SEGMENT_HEAD_SIZE], const struct uuid *run_uid)
{
    memcpy(head, magic, sizeof(magic));
    memcpy(head + sizeof(magic), run_uid->bytes, sizeof(run_uid->bytes));
    put_u32(head + SEGMENT_HEAD_SIZE - 4, crc32c(0, head, SEGMENT_HEAD_SIZE - 4));
}

static uint32_t whole_crc(const uint8_t head[FRAME_HEAD_SIZE], uint32_t payload_crc)
{
    return crc32c(payload_crc, head + AT_SIZE, FRAME_HEAD_SIZE - AT_SIZE);
}

void frame_put(uint8_t head[FRAME_HEAD_SIZE], const struct frame *frame, uint32_t payload_crc)
{
    memset(head, 0, FRAME_HEAD_SIZE);
    put_u32(head + AT_SIZE, frame->size);
    head[AT_KIND] = (uint8_t)frame->kind;
    head[AT_FORM] = frame->form;
    memcpy(head + AT_ATTEMPT, frame->attempt.bytes, sizeof(frame->attempt.bytes));
    put_u32(head + AT_CRC, whole_crc(head, payload_crc));
}

static bool has_fitting_size(const struct frame *frame)
{
    if (frame->form > FRAME_FORM)
        return true;
    switch (frame->kind) {
    case FRAME_BEGIN:
        return frame->size >= begin_sizes[frame->form];
    case FRAME_END:
        return frame->size == end_sizes[frame->form];
    case FRAME_ABANDON:
        return frame->size == 0;
    case FRAME_NOTE:
        return frame->form >= 2;
    case FRAME_BODY:
    case FRAME_KINDS_END:
        break;
    }
    return true;
}

bool frame_get(const uint8_t head[FRAME_HEAD_SIZE], struct frame *ret_frame)
{
    struct frame frame = {.size = get_u32(head + AT_SIZE)};

    frame.form = head[AT_FORM];
    if (head[AT_KIND] < FRAME_BEGIN ||
        (head[AT_KIND] >= FRAME_KINDS_END && frame.form <= FRAME_FORM))
        return false;
    frame.kind = (enum frame_kind)head[AT_KIND];
    if (!has_fitting_size(&frame))
        return false;
    memcpy(frame.attempt.bytes, head + AT_ATTEMPT, sizeof(frame.attempt.bytes));
    *ret_frame = frame;
    return true;
}

bool frame_is_sound(const uint8_t head[FRAME_HEAD_SIZE], uint32_t payload_crc)
{
    return get_u32(head + AT_CRC) == whole_crc(head, payload_crc);
}

void frame_begin_put(uint8_t payload[FRAME_BEGIN_SIZE], const struct spool_begin *begin)
{
    put_u64(payload, (uint64_t)begin->listing_id);
    put_u64(payload + 8, (uint64_t)begin->position);
    put_u32(payload + 16, (uint32_t)begin->slice_no);
    put_u64(payload + 20, (uint64_t)begin->limit);
    put_u64(payload + 28, (uint64_t)begin->reserved_nanousd);
    put_u64(payload + 36, (uint64_t)begin->sent_at_ms);
}

void frame_end_put(uint8_t payload[FRAME_END_SIZE], const struct spool_end *end)
{
    put_u32(payload, end->status);
    put_u32(payload + 4, end->retry_after_s);
    put_u64(payload + 8, end->elapsed_ms);
    put_u64(payload + 16, (uint64_t)end->charge_nanousd);
}

void frame_begin_get(const struct frame *frame, const uint8_t *payload, struct spool_begin *begin)
{
    begin->listing_id = (int64_t)get_u64(payload);
    begin->position = (int64_t)get_u64(payload + 8);
    begin->slice_no = (int32_t)get_u32(payload + 16);
    begin->limit = frame->form == 0 ? -1 : (int64_t)get_u64(payload + 20);
    begin->reserved_nanousd = frame->form == 0 ? -1 : (int64_t)get_u64(payload + 28);
    begin->sent_at_ms = frame->form == 0 ? -1 : (int64_t)get_u64(payload + 36);
}

void frame_end_get(const struct frame *frame, const uint8_t *payload, struct spool_end *end)
{
    end->status = get_u32(payload);
    end->retry_after_s = get_u32(payload + 4);
    end->elapsed_ms = get_u64(payload + 8);
    end->charge_nanousd = frame->form == 0 ? -1 : (int64_t)get_u64(payload + 16);
}

uint32_t frame_request_offset(const struct frame *frame)
{
    return begin_sizes[frame->form];
}
