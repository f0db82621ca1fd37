#include <stdio.h>

#include "cli/check_live.h"
#include "cli/command.h"
#include "config/config.h"
#include "core/buf.h"
#include "core/mem.h"

/* `check`: the configuration offline; with --live (check_live.c) what can be asked for nothing. */

#define SHOW_MAX (16 * 1024 * 1024)

int command_check(const char *file, int argc, char **argv)
{
    bool is_show = false, is_live = false;
    const struct command_switch switches[] = {
        {"--show", &is_show}, {"--live", &is_live}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int n_words = command_read(argc, argv, switches, false), exit_code = 0;
    struct buf shown = BUF_WITH_CEILING(SHOW_MAX);
    size_t n_feeds = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    config_print_notes(config, stderr);
    for (size_t i = 0; i < config->n_jobs; i++)
        n_feeds += config->jobs[i].n_feeds;
    if (is_show) {
        config_show(config, &shown);
        fputs(buf_text(&shown), stdout);
        buf_deinit(&shown);
    } else {
        printf("%s: good: %zu job%s, %zu feed%s\n", file, config->n_jobs,
               config->n_jobs == 1 ? "" : "s", n_feeds, n_feeds == 1 ? "" : "s");
    }
    return is_live ? check_live(config) : 0;
}
