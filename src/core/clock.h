/* The two clocks. What is tested with a scripted clock takes its time as a parameter instead. */
#pragma once

#include <stdint.h>

/* Milliseconds that never go back, from an arbitrary start. */
int64_t clock_mono_ms(void);

/* Milliseconds since 1970, as the machine believes. */
int64_t clock_wall_ms(void);
