/*
 * What becomes of a target's links from night to night, where --night asks for one.
 *
 * A link is its number (row.h). The first n_first are live on the first night, the n_old behind
 * them were lost before it, the next n_first come by --double, all others come night by night. When
 * one is found, lost, found again and lost for good hangs on its number, seed and target alone: so
 * a night is told without those before it, and a link is the same link in all of them.
 *
 * A night is 00:00 UTC of its date. What changes by then happened in the 24 hours before; only one
 * in ten of the new links is late, found one to three days before it appears. Movement comes in
 * steps: one a night, or with a calm target one in eight nights. One in five links that are lost is
 * found again. The vendor looks at a link every 16 to 79 nights from the day it was found on; it is
 * new until he has looked once more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NIGHTS_FIRST "2026-01-01"
#define NIGHTS_LAST "2099-12-31"
#define NIGHT_NEVER INT64_MAX

/* Numbers from here on are live on all nights. */
#define NIGHTS_FIXED (UINT64_C(1) << 32)

/* What the command line says of a target. Nights are counted from the first, which is 0. */
struct night_terms {
    bool are_asked; /* false: every night is the same, and nothing else matters here */
    int64_t night;
    int64_t move_ppm; /* of n_first, new and likewise lost; -1: hangs on the target */
    int64_t doubles_on, vanishes_on; /* NIGHT_NEVER: it does not */
};

/* One target on one night. */
struct nights {
    bool are_asked;
    int64_t now;
    uint64_t seed; /* of program and target */
    uint64_t n_first, n_old;
    uint64_t n_numbers;         /* those that may have come by now are 0 .. n_numbers - 1 */
    uint64_t new_ppm, lost_ppm; /* of n_first, in one step */
    int64_t stride, phase;      /* nights from step to step, and before the first */
    int64_t doubles_on;
};

/* The bits of enum query_status. */
enum life_state { LIFE_AHEAD = 0, LIFE_LIVE = 1, LIFE_LOST = 2 };

/* One link on that night; times in seconds since 1970. */
struct life {
    enum life_state state;
    bool is_new;
    int64_t night; /* now, or the last one on which it was live */
    int64_t first_seen, last_seen;
    int64_t prev_seen; /* -1: it is new */
    int64_t back_at;   /* it was found again after a loss; -1: it was not */
    int64_t lost_at;   /* -1: it is live */
};

void nights_init(struct nights *nights, const struct night_terms *terms, uint64_t seed,
                 uint64_t n_first);

enum life_state nights_state(const struct nights *nights, uint64_t number);

/* The link must have come. */
struct life nights_life(const struct nights *nights, uint64_t number);

/*
 * Links that are live and were found, or found again, at `since` or later; and those that are lost
 * and were lost then.
 */
void nights_count(const struct nights *nights, int64_t since, uint64_t *ret_n_new,
                  uint64_t *ret_n_lost);

/*
 * A value from 0 to `max` that moves by up to `reach` around what it is, once in 32 to 63 nights;
 * `bits` are its own. A negative night: it stays.
 */
uint64_t night_drift(int64_t night, uint64_t bits, uint64_t value, uint64_t max, uint64_t reach);

/* Whether a link has become the opposite of what it was, as one in eight does every some weeks. */
bool night_is_flipped(int64_t night, uint64_t bits);
