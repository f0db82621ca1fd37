#include "crawl/pace.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* A call leaves the minute behind its last millisecond: our clock cuts off what is below one. */
#define MINUTE_MS 60001

/* A tenth of the configured limit comes back every so often. */
#define GROW_EVERY_MS 10000
#define GROW_STEPS 10

void pace_init(struct pace *pace, size_t in_flight_max, size_t per_minute_max)
{
    *pace = (struct pace){.in_flight_max = in_flight_max,
                          .per_minute_max = per_minute_max,
                          .in_flight_now = in_flight_max,
                          .per_minute_now = per_minute_max,
                          .ring_size = per_minute_max,
                          .held_size = in_flight_max,
                          .shrunk_ms = -1};
    pace->leaves_ms = mem_new_array(pace->ring_size, sizeof(*pace->leaves_ms));
    pace->held_until_ms = mem_new_array(pace->held_size, sizeof(*pace->held_until_ms));
}

void pace_deinit(struct pace *pace)
{
    free(pace->leaves_ms);
    free(pace->held_until_ms);
    *pace = (struct pace){.in_flight_max = 0};
}

void pace_set_limits(struct pace *pace, size_t in_flight_max, size_t per_minute_max)
{
    if (pace->in_flight_now == pace->in_flight_max || pace->in_flight_now > in_flight_max)
        pace->in_flight_now = in_flight_max;
    if (pace->per_minute_now == pace->per_minute_max || pace->per_minute_now > per_minute_max)
        pace->per_minute_now = per_minute_max;
    pace->in_flight_max = in_flight_max;
    pace->per_minute_max = per_minute_max;
}

/* --- the line -------------------------------------------------------------------------------- */

bool pace_is_turn(const struct pace *pace, const struct pace_place *place)
{
    return pace->line == NULL || pace->line == place;
}

void pace_wait(struct pace *pace, struct pace_place *place)
{
    struct pace_place **end = &pace->line;

    if (place->is_in_line)
        return;
    while (*end != NULL)
        end = &(*end)->next;
    *end = place;
    place->next = NULL;
    place->is_in_line = true;
}

void pace_leave(struct pace *pace, struct pace_place *place)
{
    struct pace_place **at = &pace->line;

    if (!place->is_in_line)
        return;
    while (*at != place)
        at = &(*at)->next;
    *at = place->next;
    place->is_in_line = false;
}

void pace_pass_on(struct pace *pace, const struct pace_place *place)
{
    if (!pace_is_turn(pace, place))
        pace->line->wake(pace->line->data);
}

/* --- the minute ------------------------------------------------------------------------------ */

static int64_t *leaving_at(const struct pace *pace, size_t i)
{
    return &pace->leaves_ms[(pace->first + i) % pace->ring_size];
}

/* What earlier processes left, and higher limits, can fill the ring. */
static void make_room(struct pace *pace)
{
    size_t size = pace->ring_size * 2;
    int64_t *ring;

    if (pace->n_leaving < pace->ring_size)
        return;
    ring = mem_new_array(size, sizeof(*ring));
    for (size_t i = 0; i < pace->n_leaving; i++)
        ring[i] = *leaving_at(pace, i);
    free(pace->leaves_ms);
    pace->leaves_ms = ring;
    pace->ring_size = size;
    pace->first = 0;
}

void pace_add_ended(struct pace *pace, int64_t ended_ms)
{
    int64_t leaves_ms = ended_ms + MINUTE_MS;
    size_t i;

    make_room(pace);
    for (i = pace->n_leaving++; i > 0 && *leaving_at(pace, i - 1) > leaves_ms; i--)
        *leaving_at(pace, i) = *leaving_at(pace, i - 1);
    *leaving_at(pace, i) = leaves_ms;
}

static void let_leave(struct pace *pace, int64_t now_ms)
{
    while (pace->n_leaving > 0 && *leaving_at(pace, 0) <= now_ms) {
        pace->first = (pace->first + 1) % pace->ring_size;
        pace->n_leaving--;
    }
}

/* --- slots of calls that may still run ------------------------------------------------------- */

static void end_held(struct pace *pace, size_t i, int64_t now_ms)
{
    pace->held_until_ms[i] = pace->held_until_ms[--pace->n_held];
    pace_ended(pace, now_ms);
}

/* The call that held a slot counts on in the minute, as one whose last byte came just now. */
static void end_held_until(struct pace *pace, int64_t now_ms)
{
    for (size_t i = 0; i < pace->n_held;)
        if (pace->held_until_ms[i] > now_ms)
            i++;
        else
            end_held(pace, i, now_ms);
}

static int64_t earliest_held(const struct pace *pace)
{
    int64_t earliest = -1;

    for (size_t i = 0; i < pace->n_held; i++)
        if (earliest < 0 || pace->held_until_ms[i] < earliest)
            earliest = pace->held_until_ms[i];
    return earliest;
}

void pace_broke_off(struct pace *pace, int64_t until_ms)
{
    if (pace->n_held == pace->held_size) {
        pace->held_size = pace->held_size * 2;
        pace->held_until_ms =
            mem_resize(pace->held_until_ms, pace->held_size, sizeof(*pace->held_until_ms));
    }
    pace->held_until_ms[pace->n_held++] = until_ms;
}

void pace_release(struct pace *pace, int64_t until_ms, int64_t now_ms)
{
    for (size_t i = 0; i < pace->n_held; i++)
        if (pace->held_until_ms[i] == until_ms) {
            end_held(pace, i, now_ms);
            return;
        }
}

void pace_add_running(struct pace *pace, int64_t until_ms)
{
    pace->n_in_flight++;
    pace_broke_off(pace, until_ms);
}

/* --- shrinking and growing back -------------------------------------------------------------- */

static bool is_shrunk(const struct pace *pace)
{
    return pace->in_flight_now < pace->in_flight_max || pace->per_minute_now < pace->per_minute_max;
}

static size_t grown(size_t now, size_t max)
{
    size_t step = max / GROW_STEPS > 0 ? max / GROW_STEPS : 1;

    return now + step < max ? now + step : max;
}

static void grow(struct pace *pace, int64_t now_ms)
{
    while (is_shrunk(pace) && pace->grows_at_ms <= now_ms) {
        pace->in_flight_now = grown(pace->in_flight_now, pace->in_flight_max);
        pace->per_minute_now = grown(pace->per_minute_now, pace->per_minute_max);
        pace->grows_at_ms += GROW_EVERY_MS;
    }
}

void pace_shrink_in_flight(struct pace *pace, int64_t now_ms)
{
    size_t fewer = pace->in_flight_now - (pace->in_flight_now + 3) / 4;

    pace->in_flight_now = fewer > 0 ? fewer : 1;
    pace->shrunk_ms = now_ms;
    pace->grows_at_ms = now_ms + GROW_EVERY_MS;
}

void pace_shrink_minute(struct pace *pace, int64_t now_ms)
{
    pace->per_minute_now = pace->per_minute_now > 1 ? pace->per_minute_now / 2 : 1;
    pace->shrunk_ms = now_ms;
    pace->grows_at_ms = now_ms + GROW_EVERY_MS;
}

/* --- whether a call may go ------------------------------------------------------------------- */

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* When the minute has room for one more, as far as time alone brings that. */
static int64_t minute_frees_at(const struct pace *pace)
{
    size_t n_too_many = pace->n_in_flight + pace->n_leaving - pace->per_minute_now + 1;

    return n_too_many <= pace->n_leaving ? *leaving_at(pace, n_too_many - 1) : earliest_held(pace);
}

bool pace_may_send(struct pace *pace, int64_t now_ms, int64_t *ret_at_ms)
{
    int64_t grows_at_ms;

    end_held_until(pace, now_ms);
    let_leave(pace, now_ms);
    grow(pace, now_ms);
    grows_at_ms = is_shrunk(pace) ? pace->grows_at_ms : -1;
    if (now_ms < pace->paused_until_ms) {
        *ret_at_ms = pace->paused_until_ms;
        return false;
    }
    if (pace->n_in_flight >= pace->in_flight_now) {
        *ret_at_ms = sooner(earliest_held(pace), grows_at_ms);
        return false;
    }
    if (pace->n_in_flight + pace->n_leaving >= pace->per_minute_now) {
        *ret_at_ms = sooner(minute_frees_at(pace), grows_at_ms);
        return false;
    }
    return true;
}

enum pace_wait pace_why_not(const struct pace *pace, int64_t now_ms)
{
    if (now_ms < pace->paused_until_ms)
        return PACE_WAIT_PAUSE;
    return pace->n_in_flight >= pace->in_flight_now ? PACE_WAIT_SLOT : PACE_WAIT_MINUTE;
}

void pace_note(struct pace *pace, struct pace_place *place, enum pace_wait wait, int64_t now_ms)
{
    if (place->waits_for != PACE_WAIT_NONE)
        pace->waited_ms[place->waits_for] += now_ms - place->since_ms;
    place->waits_for = wait;
    place->since_ms = now_ms;
}

void pace_sent(struct pace *pace)
{
    pace->n_in_flight++;
}

void pace_unsent(struct pace *pace)
{
    pace->n_in_flight--;
}

void pace_ended(struct pace *pace, int64_t now_ms)
{
    pace_add_ended(pace, now_ms);
    pace->n_in_flight--;
}

void pace_pause(struct pace *pace, int64_t until_ms)
{
    if (until_ms > pace->paused_until_ms)
        pace->paused_until_ms = until_ms;
    if (pace->grows_at_ms < until_ms + GROW_EVERY_MS)
        pace->grows_at_ms = until_ms + GROW_EVERY_MS;
}
