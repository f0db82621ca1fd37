/*
 * Named points on a page's way, at which a test lets the process die: LINKHAUL_DIE_AT=after-spool:3
 * in the environment is a kill -9 at the third passing of that point, any:3 at the third passing of
 * any. Only in builds for tests (LINKHAUL_POINTS); in others a point is nothing at all.
 */
#pragma once

#ifdef LINKHAUL_POINTS
/* On the loop's thread only. */
void point(const char *name);
#else
static inline void point(const char *name)
{
    (void)name;
}
#endif
