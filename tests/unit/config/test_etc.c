/*
 * What ships in etc/: the generated files are what the generator makes, and the samples load.
 * LINKHAUL_REWRITE=1 writes the generated files anew.
 */
#include "config/config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/endpoint.h"
#include "config/file.h"
#include "core/buf.h"
#include "core/mem.h"

TestSuite(etc, .timeout = 20);

#define ETC SOURCE_DIR "/etc/"
#define TEXT_MAX ((size_t)1 << 20)

static void expect_generated(const char *path, void (*generate)(struct buf *out))
{
    CLEANUP(buf_deinit) struct buf made = BUF_WITH_CEILING(TEXT_MAX);
    CLEANUP(buf_deinit) struct buf there = BUF_WITH_CEILING(TEXT_MAX);
    bool is_world_readable;
    struct err err;

    generate(&made);
    cr_assert(not(made.is_overfull));
    if (getenv("LINKHAUL_REWRITE") != NULL) {
        FILE *file = fopen(path, "w");

        cr_assert(ne(ptr, file, NULL));
        fputs(buf_text(&made), file);
        cr_assert(eq(int, fclose(file), 0));
    }
    cr_assert(file_read(path, &there, &is_world_readable, &err), "%s", err.text);
    cr_assert_str_eq(buf_text(&there), buf_text(&made));
}

Test(etc, sample_is_what_the_table_says)
{
    expect_generated(ETC "linkhaul.yaml", config_sample);
}

Test(etc, schema_of_the_main_file_is_what_the_table_says)
{
    expect_generated(ETC "linkhaul.schema.json", config_schema);
}

Test(etc, schema_of_jobs_is_what_the_tables_say)
{
    expect_generated(ETC "job.schema.json", config_job_schema);
}

/* A credentials directory as systemd makes it. */
static void make_credentials(char *directory, mode_t mode)
{
    char path[256];
    int fd;

    cr_assert(ne(ptr, mkdtemp(directory), NULL));
    snprintf(path, sizeof(path), "%s/dataforseo", directory);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, fchmod(fd, mode), 0));
    cr_assert(eq(sz, (size_t)write(fd, "hunter2\n", 8), 8));
    close(fd);
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    setenv("DATAFORSEO_LOGIN", "me@example.com", 1);
}

static void remove_credentials(const char *directory)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/dataforseo", directory);
    unlink(path);
    rmdir(directory);
}

Test(etc, samples_load_without_an_error)
{
    char directory[] = "/tmp/linkhaul-etc-XXXXXX";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err = {.text = ""};
    bool is_loaded;

    make_credentials(directory, 0600);
    unsetenv("LINKHAUL_BASE_URL");
    unsetenv("LINKHAUL_DATABASE_URL");
    unsetenv("LINKHAUL_SPOOL");
    is_loaded = config_load(ETC "linkhaul.yaml", &config, &err);
    remove_credentials(directory);
    config_print_complaints(config, stderr);
    cr_assert(is_loaded, "%s", err.text);

    cr_expect(eq(sz, config->complaints.n_warnings, 0));
    cr_expect_str_eq(config->accounts[0].base_url, "https://api.dataforseo.com");
    cr_expect_str_eq(config->accounts[0].login, "me@example.com");
    cr_expect_str_eq(config->accounts[0].password, "hunter2");
    cr_expect(eq(i64, config->accounts[0].in_flight, 25));
    cr_expect(eq(i64, config->accounts[0].calls_per_minute, 2000));
    cr_expect_str_eq(config->database_url, "postgresql:///linkhaul");
    cr_expect_str_eq(config->spool, "/var/lib/linkhaul");
    cr_expect(eq(i64, config->budget.per_run_nanousd, INT64_C(5000000000)));
    cr_expect(eq(i64, config->budget.per_day_nanousd, INT64_C(25000000000)));
    cr_expect(eq(i64, config->spool_free_min_bytes, INT64_C(1) << 30));
    cr_expect(eq(i64, config->archive_max_bytes, 0));
    cr_assert(eq(sz, config->n_projects, 1));
    cr_assert(eq(sz, config->n_jobs, 3));

    cr_expect_str_eq(config->jobs[0].name, "competitor-backlinks");
    cr_expect(eq(sz, config->jobs[0].n_feeds, 3));
    cr_expect_str_eq(config->jobs[0].feeds[0].target, "semrush.com");
    cr_expect_str_eq(config->jobs[0].feeds[2].target, "moz.com");
    cr_expect(eq(i64, config->jobs[0].budget_nanousd, INT64_C(3000000000)));
    cr_expect_str_eq(config->jobs[0].labels, "{\"team\":\"north\"}");
    cr_expect_str_eq(config->jobs[0].timezone, "Europe/Berlin");

    cr_expect_str_eq(config->jobs[1].name, "forbes-sample");
    cr_expect_str_eq(config->jobs[1].request,
                     "{\"filters\":[[\"dofollow\",\"=\",true]],\"limit\":5}");
    cr_expect(eq(i64, config->jobs[1].limit, 5));
    cr_expect(eq(i64, config->jobs[1].max_rows, 5));
    cr_expect(eq(i64, config->jobs[1].budget_nanousd, INT64_C(100000000)));
    cr_expect_str_eq(config->jobs[1].endpoint->name, "backlinks");
    cr_expect_str_eq(config->jobs[1].timezone, "UTC");

    cr_expect_str_eq(config->jobs[2].name, "link-gap");
    cr_expect_str_eq(config->jobs[2].endpoint->name, "domain_intersection");
    cr_expect(eq(sz, config->jobs[2].n_feeds, 1));
}

Test(etc, sample_says_which_variable_is_missing)
{
    char directory[] = "/tmp/linkhaul-etc-XXXXXX";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err = {.text = ""};
    bool is_loaded;

    make_credentials(directory, 0600);
    unsetenv("DATAFORSEO_LOGIN");
    is_loaded = config_load(ETC "linkhaul.yaml", &config, &err);
    remove_credentials(directory);
    cr_assert(not(is_loaded));
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(eq(sz, config->complaints.n_errors, 1));
    cr_assert_str_eq(config->complaints.items[0].text,
                     "the variable DATAFORSEO_LOGIN is not set; set it, or write "
                     "${DATAFORSEO_LOGIN:-default}");
}
