/* What this process takes of its machine, as /proc has it. */
#pragma once

#include "status/snapshot.h"

/* Sets open files and memory of the snapshot; -1 where the machine does not tell. */
void process_measure(struct snapshot *snapshot);
