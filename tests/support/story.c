#define _XOPEN_SOURCE 700 /* nftw */
#include "support/story.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

#define ARGUMENTS_MAX 64
#define SANDBOX_START_MS 20000

void story_begin(struct story *story, const char *database_url)
{
    char folder[] = "/tmp/linkhaul-story.XXXXXX";

    *story = (struct story){
        .linkhaul_program = LINKHAUL_PROGRAM,
        .sandbox_program = LINKHAUL_SANDBOX_PROGRAM,
        .timeout_ms = 120000,
        .database_url = mem_strdup(database_url),
        .out = mem_strdup(""),
        .err = mem_strdup(""),
    };
    if (mkdtemp(folder) == NULL)
        cr_assert_fail("no folder for a story: %s", strerror(errno));
    story->folder = mem_strdup(folder);
    story_file(story, "spool/.keep", "%s", "");
    story_file(story, "jobs.d/.keep", "%s", "");
}

void story_use_release(struct story *story)
{
    story->linkhaul_program = LINKHAUL_RELEASE_PROGRAM;
    story->sandbox_program = LINKHAUL_SANDBOX_RELEASE_PROGRAM;
}

static char *ledger_path(const struct story *story, unsigned sandbox_no)
{
    return mem_printf("%s/ledger-%u.jsonl", story->folder, sandbox_no);
}

void story_sandbox_argv(struct story *story, const char *const arguments[])
{
    const char *address =
        story->sandbox_url == NULL ? "127.0.0.1:0" : story->sandbox_url + strlen("http://");
    CLEANUP(mem_free_string) char *ledger = ledger_path(story, ++story->n_sandboxes);
    const char *argv[ARGUMENTS_MAX + 1] = {story->sandbox_program, "--listen", address, "--ledger",
                                           ledger};
    char *url;

    for (size_t i = 0, n = 5; arguments[i] != NULL && n < ARGUMENTS_MAX; i++, n++)
        argv[n] = arguments[i];
    process_deinit(&story->sandbox);
    process_start(&story->sandbox, argv, NULL);
    url = process_first_line(&story->sandbox, SANDBOX_START_MS);
    if (strncmp(url, "http://", strlen("http://")) != 0)
        cr_assert_fail("the sandbox's first line is no URL: %s", url);
    free(story->sandbox_url);
    story->sandbox_url = url;
}

void story_config(struct story *story, const char *more)
{
    story_config_account(story, "", more);
}

/* Each line of `text` two columns further in. */
static char *indent(const char *text)
{
    struct buf lines = BUF_WITH_CEILING(65536);

    while (*text != '\0') {
        size_t size = strcspn(text, "\n");

        buf_printf(&lines, "  %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
    return buf_take(&lines);
}

static bool has_key(const char *yaml, const char *key)
{
    size_t length = strlen(key);

    while (*yaml != '\0') {
        if (strncmp(yaml, key, length) == 0 && yaml[length] == ':')
            return true;
        yaml += strcspn(yaml, "\n");
        yaml += *yaml == '\n';
    }
    return false;
}

void story_config_account(struct story *story, const char *account, const char *more)
{
    CLEANUP(mem_free_string) char *lines = indent(account);

    story_file(story, "linkhaul.yaml",
               "api:\n"
               "  provider: dataforseo\n"
               "  base_url: %s\n"
               "  login: sandbox\n"
               "  password: sandbox\n"
               "%s"
               "database:\n"
               "  url: \"%s\"\n"
               "spool: %s/spool\n"
               "jobs: jobs.d/*.yaml\n"
               "%s%s%s",
               story->sandbox_url, lines, story->database_url, story->folder,
               has_key(more, "budget") ? "" : "budget: 100.00\n",
               has_key(more, "http") ? "" : "http: off\n", more);
}

/* Makes the folders above `path`, which lies in the story's folder. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            cr_assert_fail("mkdir %s: %s", path, strerror(errno));
        *slash = '/';
    }
}

void story_file(struct story *story, const char *name, const char *format, ...)
{
    CLEANUP(mem_free_string) char *path = story_path(story, name);
    va_list arguments;
    FILE *file;

    make_folders(path);
    file = fopen(path, "w");
    if (file == NULL)
        cr_assert_fail("%s: %s", path, strerror(errno));
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

char *story_path(const struct story *story, const char *name)
{
    return mem_printf("%s/%s", story->folder, name);
}

void story_start_argv(struct story *story, const char *const arguments[])
{
    static const char *const environment[] = {"MALLOC_ARENA_MAX=2", NULL};
    CLEANUP(mem_free_string) char *config = story_path(story, "linkhaul.yaml");
    const char *argv[ARGUMENTS_MAX + 1] = {story->linkhaul_program, "-c", config};

    for (size_t i = 0, n = 3; arguments[i] != NULL && n < ARGUMENTS_MAX; i++, n++)
        argv[n] = arguments[i];
    process_deinit(&story->linkhaul);
    process_start(&story->linkhaul, argv, environment);
}

/* Keeps what linkhaul wrote where the test looks for it. */
static void keep_output(struct story *story)
{
    free(story->out);
    free(story->err);
    story->out = process_out(&story->linkhaul);
    story->err = process_err(&story->linkhaul);
}

int story_wait(struct story *story)
{
    int exit_code = process_wait(&story->linkhaul, story->timeout_ms);

    keep_output(story);
    return exit_code;
}

int story_run_argv(struct story *story, const char *const arguments[])
{
    story_start_argv(story, arguments);
    return story_wait(story);
}

struct wish {
    struct story *story;
    bool (*is_so)(struct story *story);
    bool has_ended;
};

static bool is_so_or_ended(void *data)
{
    struct wish *wish = data;

    wish->has_ended = !process_is_running(&wish->story->linkhaul);
    return wish->has_ended || wish->is_so(wish->story);
}

bool story_kill_when(struct story *story, bool (*is_so)(struct story *story))
{
    struct wish wish = {.story = story, .is_so = is_so};

    if (!wait_until(is_so_or_ended, &wish, story->timeout_ms))
        cr_assert_fail("the moment to kill linkhaul never came");
    process_kill(&story->linkhaul);
    keep_output(story);
    return !wish.has_ended;
}

void story_kill_sandbox(struct story *story)
{
    process_kill(&story->sandbox);
}

static char *query(struct story *story, const char *sql)
{
    PGconn *connection = PQconnectdb(story->database_url);
    PGresult *result = PQexec(connection, sql);
    char *value = NULL;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        cr_assert_fail("%s: %s", sql, PQerrorMessage(connection));
    if (PQntuples(result) != 1 || PQnfields(result) != 1)
        cr_assert_fail("%s: gives %d rows of %d columns, not one value", sql, PQntuples(result),
                       PQnfields(result));
    if (!PQgetisnull(result, 0, 0))
        value = mem_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(connection);
    return value;
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format,
                                                               va_list arguments)
{
    char text[16384];
    int length = vsnprintf(text, sizeof(text), format, arguments);

    if (length < 0 || (size_t)length >= sizeof(text))
        cr_assert_fail("a statement of a story is longer than %zu bytes", sizeof(text));
    return mem_strdup(text);
}

char *story_text(struct story *story, const char *format, ...)
{
    va_list arguments;
    char *sql, *value;

    va_start(arguments, format);
    sql = format_text(format, arguments);
    va_end(arguments);
    value = query(story, sql);
    free(sql);
    return value;
}

int64_t story_int(struct story *story, const char *format, ...)
{
    va_list arguments;
    char *sql, *text;
    int64_t value = 0;

    va_start(arguments, format);
    sql = format_text(format, arguments);
    va_end(arguments);
    text = query(story, sql);
    if (text == NULL || !text_parse_int64(text, strlen(text), &value))
        cr_assert_fail("%s: gives %s, not an integer", sql, text == NULL ? "null" : text);
    free(sql);
    free(text);
    return value;
}

void story_expect_text(struct story *story, const char *expected, const char *format, ...)
{
    va_list arguments;
    char *sql, *text;

    va_start(arguments, format);
    sql = format_text(format, arguments);
    va_end(arguments);
    text = query(story, sql);
    cr_expect_str_eq(text != NULL ? text : "null", expected, "%s: gives %s, not %s", sql,
                     text != NULL ? text : "null", expected);
    free(sql);
    free(text);
}

void story_ledger(struct story *story, struct ledger *ret_ledger)
{
    *ret_ledger = (struct ledger){.calls = NULL};
    for (unsigned no = 1; no <= story->n_sandboxes; no++) {
        CLEANUP(mem_free_string) char *path = ledger_path(story, no);

        ledger_add_file(ret_ledger, path);
    }
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void story_end(struct story *story)
{
    process_deinit(&story->linkhaul);
    process_deinit(&story->sandbox);
    nftw(story->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(story->folder);
    free(story->database_url);
    free(story->sandbox_url);
    free(story->out);
    free(story->err);
    *story = (struct story){.folder = NULL};
}
