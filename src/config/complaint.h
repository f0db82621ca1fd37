/*
 * Complaints: what is wrong with a configuration, each with its place and what would be right.
 *
 * They are collected rather than returned, so that reading goes on behind one and all are shown at
 * once. A complaint never holds the value of a secret, nor what a variable expanded to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum complaint_level {
    COMPLAINT_ERROR,
    COMPLAINT_WARNING, /* works, and probably is not what was meant */
    COMPLAINT_NOTE,
};

struct complaint {
    const char *file;      /* lasts as long as the config */
    unsigned file_no;      /* order of the files: the main file is 0 */
    unsigned line, column; /* from 1; 0: the file as a whole */
    enum complaint_level level;
    size_t order; /* in which they came */
    char *text;   /* ours */
};

struct complaints {
    struct complaint *items;
    size_t n_items;
    size_t n_errors; /* also of those that were left out */
    size_t n_warnings;
};

/* A file that is being read, and where its complaints go. */
struct source {
    const char *file;
    unsigned file_no;
    bool is_in_memory;      /* nothing may be read from disk */
    bool is_world_readable; /* so a secret in it is none */
    size_t n_complaints;
    size_t n_errors; /* also those that were made before, and of those that were left out */
    struct complaints *complaints;
};

/* Beyond this many complaints about one file the rest is left out, and the last one says so. */
#define COMPLAINTS_PER_FILE_MAX 200

/* The same text at the same place is one complaint, however often it is made. */
void complain(struct source *source, enum complaint_level level, unsigned line, unsigned column,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

/* By file, line and column; equal places keep their order. */
void complaints_sort(struct complaints *complaints);

/* "file:line:column: text"; warnings and notes say so in front of the text. */
void complaints_print(const struct complaints *complaints, enum complaint_level from,
                      enum complaint_level to, FILE *out);

/* Errors and warnings, a line of the log each. */
void complaints_log(const struct complaints *complaints);

void complaints_deinit(struct complaints *complaints);
