/*
 * The manual and the completion for bash, from the tables that the program itself goes by: its
 * commands with their help, and the keys of its files. What the tables do not say is said here.
 */
#pragma once

#include "core/buf.h"

/* Pages in roff's man macros: linkhaul(1), linkhaul.yaml(5), linkhaul-job(5). */
void pages_program(struct buf *out);
void pages_main_file(struct buf *out);
void pages_job(struct buf *out);

/* A script that bash-completion loads. */
void pages_completion(struct buf *out);
