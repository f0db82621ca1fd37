/* A snapshot as tests want it: two jobs, one running, two accounts, and what is odd about them. */
#pragma once

#include "status/snapshot.h"

struct made_up {
    struct snapshot snapshot;
    struct snapshot_job jobs[2];
    struct snapshot_account accounts[2];
    struct snapshot_cap caps[2];
    struct snapshot_file bad_files[1];
    struct snapshot_error errors[1];
    struct snapshot_night nights[2];
    struct meter *meter;
};

/* made_up_end() it. */
void made_up_begin(struct made_up *made_up);
void made_up_end(struct made_up *made_up);
