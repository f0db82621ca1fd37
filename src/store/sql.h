/* The files of sql/, as they are built into the binary; sql/embed.cmake writes the source. */
#pragma once

struct sql_migration {
    int number; /* from 1 on, without a gap */
    const char *name;
    const char *sql;
};

/* In order; ended by number 0. */
extern const struct sql_migration sql_migrations[];

/* The statements of sql/queries; each file tells at its head what its parameters are. */
