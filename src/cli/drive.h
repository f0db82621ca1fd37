/*
 * Drives an engine from its start to its end, with progress on standard error. The first signal
 * drains; the second ends the process at once, which loses nothing either: the next start goes on
 * from the spool.
 */
#pragma once

struct engine;
struct engine_settings;

/* `done` and `data` of the settings are set here. `at_end` sees the engine before it goes; NULL:
 * nobody does. Returns the exit code. */
int drive(const struct engine_settings *settings, void (*at_end)(const struct engine *engine));
