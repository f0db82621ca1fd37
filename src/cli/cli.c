#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

#define DEFAULT_FILE "/etc/linkhaul/linkhaul.yaml"

// clang-format off
static const struct command commands[] = {
    { "check", "[--show] [--live]", "validate the configuration and every job",
      "Offline, and free: every complaint at once, as file:line:column: text.\n\n"
      "  --show   print the effective configuration, secrets masked, jobs with their feeds\n"
      "  --live   also ask the API (login, balance, prices; free calls only) and the database\n",
      command_check },
    { "cost", "[--month YYYY-MM] [--by WHAT] [--csv]", "what was spent in a month",
      "The ledger summed: calls, items, dollars. Settled is what the API named as a call's cost;\n"
      "undelivered, what it billed and nobody received; unknown, the most that calls can have cost\n"
      "of which nobody can tell yet; reserved, the most that calls under way can cost. All of it\n"
      "counts against the caps.\n\n"
      "  --month YYYY-MM   of the days of `api: timezone`; this month where it is not given\n"
      "  --by WHAT         a line per job (so it is by default), endpoint, target,\n"
      "                    account or label\n"
      "  --csv             for a spreadsheet: dollars as plain numbers, no line for the total\n",
      command_cost },
    { "migrate", "[--dry-run]", "create or upgrade the schema",
      "Applies what is missing, in order, each migration in a transaction of its own.\n\n"
      "  --dry-run   print the statements that would be run, and change nothing (for reading: run\n"
      "              by hand, they leave no record of themselves, and `migrate` would fail)\n",
      command_migrate },
    { "plan", "JOB... [--probe] [--compare] [...]", "rows, calls, dollars, minutes, before they are spent",
      "What the next run of these jobs takes, and a month of their nights, by what their feeds' last\n"
      "runs were told (BASIS). Of an open run only the rest counts. <= is the most that it can be,\n"
      "where max_rows or a cap bounds what is unknown; + goes beyond what is known. Caps that would\n"
      "end a run are named with the row. The database is asked, no call is made.\n\n"
      "  --probe     ask the API how big those feeds are that nobody knows of: a call for one item\n"
      "              each, whose price is named before and which counts under every cap\n"
      "  --compare   price the shapes of each feed side by side, a run on average and a month: as it\n"
      "              is, without its filters, one link per domain, by its changes (sync). What is\n"
      "              not known yet is not guessed\n"
"  --max USD   end with 2 where this run can cost more, as far as the caps let it\n"
      "  --json      {jobs: [{job, endpoint, schedule, runs_a_month, open_run, prices: {per_call,\n"
      "              per_item, source}, feeds: [{target, basis, run: PART, month: PART,\n"
      "              with --compare: sync_takes, shapes: [{shape, dollars_a_run, dollars_a_run_max,\n"
      "              dollars_a_month, dollars_a_month_max, basis}]}],\n"
      "              run: PART, month: PART}], run: PART, month: PART, caps: [{in (run or month),\n"
      "              per, of, cap, spent, job, after_rows, of_rows, on_night, text}]}; a PART is\n"
      "              {rows, rows_max, calls, calls_max, dollars, dollars_max, minutes, gigabytes}.\n"
      "              Dollars are decimal strings, what is unknown is null\n",
      command_plan },
    { "publish", "RUN", "accept a run that a guard held back",
      "Makes the listings visible that `status` shows as held: those that have shrunk beyond\n"
      "max_shrink. RUN is the number that stands there. No call is made.\n",
      command_publish },
    { "replay", "RUN [--into SCHEMA]", "load a run again from the archive, at no charge",
      "Decodes the answers of a run anew, from its segment in the spool, as after an upgrade that\n"
      "maps more fields: no call is made. RUN is its number, run_id in linkhaul.run; it must be over.\n"
      "Its published listings become those of a new run of the same night and are shown in place of\n"
      "the old ones, unless a newer one of the feed is; the old rows stay behind them.\n\n"
      "  --into SCHEMA   to compare: no new run; all rows of this one, as they would be now, go to\n"
      "                  tables in that schema, made where it is missing. Tables that a replay has\n"
      "                  made there are replaced, any other of the same name is left alone.\n",
      command_replay },
    { "run", "JOB... | --all [--fresh] [--night DATE]", "run jobs now, with progress on a terminal",
      "Goes on with a job's open run, or begins one for tonight. A listing that ends by budget or\n"
      "error stays open and unpublished: run again and it goes on where it stopped.\n"
      "SIGINT or SIGTERM: no new calls, what is paid for lands; a second one ends at once.\n"
      "Beside the service it asks that for the run, by its definition of the job, follows it, and\n"
      "ends with its exit code. A run that is under way is joined. A signal then ends the command\n"
      "alone, with 1, and the service goes on (see `stop`); where the service goes away it is 75.\n\n"
      "  --all     every job\n"
      "  --fresh   do not go on with an open run: what it holds is published as what it is, unless\n"
      "            something newer is, or given up, and its dollars are named\n"
      "  --night DATE   the run is of that night, as 2026-03-14, and its calls count in that day:\n"
      "            for a rehearsal\n",
      command_run },
    { "serve", "", "the service: jobs by their schedules",
      "Starts jobs when they are due (schedule, timezone, jitter), side by side, and goes on until it\n"
      "is ended. A start that is not made is a row of linkhaul.missed_start, with its reason. A\n"
      "database that is away, and an account without money, are waited for.\n\n"
      "  SIGHUP             reads the configuration again; a job file with mistakes stays as it was\n"
      "  SIGTERM, SIGINT    no new calls, what is paid for lands, within `drain`; a second one ends\n"
      "                     at once, and nothing is lost\n",
      command_serve },
    { "status", "[JOB...] [--size] [--json]", "accounts, jobs, and what needs attention",
      "What the database knows; no call is made. Accounts: what is left, for how many nights as the\n"
      "last 14 were, and what the caps of today and this month still allow. Jobs: the last run, and\n"
      "when the service starts the next one. RESULT is of its listings the worst completeness\n"
      "(complete, limited, capped, short), or held (see `linkhaul help publish`), abandoned, unmoved;\n"
      "of a run that is not over running, stopped, budget, error, or open where nobody is at it.\n"
      "Then the feeds that need attention, or all of the jobs that are named: PUBLISHED is the night\n"
      "that analysts see, LAST what the last run took.\n\n"
      "  --size   also what takes how much room: facts by week, state, ledger, spool\n"
      "  --json   {running: {name, since} or null,\n"
      "           accounts: [{account, balance, asked_at, keep_balance, nights, a_night,\n"
      "           left_today, left_this_month}],\n"
      "           jobs: [{project, job, schedule, timezone, next, last: {run, night, account,\n"
      "           result, reason, started_at, ended_at, feeds, feeds_published, items,\n"
      "           items_expected, rows, missing, new, lost, calls_under_way, budget, settled,\n"
      "           undelivered, unknown, reserved}, missed: {scheduled_at, starts, reason}}],\n"
      "           feeds: [{project, job, target, endpoint,\n"
      "           published_night, last: {run, run_state, night, way (full, changes, unmoved),\n"
      "           state, completeness, reason, published_at, total_count, max_rows, items,\n"
      "           rows, repeats, missing, new, lost, settled, undelivered, unknown, reserved}}]};\n"
      "           all feeds, dollars as decimal strings, null what is not known or not there;\n"
      "           with --size also sizes: [{of, table, partition, rows_about, bytes}],\n"
      "           spool_bytes, bytes\n",
      command_status },
    { "stop", "RUN | JOB", "no more calls for a run; what was paid for lands",
      "Said to an open run by its number (see `status`), or to a job. Whoever works on it makes no\n"
      "more calls, and what was paid for lands. The run stays open: the job's next start goes on\n"
      "with it.\n",
      command_stop },
};
// clang-format on

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const char command_exit_codes[] =
    "0 done (limited, capped or short with a warning), 1 failed or stopped,\n"
    "  2 a listing ended by budget or error, or a plan is above its --max, 64 usage, 69 API or\n"
    "  database unavailable, 70 internal, 75 try later (balance, daily limit, another holder),\n"
    "  77 login refused, 78 bad configuration\n";

const struct command *command_at(size_t index)
{
    return index < N_COMMANDS ? &commands[index] : NULL;
}

static void print_usage(FILE *out)
{
    fputs(
        "usage: linkhaul [-c FILE] COMMAND\n\n"
        "Syncs backlink data from a paid HTTP API into PostgreSQL, and never pays twice.\n\n"
        "commands:\n",
        out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].run != NULL)
            fprintf(out, "  %-8s %-38s %s\n", commands[i].name, commands[i].arguments,
                    commands[i].summary);
    fputs(
        "  help     COMMAND                                more about a command\n\n"
        "options:\n"
        "  -c, --config FILE   the configuration (" DEFAULT_FILE
        ")\n"
        "      --version       print the version\n"
        "      --help          print this\n\n"
        "exit codes: ",
        out);
    fputs(command_exit_codes, out);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[N_COMMANDS];
    const char *meant;

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    meant = text_near_miss(name, names, N_COMMANDS);
    log_error("%s: no such command%s%s%s", name, meant != NULL ? "; did you mean `" : "",
              meant != NULL ? meant : "", meant != NULL ? "`?" : "");
    fputs("try `linkhaul --help`\n", stderr);
    return err_exit_code(ERR_USAGE);
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int help(const char *name)
{
    const struct command *command = name != NULL ? find_command(name) : NULL;

    if (name == NULL || is_help(name)) {
        print_usage(stdout);
        return 0;
    }
    if (command == NULL)
        return unknown_command(name);
    printf("usage: linkhaul [-c FILE] %s%s%s\n\n%s", command->name,
           command->arguments[0] != '\0' ? " " : "", command->arguments, command->help);
    return 0;
}

static int run_command(const char *file, int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);

    if (strcmp(argv[0], "help") == 0)
        return help(argc > 1 ? argv[1] : NULL);
    if (command == NULL)
        return unknown_command(argv[0]);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && is_help(argv[i]))
            return help(argv[0]);
    return command->run(file, argc, argv);
}

/* Passwords live in this process: no core dump, and nobody but root may look into its memory. */
static void protect(void)
{
#ifndef __SANITIZE_ADDRESS__ /* LeakSanitizer looks into its own process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    signal(SIGPIPE, SIG_IGN);
}

static int bad_option(int argc, char **argv)
{
    if (optopt == 'c')
        log_error("-c: names no file; write -c FILE");
    else if (optopt != 0)
        log_error("-%c: no such option", optopt);
    else
        log_error("%s: no such option", optind > 0 && optind <= argc ? argv[optind - 1] : "-");
    fputs("try `linkhaul --help`\n", stderr);
    return err_exit_code(ERR_USAGE);
}

/* A full disk behind `check --show > file` should not look as if the file were whole. */
static int flush_output(int exit_code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return exit_code;
    log_error("standard output cannot be written: %s", strerror(errno));
    return exit_code != 0 ? exit_code : err_exit_code(ERR_IO);
}

static int read_line(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = DEFAULT_FILE;
    int option;

    opterr = 0; /* our own words, with the same start as all others */
    while ((option = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1)
        switch (option) {
        case 'c':
            file = optarg;
            break;
        case 'V':
            puts("linkhaul " LINKHAUL_VERSION);
            return 0;
        case 'h':
            print_usage(stdout);
            return 0;
        default:
            return bad_option(argc, argv);
        }
    if (optind == argc) {
        print_usage(stderr);
        return err_exit_code(ERR_USAGE);
    }
    return run_command(file, argc - optind, argv + optind);
}

int cli_main(int argc, char **argv)
{
    int exit_code;

    protect();
    exit_code = flush_output(read_line(argc, argv));
    log_flush(NULL);
    return exit_code;
}

int command_misused(const char *command, const char *format, ...)
{
    CLEANUP(mem_free_string) char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = mem_vprintf(format, arguments);
    va_end(arguments);
    log_error("%s", text);
    fprintf(stderr, "try `linkhaul help %s`\n", command);
    return err_exit_code(ERR_USAGE);
}

/* Says what is wrong with an option that the command does not have. */
static void refuse_option(const char *command, const char *option)
{
    if (strncmp(option, "-c", 2) == 0 || strncmp(option, "--config", 8) == 0)
        command_misused(command, "%s: stands in front of the command: linkhaul -c FILE %s", option,
                        command);
    else
        command_misused(command, "%s: no such option of `linkhaul %s`", option, command);
}

/* Whether `word` is this switch, alone or with `=TEXT` behind it. */
static bool is_switch(const struct command_switch *which, const char *word)
{
    size_t length = strlen(which->name);

    return strncmp(word, which->name, length) == 0 &&
           (word[length] == '\0' || (word[length] == '=' && which->text != NULL));
}

/* Takes up the switch argv[*at], with its text where it has one behind it. */
static bool read_switch(int argc, char **argv, const struct command_switch *switches, int *at)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    const struct command_switch *found = switches;

    while (found->name != NULL && !is_switch(found, word))
        found++;
    if (found->name == NULL) {
        refuse_option(argv[0], word);
        return false;
    }
    if (found->text != NULL && equals == NULL && *at + 1 == argc) {
        command_misused(argv[0], "%s: its value is missing; write it behind", word);
        return false;
    }
    if (found->text != NULL)
        *found->text = equals != NULL ? equals + 1 : argv[++*at];
    else
        *found->value = true;
    return true;
}

int command_read(int argc, char **argv, const struct command_switch *switches, bool takes_words)
{
    int n_kept = 1;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            if (!read_switch(argc, argv, switches, &i))
                return 0;
        } else if (takes_words) {
            argv[n_kept++] = argv[i];
        } else {
            command_misused(argv[0], "%s: `linkhaul %s` takes options only", argv[i], argv[0]);
            return 0;
        }
    }
    return n_kept;
}

static struct config *load(const char *file, bool is_logged, int *ret_exit_code)
{
    struct config *config = NULL;
    struct err err;
    bool is_good = config_load(file, &config, &err);

    if (is_good && is_logged) {
        log_configure(config->log, config->log_level);
        config_log_complaints(config);
    } else if (config != NULL) {
        config_print_complaints(config, stderr);
    }
    if (is_good)
        return config;
    *ret_exit_code = command_fail(&err);
    config_destroy(config);
    return NULL;
}

struct config *command_load(const char *file, int *ret_exit_code)
{
    return load(file, /* is_logged= */ false, ret_exit_code);
}

struct config *command_load_logged(const char *file, int *ret_exit_code)
{
    return load(file, /* is_logged= */ true, ret_exit_code);
}

int command_fail(const struct err *err)
{
    log_error("%s%s", err->text, err_advice(err->kind));
    return err_exit_code(err->kind);
}

size_t command_columns(int fd)
{
    struct winsize size;

    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void command_print_table(const struct table *table)
{
    table_print(table, command_columns(STDOUT_FILENO), stdout);
}
