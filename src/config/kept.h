/* Texts of job files as they last were good, by path. */
#pragma once

#include <stddef.h>

struct config_kept;

/* Both texts are copied. */
void kept_put(struct config_kept *kept, const char *path, const char *text);

/* NULL where there is none; valid until the next call for that path. */
const char *kept_find(const struct config_kept *kept, const char *path);

/* Forgets all but these. */
void kept_forget(struct config_kept *kept, const char *const paths[], size_t n);
