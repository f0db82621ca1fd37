#include "core/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/text.h"

#define HASTE_MAX 1000

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return now_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return now_ms(CLOCK_REALTIME);
}

static int64_t haste = 1;

static void read_haste(void)
{
    const char *text = getenv("LINKHAUL_HASTE");
    int64_t value;

    if (text != NULL && text_parse_int64(text, strlen(text), &value) && value >= 1 &&
        value <= HASTE_MAX)
        haste = value;
}

int64_t clock_haste(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, read_haste);
    return haste;
}

int64_t clock_api_ms(int64_t ms)
{
    int64_t scaled = ms / clock_haste();

    return scaled == 0 && ms > 0 ? 1 : scaled;
}
