/* What rig.c (time), rig_events.c (the answers) and rig_ports.c (what is asked for) share. */
#pragma once

#include "unit/crawl/rig.h"

extern const struct crawl_ports rig_ports;

/* Commits what `event` is about, or tells the crawl of it. */
void rig_play_event(struct rig_event event);
