/* How many calls there were in the last 60 seconds, or in a window of another length, whenever one
 * looks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MINUTE_MS 60000

struct minute {
    int64_t *times; /* of the last `n_max` calls, a ring */
    size_t n_max;
    int64_t window_ms;
    uint64_t n_calls; /* taken since the start */
};

/* `window_ms`: how long a minute is; MINUTE_MS but in a rehearsal's haste. */
void minute_init(struct minute *minute, size_t n_max, int64_t window_ms);
void minute_deinit(struct minute *minute);

/* Takes one call; false, and it is not counted, where the minute that ends now has `n_max`. */
bool minute_take(struct minute *minute, int64_t now_ms);

/* How many more the minute that ends now has room for. */
size_t minute_left(const struct minute *minute, int64_t now_ms);
