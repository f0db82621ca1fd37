#include "cli/estimate.h"

#include "api/endpoint.h"
#include "core/sat.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How often `size` fits into `n`, rounded up. */
static int64_t pages(int64_t n, int64_t size)
{
    return n / size + (n % size > 0);
}

int64_t estimate_scale(int64_t value, int64_t n_times, int64_t of)
{
    /* The whole part by itself, so that the product stays small. */
    return sat_add(sat_mul(value / of, n_times), sat_mul(value % of, n_times) / of);
}

/* The whole pages that offsets can reach. */
static int64_t reach(const struct estimate_way *way)
{
    return way->endpoint->offset_reach / way->limit * way->limit;
}

static int64_t wanted(const struct estimate_way *way, int64_t total_count)
{
    return way->max_rows > 0 ? smaller(total_count, way->max_rows) : total_count;
}

static bool is_cut(const struct estimate_way *way, int64_t total_count)
{
    return way->may_be_cut && total_count > reach(way) &&
           (way->max_rows == 0 || total_count <= way->max_rows);
}

int64_t estimate_items(const struct estimate_way *way, int64_t total_count)
{
    int64_t items = wanted(way, total_count);

    items = smaller(total_count, sat_mul(pages(items, way->limit), way->limit));
    return way->endpoint->has_token || is_cut(way, total_count) ? items
                                                                : smaller(items, reach(way));
}

struct estimate estimate_listing(const struct estimate_way *way, int64_t total_count,
                                 int64_t n_covered)
{
    struct estimate estimate = {.kind = ESTIMATE_KNOWN};
    bool is_chain, is_sliced;

    if (total_count < 0 && way->max_rows == 0)
        return (struct estimate){.kind = ESTIMATE_OPEN};
    if (total_count < 0) {
        estimate.kind = ESTIMATE_AT_MOST;
        total_count = INT64_MAX;
    }
    is_sliced = is_cut(way, total_count);
    is_chain = !is_sliced && way->endpoint->has_token && wanted(way, total_count) > reach(way);
    estimate.n_rows = estimate_items(way, total_count) - n_covered;
    if (estimate.n_rows < 0)
        estimate.n_rows = 0;
    estimate.n_calls = pages(estimate.n_rows, way->limit);
    if (estimate.n_calls == 0 && n_covered == 0)
        estimate.n_calls = 1;
    if (is_sliced && estimate.n_rows > 0) /* the last page of a slice is half full */
        estimate.n_calls += estimate.n_rows / (way->endpoint->offset_reach / 5 * 4) / 2 + 1;
    estimate.nanousd = sat_add(sat_mul(estimate.n_calls, way->price.per_call_nanousd),
                               sat_mul(estimate.n_rows, way->price.per_item_nanousd));
    estimate.bytes = sat_mul(estimate.n_rows, way->item_bytes);
    estimate.slots_ms = sat_mul(estimate.n_calls, way->call_ms);
    /* By offset the first page goes alone, and the others side by side behind it; a slice may have
     * to be cut once more. */
    estimate.alone_ms = is_chain
                            ? estimate.slots_ms
                            : sat_mul(smaller(estimate.n_calls, is_sliced ? 4 : 2), way->call_ms);
    return estimate;
}

void estimate_add(struct estimate *sum, const struct estimate *part)
{
    if (part->kind > sum->kind)
        sum->kind = part->kind;
    sum->n_rows = sat_add(sum->n_rows, part->n_rows);
    sum->n_calls = sat_add(sum->n_calls, part->n_calls);
    sum->nanousd = sat_add(sum->nanousd, part->nanousd);
    sum->bytes = sat_add(sum->bytes, part->bytes);
    sum->slots_ms = sat_add(sum->slots_ms, part->slots_ms);
    if (part->alone_ms > sum->alone_ms)
        sum->alone_ms = part->alone_ms;
}

struct estimate estimate_times(const struct estimate *estimate, int64_t n_times, int64_t of)
{
    return (struct estimate){
        .kind = estimate->kind,
        .n_rows = estimate_scale(estimate->n_rows, n_times, of),
        .n_calls = estimate_scale(estimate->n_calls, n_times, of),
        .nanousd = estimate_scale(estimate->nanousd, n_times, of),
        .bytes = estimate_scale(estimate->bytes, n_times, of),
        .slots_ms = estimate_scale(estimate->slots_ms, n_times, of),
        .alone_ms = estimate_scale(estimate->alone_ms, n_times, of),
    };
}

int64_t estimate_ms(const struct estimate *estimate, int64_t in_flight, int64_t calls_per_minute)
{
    int64_t ms = estimate->alone_ms;
    int64_t by_slots = estimate->slots_ms / in_flight;
    int64_t by_minute = estimate_scale(estimate->n_calls, 60000, calls_per_minute);

    if (by_slots > ms)
        ms = by_slots;
    return by_minute > ms ? by_minute : ms;
}
