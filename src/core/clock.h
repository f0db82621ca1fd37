/* The two clocks. What is tested with a scripted clock takes its time as a parameter instead. */
#pragma once

#include <stdint.h>

/* Milliseconds that never go back, from an arbitrary start. */
int64_t clock_mono_ms(void);

/* Milliseconds since 1970, as the machine believes. */
int64_t clock_wall_ms(void);

/*
 * A rehearsal's haste: LINKHAUL_HASTE=60 in the environment of linkhaul and of linkhaul-sandbox
 * makes a minute of the API a second for both, and with it every other wait of theirs for each
 * other. 1 where it is not set or no whole number from 1 to 1000. Read once.
 */
int64_t clock_haste(void);

/* How long a wait of `ms` with the API takes: ms / haste, at least 1 where `ms` is above 0. */
int64_t clock_api_ms(int64_t ms);
