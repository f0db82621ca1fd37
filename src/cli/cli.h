/* The command line: `linkhaul [-c FILE] COMMAND ...`; a file per command, a table of commands. */
#pragma once

/* Runs a command; the exit code is sysexits' (see `linkhaul help`). */
int cli_main(int argc, char **argv);
