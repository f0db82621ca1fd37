/*
 * Which nights are over: those that no fire of a schedule may still come for, and that no start is
 * at work on, waits for or is to be tried again for. Nights are days since 1970; whose they are is
 * each job's time zone, so one job's may be over while another's has not begun.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct scheduler;

/*
 * All nights before the one that is returned are over. `starts` are the nights of the starts that
 * there are. INT64_MIN: that is not known yet; INT64_MAX: no more can come.
 */
int64_t night_end_first_open(const struct scheduler *scheduler, const int64_t starts[], size_t n);
