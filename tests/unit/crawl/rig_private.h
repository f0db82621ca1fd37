/* What rig.c (events and time) and rig_ports.c (what the crawl asks for) share. */
#pragma once

#include "unit/crawl/rig.h"

extern const struct crawl_ports rig_ports;
