#include "status/snapshot.h"

const char *snapshot_state_word(enum snapshot_state state)
{
    static const char *const words[] = {[SNAPSHOT_IDLE] = "idle",
                                        [SNAPSHOT_WAITING] = "waiting",
                                        [SNAPSHOT_RUNNING] = "running",
                                        [SNAPSHOT_BLOCKED] = "blocked"};

    return words[state];
}
