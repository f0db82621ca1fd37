#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "core/mem.h"

/* A configuration that is read again, file by file. */

TestSuite(reload, .timeout = 20);

#define MAIN "api: {login: a, password: b}\nbudget: 5\njobs: \"*.job\"\n"
#define JOB(name, more) "job: " name "\nendpoint: backlinks\ntargets: [moz.com]\n" more

static char folder[] = "/tmp/linkhaul-reload.XXXXXX";
static struct config_kept *kept;
static struct config *config;
static struct err err;

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    CLEANUP(mem_free_string) char *path = path_of(name);
    FILE *file = fopen(path, "w");

    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static bool reload(void)
{
    CLEANUP(mem_free_string) char *path = path_of("main.yaml");

    config_free(&config);
    return config_reload(path, kept, &config, &err);
}

static void begin(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    kept = config_kept_new();
    write_file("main.yaml", MAIN);
    write_file("a.job", JOB("a", ""));
    write_file("b.job", JOB("b", "max_rows: 7\n"));
    cr_assert(reload(), "%s", err.text);
    cr_assert(eq(sz, config->n_jobs, 2));
    cr_assert(eq(sz, config->n_bad_files, 0));
}

static void end(void)
{
    static const char *const names[] = {"main.yaml", "a.job", "b.job"};

    for (size_t i = 0; i < 3; i++) {
        CLEANUP(mem_free_string) char *path = path_of(names[i]);

        unlink(path);
    }
    rmdir(folder);
    config_free(&config);
    config_kept_destroy(kept);
}

Test(reload, keeps_what_a_bad_file_had_by_the_main_file_as_it_is_now)
{
    begin();
    write_file("b.job", JOB("b", "max_rows: many\n") "---\n" JOB("c", ""));
    write_file("main.yaml", "api: {login: a, password: b}\nbudget: 2\njobs: \"*.job\"\n");
    cr_assert(reload(), "%s", err.text);
    cr_expect(eq(sz, config->n_jobs, 2));
    cr_expect(eq(str, config->jobs[1].name, (char *)"b"));
    cr_expect(eq(i64, config->jobs[1].max_rows, 7));
    cr_expect(eq(i64, config->jobs[1].budget_nanousd, INT64_C(2000000000)));
    cr_expect(eq(sz, config->n_bad_files, 1));
    cr_expect(eq(sz, config->bad_files[0].n_jobs, 1));
    cr_expect(eq(sz, config->complaints.n_errors, 1));

    write_file("b.job", JOB("b", "max_rows: 8\n"));
    cr_assert(reload(), "%s", err.text);
    cr_expect(eq(i64, config->jobs[1].max_rows, 8));
    cr_expect(eq(sz, config->n_bad_files, 0));
    end();
}

Test(reload, a_file_that_was_never_good_has_no_jobs)
{
    begin();
    config_kept_destroy(kept);
    kept = config_kept_new();
    write_file("b.job", JOB("b", "max_rows: many\n"));
    cr_assert(reload(), "%s", err.text);
    cr_expect(eq(sz, config->n_jobs, 1));
    cr_expect(eq(sz, config->bad_files[0].n_jobs, 0));
    end();
}

Test(reload, a_file_that_is_gone_is_forgotten)
{
    CLEANUP(mem_free_string) char *path = NULL;

    begin();
    path = path_of("b.job");
    cr_assert(eq(int, unlink(path), 0));
    cr_assert(reload(), "%s", err.text);
    cr_expect(eq(sz, config->n_jobs, 1));
    write_file("b.job", "job: [\n");
    cr_assert(reload(), "%s", err.text);
    cr_expect(eq(sz, config->n_jobs, 1), "it is another file, which was never good");
    end();
}

Test(reload, refuses_a_main_file_with_mistakes)
{
    begin();
    write_file("main.yaml", MAIN "budge: 3\n");
    cr_expect(not(reload()));
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    write_file("main.yaml", "");
    cr_expect(not(reload()));
    end();
}
