/* Files: patterns, several of them, secrets beside them, what cannot be read. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "unit/config/complaints_of.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"

static char directory[] = "/tmp/linkhaul-load-XXXXXX";

static void make_directory(void)
{
    char path[128];

    cr_assert(ne(ptr, mkdtemp(directory), NULL));
    cr_assert(eq(int, chdir(directory), 0));
    snprintf(path, sizeof(path), "%s/jobs.d", directory);
    cr_assert(eq(int, mkdir(path, 0755), 0));
}

static void remove_directory(void)
{
    char command[128];
    pid_t pid = fork();
    int status;

    snprintf(command, sizeof(command), "%s", directory);
    if (pid == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
}

TestSuite(load, .timeout = 30, .init = make_directory, .fini = remove_directory);

static void put_bytes(const char *path, mode_t mode, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert(ge(int, fd, 0), "%s", path);
    cr_assert(eq(sz, (size_t)write(fd, bytes, size), size));
    cr_assert(eq(int, fchmod(fd, mode), 0));
    close(fd);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, 0600, text, strlen(text));
}

/* Loads "main.yaml"; the complaints as printed. */
static char *load(struct config **ret_config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct err err;

    config_load("main.yaml", ret_config, &err);
    config_print_complaints(*ret_config, out);
    fclose(out);
    return text;
}

static void expect_loaded(size_t n_jobs, const char *expected)
{
    CLEANUP(config_free) struct config *config = NULL;
    CLEANUP(mem_free_string) char *text = load(&config);

    cr_expect_str_eq(text, expected, "gives\n%s--- but should\n%s", text, expected);
    cr_expect(eq(sz, config->n_jobs, n_jobs));
}

#define JOB_NAMED(name) "job: " name "\nendpoint: backlinks\ntargets: [moz.com]\n"

Test(load, takes_the_jobs_of_all_files_in_order)
{
    CLEANUP(config_free) struct config *config = NULL;
    CLEANUP(mem_free_string) char *text = NULL;

    put("main.yaml", MAIN);
    put("jobs.d/b.yaml", JOB_NAMED("b1") "---\n" JOB_NAMED("b2"));
    put("jobs.d/a.yaml", JOB_NAMED("a"));
    put("jobs.d/ignored.yml", "{");
    text = load(&config);
    cr_expect_str_eq(text, "");
    cr_assert(eq(sz, config->n_jobs, 3));
    cr_expect_str_eq(config->jobs[0].name, "a");
    cr_expect_str_eq(config->jobs[0].file, "jobs.d/a.yaml");
    cr_expect_str_eq(config->jobs[2].name, "b2");
    cr_expect(eq(uint, config->jobs[2].line, 5));
    cr_expect(eq(ptr, (void *)config_job_find(config, "default", "b2"), &config->jobs[2]));
    cr_expect(eq(ptr, (void *)config_job_find(config, "default", "b3"), NULL));
}

Test(load, never_lets_a_bad_file_hide_the_others)
{
    put("main.yaml", MAIN);
    put("jobs.d/a.yaml", "job: [\n");
    put("jobs.d/b.yaml", JOB_NAMED("b") "max_rows: x\n---\n" JOB_NAMED("c"));
    put("jobs.d/d.yaml", JOB_NAMED("d"));
    cr_assert(eq(int, mkdir("jobs.d/e.yaml", 0755), 0));
    cr_assert(eq(int, symlink("nowhere", "jobs.d/f.yaml"), 0));
    cr_assert(eq(int, mkfifo("jobs.d/g.yaml", 0600), 0));
    expect_loaded(2,
                  "jobs.d/a.yaml:2:1: not YAML: while parsing a flow node, did not find expected "
                  "node content\n"
                  "jobs.d/b.yaml:4:11: max_rows: found \"x\", expected a whole number from 1 to "
                  "1000000000000\n"
                  "jobs.d/e.yaml: is not a regular file\n"
                  "jobs.d/f.yaml: cannot be read: No such file or directory\n"
                  "jobs.d/g.yaml: is not a regular file\n");
}

Test(load, drops_a_job_in_which_a_value_is_broken)
{
    put("main.yaml", MAIN);
    put("jobs.d/a.yaml", JOB_NAMED("a") "labels: {a: *b}\n---\n" JOB_NAMED("b") "---\n" JOB_NAMED(
                             "c") "targets: [ahrefs.com]\n");
    expect_loaded(1,
                  "jobs.d/a.yaml:4:13: aliases (*b) are not supported; write the value out, or "
                  "quote it where it is meant as a text\n"
                  "jobs.d/a.yaml:13:1: the key targets stands twice; the first is in line 12\n");
}

/* Beyond the ceiling of complaints a job is refused all the same. */
Test(load, drops_a_job_whose_complaint_was_left_out)
{
    struct buf jobs = BUF_WITH_CEILING(1 << 20);
    CLEANUP(config_free) struct config *config = NULL;
    CLEANUP(mem_free_string) char *text = NULL;

    put("main.yaml", MAIN);
    for (int i = 0; i < 300; i++)
        buf_printf(&jobs, "---\njob: j%d\nendpoint: backlinks\ntargets: [MOZ.com]\n", i);
    put("jobs.d/a.yaml", buf_text(&jobs));
    text = load(&config);
    buf_deinit(&jobs);
    cr_expect(eq(sz, config->n_jobs, 0));
    cr_expect(eq(sz, config->complaints.n_errors, 300));
}

Test(load, names_the_other_place_of_a_job_with_the_same_name)
{
    put("main.yaml", MAIN);
    put("jobs.d/a.yaml", JOB_NAMED("x") "---\n" JOB_NAMED("y"));
    put("jobs.d/b.yaml", "\n" JOB_NAMED("y") "max_rows: 0\n");
    put("jobs.d/c.yaml", JOB_NAMED("y"));
    expect_loaded(2,
                  "jobs.d/b.yaml:2:6: job: y is the name of another job too, at "
                  "jobs.d/a.yaml:5:6\n"
                  "jobs.d/b.yaml:5:11: max_rows: found 0, expected a whole number from 1 to "
                  "1000000000000\n"
                  "jobs.d/c.yaml:1:6: job: y is the name of another job too, at "
                  "jobs.d/a.yaml:5:6\n");
}

Test(load, says_when_a_pattern_finds_nothing_or_a_directory)
{
    put("main.yaml", MAIN);
    expect_loaded(0, "main.yaml: warning: jobs: no file matches jobs.d/*.yaml\n");
    put("main.yaml", MAIN "jobs: jobs.d\n");
    expect_loaded(0, "main.yaml: jobs: jobs.d is a directory; write jobs: jobs.d/*.yaml\n");
    /* Like a folder that may not be read, but so for root too. */
    cr_assert(eq(int, symlink("loop", "loop"), 0));
    put("main.yaml", MAIN "jobs: loop/*.yaml\n");
    expect_loaded(0,
                  "main.yaml: jobs: loop/*.yaml cannot be searched; may this user read the "
                  "folder?\n");
}

Test(load, looks_for_jobs_beside_a_main_file_whose_folder_looks_like_a_pattern)
{
    CLEANUP(config_free) struct config *config = NULL;
    struct err err = {.text = ""};

    cr_assert(eq(int, mkdir("[ab]*", 0755), 0));
    cr_assert(eq(int, mkdir("[ab]*/jobs.d", 0755), 0));
    put("[ab]*/main.yaml", MAIN "spool: spool\n");
    put("[ab]*/jobs.d/a.yaml", JOB_NAMED("a"));
    cr_expect(config_load("[ab]*/main.yaml", &config, &err), "%s", err.text);
    cr_expect(eq(sz, config->n_jobs, 1));
    cr_expect(eq(sz, config->complaints.n_items, 0));
    cr_expect_str_eq(config->spool, "[ab]*/spool");
}

Test(load, says_what_cannot_be_read)
{
    CLEANUP(mem_free_string) char *big = mem_new((size_t)10 << 20);

    expect_loaded(0, "main.yaml: cannot be read: No such file or directory\n");
    memset(big, '#', (size_t)10 << 20);
    put_bytes("main.yaml", 0600, big, (size_t)10 << 20);
    expect_loaded(0, "main.yaml: is larger than 1 MiB; is this a configuration or job file?\n");
    put("main.yaml", MAIN);
    put_bytes("jobs.d/big.yaml", 0600, big, (size_t)10 << 20);
    expect_loaded(0,
                  "jobs.d/big.yaml: is larger than 1 MiB; is this a configuration or job file?\n");
    put_bytes("jobs.d/big.yaml", 0600, JOB_NAMED("a") "\0", sizeof(JOB_NAMED("a")));
    expect_loaded(0,
                  "jobs.d/big.yaml:4:1: control character U+0000; take it out, or write it as an "
                  "escape in double quotes\n");
}

/* --- secrets --------------------------------------------------------------------------------- */

#define FILES                                                                                      \
    "api: {login_file: login, password_file: password}\nbudget: 1\n"                               \
    "database: {url_file: database}\n"

Test(load, reads_secrets_from_files_beside_the_main_file)
{
    CLEANUP(config_free) struct config *config = NULL;
    CLEANUP(mem_free_string) char *text = NULL;

    put("main.yaml", FILES);
    put("jobs.d/a.yaml", JOB_NAMED("a"));
    put("login", "me@example.com");
    put("password", " ${hunter}#2 \r\n");
    put("database", "postgresql://me:x@db/linkhaul\n");
    text = load(&config);
    cr_expect_str_eq(text, "");
    cr_expect_str_eq(config->accounts[0].login, "me@example.com");
    cr_expect_str_eq(config->accounts[0].password, " ${hunter}#2 ");
    cr_expect_str_eq(config->database_url, "postgresql://me:x@db/linkhaul");
}

Test(load, complains_about_secret_files_without_their_content)
{
    put("main.yaml", FILES);
    put("jobs.d/a.yaml", JOB_NAMED("a"));
    put("login", "hunter1\nhunter2\n");
    put("password", "\n");
    expect_loaded(1,
                  "main.yaml:1:19: api.login_file: login: holds more than one line, or a control "
                  "character; it should hold the value alone\n"
                  "main.yaml:1:41: api.password_file: password: is empty\n"
                  "main.yaml:3:22: database.url_file: database: cannot be read: No such file or "
                  "directory\n");
}

Test(load, warns_where_every_user_can_read_a_secret)
{
    put_bytes("main.yaml", 0644, API "budget: 1\n", strlen(API "budget: 1\n"));
    put("jobs.d/a.yaml", JOB_NAMED("a"));
    expect_loaded(1,
                  "main.yaml:1:28: warning: api.password: every user of this machine can read "
                  "this file; chmod 640 it, or use password_file\n");
    put_bytes("main.yaml", 0644, "api: {login: a, password_file: p}\nbudget: 1\n", 44);
    put_bytes("p", 0644, "x", 1);
    expect_loaded(1,
                  "main.yaml:1:32: warning: api.password_file: every user of this machine can "
                  "read this file; chmod 600 it\n");
    setenv("LH_PASSWORD", "x", 1);
    put_bytes("main.yaml", 0644, "api: {login: a, password: \"${LH_PASSWORD}\"}\nbudget: 1\n", 54);
    expect_loaded(1, "");
}

/* Puts a secret into every value of a main file and of a job, in turn, and looks for it. */
Test(load, never_shows_what_a_variable_holds)
{
    static const char *const lines[] = {
        "api: [\"${LH_SECRET}\"]",
        "api: \"${LH_SECRET}\"",
        "api: {provider: \"${LH_SECRET}\"}",
        "api: {base_url: \"${LH_SECRET}\"}",
        "api: {base_url: \"https://me:${LH_SECRET}@x.com\"}",
        "api: {base_url: \"https://x.com/${LH_SECRET}?\"}",
        "api: {in_flight: \"${LH_SECRET}\"}",
        "database: {url: \"${LH_SECRET}\"}",
        "budget: \"${LH_SECRET}\"",
        "budget: {per_day: \"${LH_SECRET}\"}",
        "archive: \"${LH_SECRET}\"",
        "missing_ok: \"${LH_SECRET}\"",
        "spool_free_min: \"${LH_SECRET}\"",
        "jobs: [\"${LH_SECRET}\"]",
        "job: \"${LH_SECRET}!\"",
        "endpoint: \"${LH_SECRET}\"",
        "schedule: \"${LH_SECRET}\"",
        "timezone: \"${LH_SECRET}\"",
        "targets: [\"${LH_SECRET}\"]",
        "targets: [\"www.${LH_SECRET}.com/x\"]",
        "max_rows: \"${LH_SECRET}\"",
        "labels: \"${LH_SECRET}\"",
        "labels: {a: [\"${LH_SECRET}\"]}",
        "request: \"${LH_SECRET}\"",
        "endpoint: backlinks\nrequest: {mode: \"${LH_SECRET}\", limit: \"${LH_SECRET}\", "
        "tag: [\"${LH_SECRET}\"], include_subdomains: \"${LH_SECRET}\", "
        "order_by: [\"${LH_SECRET}\", \"${LH_SECRET},asc\"], "
        "custom_mode: {field: \"${LH_SECRET}\", value: \"${LH_SECRET}\"}, "
        "filters: [[\"${LH_SECRET}\", \"=\", 1], \"${LH_SECRET}\", [rank, \"${LH_SECRET}\", 1], "
        "and, [rank, \"=\", \"${LH_SECRET}\"]]}",
    };

    setenv("LH_SECRET", "hunter2hunter2", 1);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        CLEANUP(mem_free_string) char *in_main = complaints_of(lines[i], NULL);
        CLEANUP(mem_free_string) char *in_job = complaints_of(MAIN, lines[i]);

        cr_expect(ne(ptr, strstr(in_main, "yaml"), NULL), "%s", lines[i]);
        cr_expect(eq(ptr, strstr(in_main, "hunter2"), NULL), "%s", in_main);
        cr_expect(ne(ptr, strstr(in_job, "yaml"), NULL), "%s", lines[i]);
        cr_expect(eq(ptr, strstr(in_job, "hunter2"), NULL), "%s", in_job);
    }
}

/* --- speed ----------------------------------------------------------------------------------- */

Test(load, reads_five_hundred_job_files_without_a_stop)
{
    CLEANUP(config_free) struct config *config = NULL;
    CLEANUP(mem_free_string) char *text = NULL;
    struct timespec begin, end;
    long ms;

    put("main.yaml", MAIN);
    for (int i = 0; i < 500; i++) {
        char path[64], job[512];

        snprintf(path, sizeof(path), "jobs.d/%d.yaml", i);
        snprintf(job, sizeof(job),
                 "job: job-%d\nendpoint: backlinks\nschedule: \"15 2 * * *\"\n"
                 "timezone: Europe/Berlin\ntargets: [moz.com, ahrefs.com]\n"
                 "request:\n  filters: [[dofollow, \"=\", true], and, [rank, \">\", 5]]\n"
                 "max_rows: 1000\nbudget: 1.00\nlabels: {team: north}\n",
                 i);
        put(path, job);
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    text = load(&config);
    clock_gettime(CLOCK_MONOTONIC, &end);
    ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    cr_expect(eq(sz, config->n_jobs, 500));
    cr_expect(eq(sz, config->complaints.n_errors, 0));
    cr_expect(lt(long, ms, 5000), "%ld ms, with sanitizers", ms);
}
