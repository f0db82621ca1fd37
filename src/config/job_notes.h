/* What is no mistake in a job, and worth knowing. */
#pragma once

#include "config/complaint.h"

struct config_job;
struct yaml_node;

/* Notes where the job's listings are never whole, or group links: then nothing is ever told as
 * lost.
 */
void job_note_what_is_never_lost(struct source *source, const struct yaml_node *document,
                                 const struct config_job *job);
