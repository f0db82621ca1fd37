#include "core/point.h"

#ifdef LINKHAUL_POINTS

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is left to pass of the point that was named. */
static struct {
    bool is_read;
    char name[32];
    long n_left; /* 0: none was named */
} death;

/* "NAME:N" */
static void read_death(void)
{
    const char *text = getenv("LINKHAUL_DIE_AT");
    const char *colon = text != NULL ? strchr(text, ':') : NULL;

    death.is_read = true;
    if (colon == NULL || (size_t)(colon - text) >= sizeof(death.name))
        return;
    memcpy(death.name, text, (size_t)(colon - text));
    death.n_left = strtol(colon + 1, NULL, 10);
}

void point(const char *name)
{
    if (!death.is_read)
        read_death();
    if (death.n_left <= 0 || (strcmp(death.name, name) != 0 && strcmp(death.name, "any") != 0))
        return;
    if (--death.n_left == 0)
        raise(SIGKILL);
}

#endif
