#include "sandbox/nights.h"

#include <math.h>

#include "sandbox/random.h"

#define OLDEST INT64_C(1356998400)      /* 2013-01-01 */
#define FIRST_NIGHT INT64_C(1767225600) /* 2026-01-01 */
#define DAY_S 86400
#define PPM 1000000

enum salt {
    SALT_TARGET = 0x1001,
    SALT_FOUND,
    SALT_STAY,
    SALT_SECOND_STAY,
    SALT_BACK,
    SALT_LOST,
    SALT_SIGHT,
    SALT_LATE,
    SALT_VISITS,
    SALT_DRIFT,
    SALT_FLIP,
};

/* The nights on which a link appears, goes, comes back and goes for good. */
struct stays {
    int64_t found, lost, back, gone;
};

static uint64_t draw(const struct nights *nights, enum salt salt, uint64_t number)
{
    return random_draw(random_draw(nights->seed, salt), number);
}

/* A moment in the 24 hours before a night. */
static int64_t moment(int64_t night, uint64_t bits)
{
    return FIRST_NIGHT + night * DAY_S - 1 - (int64_t)random_below(bits, DAY_S);
}

/* The first night that is not before a moment. */
static int64_t night_behind(int64_t moment_s)
{
    int64_t since = moment_s - FIRST_NIGHT;

    return since > 0 ? (since + DAY_S - 1) / DAY_S : -(-since / DAY_S);
}

static int64_t n_steps(const struct nights *nights, int64_t night)
{
    return night <= nights->phase ? 0 : (night - 1 - nights->phase) / nights->stride + 1;
}

static int64_t night_of_step(const struct nights *nights, int64_t step)
{
    return (step - 1) * nights->stride + 1 + nights->phase;
}

/* One in four targets is calm, one in eight lively; what --move says comes every night. */
static void put_movement(struct nights *nights, int64_t move_ppm)
{
    uint64_t bits = random_draw(nights->seed, SALT_TARGET);

    nights->stride = 1;
    if (move_ppm >= 0) {
        nights->new_ppm = nights->lost_ppm = (uint64_t)move_ppm;
        return;
    }
    nights->new_ppm = 3000 + random_below(bits, 4001);
    if ((bits & 7) == 0) {
        nights->new_ppm = 20000;
    } else if ((bits & 7) < 3) {
        nights->stride = 8;
        nights->phase = (int64_t)(bits >> 8 & 7);
    }
    nights->lost_ppm = nights->new_ppm * 4 / 5;
}

void nights_init(struct nights *nights, const struct night_terms *terms, uint64_t seed,
                 uint64_t n_first)
{
    *nights = (struct nights){.are_asked = terms->are_asked,
                              .now = terms->night,
                              .seed = seed,
                              .n_first = n_first,
                              .n_old = n_first / 20,
                              .doubles_on = terms->doubles_on};
    put_movement(nights, terms->move_ppm);
    if (terms->night >= terms->vanishes_on)
        return;
    nights->n_numbers = n_first * 2 + nights->n_old +
                        (uint64_t)n_steps(nights, terms->night) * n_first * nights->new_ppm / PPM;
    if (nights->n_numbers > UINT32_MAX) /* orders have numbers of 32 bits */
        nights->n_numbers = UINT32_MAX;
}

/* A number of steps, each of which ends it with the same likelihood; at least one. */
static int64_t stay(const struct nights *nights, uint64_t bits)
{
    double share = ((double)(bits >> 11) + 1) / 9007199254740992.0;

    return 1 + (int64_t)(-log(share) * PPM / (double)nights->lost_ppm);
}

static bool is_old(const struct nights *nights, uint64_t number)
{
    return number >= nights->n_first && number < nights->n_first + nights->n_old;
}

/* The place among those that come night by night, from 0; -1: it is none of them. */
static int64_t place_of_new(const struct nights *nights, uint64_t number)
{
    return (int64_t)number - (int64_t)(nights->n_first * 2 + nights->n_old);
}

/* The night on which a link appears, and the step from which on it may be lost. */
static int64_t find_appearance(const struct nights *nights, uint64_t number, int64_t *ret_step)
{
    uint64_t per_step = nights->n_first * nights->new_ppm; /* in millionths */
    int64_t place = place_of_new(nights, number);

    *ret_step = 0;
    if (number < nights->n_first)
        return 0;
    if (place < 0) {
        if (nights->doubles_on != NIGHT_NEVER)
            *ret_step = n_steps(nights, nights->doubles_on);
        return nights->doubles_on;
    }
    *ret_step = (int64_t)((((uint64_t)place + 1) * PPM + per_step - 1) / per_step);
    return night_of_step(nights, *ret_step);
}

static struct stays stays_of(const struct nights *nights, uint64_t number)
{
    struct stays stays = {0, NIGHT_NEVER, NIGHT_NEVER, NIGHT_NEVER};
    uint64_t bits;
    int64_t step;

    if (number >= NIGHTS_FIXED)
        return stays;
    if (is_old(nights, number)) {
        stays.lost = 0;
        return stays;
    }
    stays.found = find_appearance(nights, number, &step);
    if (nights->lost_ppm == 0 || stays.found > nights->now)
        return stays;
    step += stay(nights, draw(nights, SALT_STAY, number));
    stays.lost = night_of_step(nights, step);
    bits = draw(nights, SALT_BACK, number);
    if (stays.lost > nights->now || random_below(bits, 5) != 0)
        return stays;
    step += 1 + (int64_t)random_below(bits << 16, 10);
    stays.back = night_of_step(nights, step);
    stays.gone = night_of_step(nights, step + stay(nights, draw(nights, SALT_SECOND_STAY, number)));
    return stays;
}

static enum life_state state_of(const struct stays *stays, int64_t now)
{
    if (now < stays->found)
        return LIFE_AHEAD;
    return now >= stays->gone || (now >= stays->lost && now < stays->back) ? LIFE_LOST : LIFE_LIVE;
}

enum life_state nights_state(const struct nights *nights, uint64_t number)
{
    struct stays stays = stays_of(nights, number);

    return state_of(&stays, nights->now);
}

static int64_t first_seen(const struct nights *nights, uint64_t number, int64_t found)
{
    uint64_t bits = draw(nights, SALT_FOUND, number);
    bool is_new = place_of_new(nights, number) >= 0 && number < NIGHTS_FIXED;

    if (number < nights->n_first + nights->n_old || number >= NIGHTS_FIXED)
        return OLDEST + (int64_t)((bits >> 34) * (uint64_t)(FIRST_NIGHT - OLDEST) >> 30);
    if (is_new && random_below(draw(nights, SALT_LATE, number), 10) == 0)
        return moment(found - 1, bits) - (int64_t)random_below(bits << 16, DAY_S);
    return moment(found, bits);
}

/* Since `found_at` it has been looked at every some nights. */
static void put_visits(const struct nights *nights, uint64_t number, int64_t found_at,
                       struct life *life)
{
    uint64_t bits = draw(nights, SALT_VISITS, number);
    int64_t every = 16 + (int64_t)(bits & 63), found = night_behind(found_at);
    int64_t n = (life->night - found) / every;

    life->is_new = n == 0;
    life->last_seen = n == 0 ? found_at : moment(found + n * every, random_draw(bits, (uint64_t)n));
    life->prev_seen = n == 0 ? -1
                      : n == 1
                          ? found_at
                          : moment(found + (n - 1) * every, random_draw(bits, (uint64_t)n - 1));
}

/*
 * It was seen for the last time in the day before the loss, one in ten up to four days before. Of
 * those that were lost before the first night nobody has seen a visit.
 */
static void put_loss(const struct nights *nights, uint64_t number, int64_t found_at,
                     struct life *life)
{
    uint64_t bits = draw(nights, SALT_SIGHT, number ^ (uint64_t)life->lost_at << 32);
    int64_t n_days = random_below(bits << 8, 10) == 0 ? 4 : 1;
    int64_t sight = life->lost_at - 1 - (int64_t)random_below(bits, (uint64_t)n_days * DAY_S);

    if (life->is_new || is_old(nights, number))
        life->last_seen = life->prev_seen = found_at;
    if (sight > life->last_seen) {
        life->prev_seen = life->last_seen;
        life->last_seen = sight;
    }
    life->is_new = false;
}

struct life nights_life(const struct nights *nights, uint64_t number)
{
    struct stays stays = stays_of(nights, number);
    bool is_back = nights->now >= stays.back;
    int64_t lost = is_back ? stays.gone : stays.lost, found_at;
    struct life life = {.state = state_of(&stays, nights->now),
                        .first_seen = first_seen(nights, number, stays.found),
                        .back_at = -1,
                        .lost_at = -1};
    uint64_t bits = draw(nights, SALT_LOST, number);

    found_at = life.first_seen;
    if (is_back)
        found_at = life.back_at = moment(stays.back, random_mix(bits));
    life.night = nights->now;
    if (life.state == LIFE_LOST)
        life.night = lost > 0 ? lost - 1 : 0;
    put_visits(nights, number, found_at, &life);
    if (life.state != LIFE_LOST)
        return life;
    life.lost_at = moment(lost, bits);
    if (is_old(nights, number))
        life.lost_at =
            found_at + (int64_t)((bits >> 34) * (uint64_t)(FIRST_NIGHT - found_at) >> 30);
    put_loss(nights, number, found_at, &life);
    return life;
}

void nights_count(const struct nights *nights, int64_t since, uint64_t *ret_n_new,
                  uint64_t *ret_n_lost)
{
    *ret_n_new = *ret_n_lost = 0;
    for (uint64_t number = 0; number < nights->n_numbers; number++) {
        struct life life;

        if (nights_state(nights, number) == LIFE_AHEAD)
            continue;
        life = nights_life(nights, number);
        *ret_n_lost += life.state == LIFE_LOST && life.lost_at >= since;
        *ret_n_new +=
            life.state == LIFE_LIVE && (life.first_seen >= since || life.back_at >= since);
    }
}

uint64_t night_drift(int64_t night, uint64_t bits, uint64_t value, uint64_t max, uint64_t reach)
{
    uint64_t own = random_draw(bits, SALT_DRIFT), every = 32 + (own & 31), step, moved;

    if (night < 0)
        return value;
    step = ((uint64_t)night + (own >> 8) % every) / every;
    moved = value + random_below(random_draw(own, step), 2 * reach + 1);
    if (moved < reach)
        return 0;
    return moved - reach > max ? max : moved - reach;
}

bool night_is_flipped(int64_t night, uint64_t bits)
{
    uint64_t own = random_draw(bits, SALT_FLIP), every = 40 + (own >> 3 & 63);

    if (night < 0 || (own & 7) != 0)
        return false;
    return (((uint64_t)night + (own >> 16) % every) / every & 1) != 0;
}
