/* What the commands share: the table they stand in, and the start that most of them begin with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct config;
struct table;

struct command {
    const char *name;
    const char *arguments; /* behind the name, in the usage line */
    const char *summary;   /* one line */
    const char *help;      /* what `help COMMAND` adds; NULL: the command is not in this version */
    /* argv[0] is the command's name; `file` is that of -c. Returns the exit code. */
    int (*run)(const char *file, int argc, char **argv);
};

/* The commands in their order, those of later versions among them; NULL behind the last. */
const struct command *command_at(size_t index);

/* What the exit codes mean, as lines of text. */
extern const char command_exit_codes[];

int command_check(const char *file, int argc, char **argv);
int command_cost(const char *file, int argc, char **argv);
int command_migrate(const char *file, int argc, char **argv);
int command_plan(const char *file, int argc, char **argv);
int command_publish(const char *file, int argc, char **argv);
int command_replay(const char *file, int argc, char **argv);
int command_run(const char *file, int argc, char **argv);
int command_serve(const char *file, int argc, char **argv);
int command_status(const char *file, int argc, char **argv);
int command_stop(const char *file, int argc, char **argv);

/*
 * A switch of a command: `--name` sets `*value`, `--name TEXT` or `--name=TEXT` sets `*text`. The
 * table ends with a name of NULL.
 */
struct command_switch {
    const char *name;
    bool *value;
    const char **text;
};

/*
 * Reads the switches; the other words, where the command takes any, stay in argv[1 .. return value
 * - 1], in their order. Returns 0 where the command line is wrong; that has been said then.
 */
int command_read(int argc, char **argv, const struct command_switch *switches, bool takes_words);

/* Loads the configuration and prints its complaints; NULL, with the exit code, where it is bad. */
struct config *command_load(const char *file, int *ret_exit_code);

/* The same for a command that works on its own for long: from here on the log is as configured. */
struct config *command_load_logged(const char *file, int *ret_exit_code);

/* Says what is wrong with the command line, and which help there is; returns the exit code. */
int command_misused(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Logs an error and returns its exit code. */
int command_fail(const struct err *err);

/* How wide the terminal behind `fd` is; 0 where there is none. */
size_t command_columns(int fd);

/* Prints a table on standard output: whole, or as it fits a terminal. */
void command_print_table(const struct table *table);
