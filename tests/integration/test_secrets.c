#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/books.h"
#include "support/pg.h"

/*
 * No secret gets out, whatever goes wrong: not into what linkhaul writes, nor the spool, the
 * database or the process list.
 */

#define STARTS_MAX 60
#define API_PASSWORD "Hush-ApiWord-4711"
#define DATABASE_PASSWORD "Hush-DbWord-0815"
#define TOKEN "sk-aisa-Hush-2342"

static const char *const secrets[] = {
    API_PASSWORD, DATABASE_PASSWORD, TOKEN,
    "cm9ib3Q6SHVzaC1BcGlXb3JkLTQ3MTE=", /* robot:Hush-ApiWord-4711, as HTTP carries it */
};

#define N_SECRETS (sizeof(secrets) / sizeof(secrets[0]))

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(secrets, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;
static const struct books books = {"example.com", 3000, 100, 20};

/* All that is ever logged, in either form. */
static const char *log_form = "text";

static void write_config(const char *database_more)
{
    story_file(&story, "linkhaul.yaml",
               "api:\n  base_url: %s\n  login: robot\n  password: %s\n"
               "database:\n  url: \"%s&password=%s%s\"\n"
               "spool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n"
               "log: %s\nlog_level: debug\n",
               story.sandbox_url, API_PASSWORD, story.database_url, DATABASE_PASSWORD,
               database_more, story.folder, log_form);
}

static void begin(void)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--login", "robot", "--password", API_PASSWORD, "--items",
                  books_items(&books), "--fault", "http502html_billed=0.03", "--fault",
                  "reset_billed=0.03", "--fault", "40101=0.03", "--fault", "garbage=0.03",
                  "--fault", "drop_after=0.03", "--fault", "50000=0.05", "--refuse-after", "20");
    write_config("");
    books_write_job(&story, &books);
}

static bool holds(const char *data, size_t size, const char *text)
{
    size_t length = strlen(text);

    for (size_t at = 0; at + length <= size; at++)
        if (data[at] == text[0] && memcmp(data + at, text, length) == 0)
            return true;
    return false;
}

static void expect_none_in(const char *what, const char *data, size_t size)
{
    for (size_t i = 0; i < N_SECRETS; i++)
        cr_expect(not(holds(data, size, secrets[i])), "%s tells %s", what, secrets[i]);
}

static void expect_none_in_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    size_t size = 0, n;

    if (file == NULL)
        cr_fatal("%s: %s", path, strerror(errno));
    do {
        data = mem_resize(data, size + 65536, 1);
        n = fread(data + size, 1, 65536, file);
        size += n;
    } while (n > 0);
    fclose(file);
    expect_none_in(path, data, size);
    free(data);
}

/* What it writes until it ends, and how it shows in the process list. */
static int run_silently(const char *const arguments[])
{
    char path[64];
    int code;

    story_start_argv(&story, arguments);
    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)story.linkhaul.pid);
    expect_none_in_file(path);
    code = story_wait(&story);
    expect_none_in("standard output", story.out, strlen(story.out));
    expect_none_in("standard error", story.err, strlen(story.err));
    return code;
}

#define run(...) run_silently((const char *const[]){__VA_ARGS__, NULL})

static void expect_none_in_spool(void)
{
    char *folder = story_path(&story, "spool");
    DIR *dir = opendir(folder);
    size_t n = 0;

    cr_assert(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char *path = mem_printf("%s/%s", folder, entry->d_name);

        if (entry->d_name[0] != '.') {
            expect_none_in_file(path);
            n++;
        }
        free(path);
    }
    closedir(dir);
    free(folder);
    cr_expect(gt(sz, n, 0), "there is no segment in the spool");
}

static void expect_none_in_database(void)
{
    for (size_t i = 0; i < N_SECRETS; i++)
        story_expect_text(&story, "",
                          "select coalesce(string_agg(table_name, ' '), '') from "
                          "information_schema.tables where table_schema like 'linkhaul%%' and "
                          "query_to_xml(format('select * from %%I.%%I', table_schema, table_name), "
                          "true, true, '')::text like '%%%s%%'",
                          secrets[i]);
}

Test(secrets, none_gets_out)
{
    int code = 1;

    begin();
    cr_assert(eq(int, run("migrate"), 0), "%s", story.err);
    cr_expect(eq(int, run("run", "walk"), 77), "the login was not refused: %s", story.err);
    log_form = "json";
    write_config("");
    cr_expect(eq(int, run("run", "walk"), 77), "the login was not refused: %s", story.err);
    process_signal(&story.sandbox, SIGUSR1);
    setenv("LINKHAUL_DIE_AT", "after-spool:5", 1);
    cr_expect(eq(int, run("run", "walk"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    for (int i = 0; code != 0 && i < STARTS_MAX; i++)
        code = run("run", "walk");
    cr_assert(eq(int, code, 0), "%s", story.err);
    books_expect_rows(&story, &books);
    run("check");
    run("check", "--show");
    cr_expect(eq(int, run("check", "--live"), 0), "%s", story.err);
    run("status");
    expect_none_in_spool();
    expect_none_in_database();
    for (int i = 0; i < 2; i++) {
        log_form = i == 0 ? "json" : "text";
        write_config("&port=1");
        cr_expect(eq(int, run("run", "walk"), 69), "%s", story.err);
        write_config("&no_such_option=1");
        run("run", "walk");
    }
    story_kill_sandbox(&story);
    write_config("");
    cr_expect(eq(int, run("check", "--live"), 69), "%s", story.err);
    story_end(&story);
}

/* The same of a gateway's key, which a refusal and a death come across too. */
Test(secrets, no_token_gets_out)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--token", TOKEN, "--items", books_items(&books), "--gateway-error",
                  "3=401,revoked_api_key");
    story_file(&story, "linkhaul.yaml",
               "api: {provider: aisa, base_url: %s/apis/v1, token: %s, calls_per_minute: 3000}\n"
               "database: {url: \"%s\"}\nspool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n"
               "log: json\nlog_level: debug\n",
               story.sandbox_url, TOKEN, story.database_url, story.folder);
    books_write_job(&story, &books);
    cr_assert(eq(int, run("migrate"), 0), "%s", story.err);
    cr_expect(eq(int, run("run", "walk"), 77), "the key was not refused: %s", story.err);
    setenv("LINKHAUL_DIE_AT", "after-spool:2", 1);
    cr_expect(eq(int, run("run", "walk"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    cr_expect(eq(int, run("run", "walk"), 0), "%s", story.err);
    run("check", "--show");
    run("check", "--live");
    run("status");
    expect_none_in_spool();
    expect_none_in_database();
    story_kill_sandbox(&story);
    cr_expect(eq(int, run("run", "--fresh", "walk"), 69), "%s", story.err);
    story_end(&story);
}
