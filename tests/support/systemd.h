/*
 * systemd as a service meets it: the socket of sd_notify(3) and the watchdog. One at a time; what
 * is started meanwhile finds it in its environment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct story;

/* Listens in the story's folder. The watchdog wants to be fed every `watchdog_ms`; 0: there is
 * none. */
void systemd_begin(struct story *story, int64_t watchdog_ms);
void systemd_end(void);

/* Reads messages until one has `text` in it, which is left as the last one; fails the test where
 * none comes. */
void systemd_expect(const char *text);

/* Whether the last message has it. */
bool systemd_has(const char *text);

/* Forgets what came so far. */
void systemd_drain(void);
