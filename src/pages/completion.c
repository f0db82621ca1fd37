#include <string.h>

#include "cli/command.h"
#include "pages/pages.h"

/* The switches that stand in a command's line of usage. */
static void append_switches(struct buf *out, const char *arguments)
{
    const char *separator = "";

    for (const char *at = strstr(arguments, "--"); at != NULL; at = strstr(at, "--")) {
        size_t length = 2 + strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");

        buf_append_string(out, separator);
        buf_append(out, at, length);
        separator = " ";
        at += length;
    }
}

void pages_completion(struct buf *out)
{
    const struct command *command;

    buf_append_string(
        out,
        "# bash completion for linkhaul; written by linkhaul-pages while building\n"
        "_linkhaul() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    local command= i\n\n"
        "    COMPREPLY=()\n"
        "    if [[ $before == -c || $before == --config ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n"
        "        -c | --config) i=$((i + 1)) ;;\n"
        "        -*) ;;\n"
        "        *)\n"
        "            command=${COMP_WORDS[i]}\n"
        "            break\n"
        "            ;;\n"
        "        esac\n"
        "    done\n"
        "    case $command in\n"
        "    '' | help) mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        if (command->run != NULL)
            buf_printf(out, "%s ", command->name);
    buf_append_string(out, "help --config --help --version' -- \"$word\") ;;\n");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->run == NULL || strstr(command->arguments, "--") == NULL)
            continue;
        buf_printf(out, "    %s) mapfile -t COMPREPLY < <(compgen -W '", command->name);
        append_switches(out, command->arguments);
        buf_append_string(out, "' -- \"$word\") ;;\n");
    }
    buf_append_string(out, "    esac\n}\ncomplete -o default -F _linkhaul linkhaul\n");
}
