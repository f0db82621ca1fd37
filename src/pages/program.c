#include "cli/command.h"
#include "pages/pages.h"
#include "pages/roff.h"

static void append_command(struct buf *out, const struct command *command)
{
    buf_printf(out, ".SS ");
    roff_text(out, command->name);
    buf_append_string(out, ".PP\n.B ");
    roff_text(out, "linkhaul [-c FILE]");
    buf_append_string(out, ".B ");
    roff_text(out, command->name);
    if (command->arguments[0] != '\0')
        roff_text(out, command->arguments);
    buf_append_string(out, ".PP\n");
    roff_text(out, command->summary);
    roff_verbatim(out, command->help);
}

void pages_program(struct buf *out)
{
    roff_begin(out, "linkhaul", 1, "backlink data from a paid HTTP API into PostgreSQL");
    roff_section(out, "SYNOPSIS");
    roff_verbatim(out,
                  "linkhaul [-c FILE] COMMAND ...\n"
                  "linkhaul help [COMMAND]\n"
                  "linkhaul --version | --help");
    roff_section(out, "DESCRIPTION");
    roff_text(
        out,
        "Pages through the listings that the jobs name and lands them in PostgreSQL. No call is "
        "made unless the database has reserved its worst case under every cap, and what was "
        "paid for is not bought again, whenever the program ends.\n"
        "Data goes to standard output, progress and log to standard error.");
    roff_section(out, "COMMANDS");
    for (size_t i = 0; command_at(i) != NULL; i++)
        if (command_at(i)->run != NULL)
            append_command(out, command_at(i));
    roff_section(out, "OPTIONS");
    roff_tag(out, "-c, --config FILE");
    roff_text(out, "the configuration, in front of the command");
    roff_section(out, "EXIT STATUS");
    roff_text(out, command_exit_codes);
    roff_section(out, "FILES");
    roff_tag(out, "/etc/linkhaul/linkhaul.yaml");
    roff_text(out, "the configuration where -c names no other");
    roff_tag(out, "/etc/linkhaul/jobs.d/*.yaml");
    roff_text(out, "the jobs, unless it says otherwise");
    roff_tag(out, "/var/lib/linkhaul");
    roff_text(out,
              "answers on their way to the database, and the archive of those that have landed");
    roff_section(out, "SEE ALSO");
    buf_append_string(out, ".BR linkhaul.yaml (5),\n.BR linkhaul\\-job (5)\n");
}
