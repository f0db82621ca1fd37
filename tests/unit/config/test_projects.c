/* `projects`: a job for each of them, with its targets in place of $own and $competitors. */
#include "unit/config/complaints_of.h"

#include <stdio.h>

#include "core/buf.h"

TestSuite(projects, .timeout = 20);

#define PROJECTS                                                                                   \
    MAIN                                                                                           \
        "projects:\n  acme: {own: [acme.de], competitors: [zalando.de, otto.de]}\n"                \
        "  globex: {own: [globex.com, globex.de], competitors: [hooli.com], budget: {per_run: 2, " \
        "per_day: 7}}\n"                                                                           \
        "  bare: {own: [bare.de]}\n"
#define GAP                                                                                        \
    "job: link-gap\nendpoint: domain_intersection\n"                                               \
    "request: {targets: $competitors, exclude_targets: $own}\n"

static struct config *load(const char *main_text, const char *job)
{
    struct config *config = NULL;
    struct err err;

    if (!config_load_text(main_text, strlen(main_text), job, strlen(job), &config, &err)) {
        config_print_complaints(config, stderr);
        cr_assert(false, "%s", job);
    }
    return config;
}

static void expect_job(const struct config_job *job, const char *title, const char *project,
                       const char *target, const char *request)
{
    cr_expect_str_eq(job->title, title);
    cr_expect_str_eq(job->name, "link-gap");
    cr_expect_str_eq(job->project, project);
    cr_expect(eq(sz, job->n_feeds, 1));
    cr_expect_str_eq(job->feeds[0].target, target);
    cr_expect_str_eq(job->feeds[0].request, request);
}

Test(projects, make_a_job_for_each)
{
    CLEANUP(config_free) struct config *config = load(PROJECTS, GAP "projects: [globex, acme]\n");

    cr_assert(eq(sz, config->n_jobs, 2));
    expect_job(&config->jobs[0], "globex/link-gap", "globex", "hooli.com",
               "{\"exclude_targets\":[\"globex.com\",\"globex.de\"],"
               "\"targets\":{\"1\":\"hooli.com\"}}");
    expect_job(&config->jobs[1], "acme/link-gap", "acme", "zalando.de + otto.de",
               "{\"exclude_targets\":[\"acme.de\"],"
               "\"targets\":{\"1\":\"zalando.de\",\"2\":\"otto.de\"}}");
    cr_expect(config_job_is_named(&config->jobs[0], "link-gap"));
    cr_expect(config_job_is_named(&config->jobs[1], "acme/link-gap"));
    cr_expect(not(config_job_is_named(&config->jobs[1], "globex/link-gap")));
    cr_expect(eq(ptr, (void *)config_job_find(config, "acme", "link-gap"), &config->jobs[1]));
    cr_expect(eq(ptr, (void *)config_job_find(config, "default", "link-gap"), NULL));
}

Test(projects, hold_their_jobs_with_their_budget)
{
    static const char main_text[] =
        API "projects: {acme: {own: [acme.de], budget: {per_run: 2, per_day: 7}}}\n";
    CLEANUP(config_free) struct config *config = load(main_text, FULL "project: acme\n");

    cr_expect(eq(i64, config->jobs[0].budget_nanousd, 2000000000));
    cr_expect(eq(i64, config->jobs[0].project_budget.per_day_nanousd, 7000000000));
}

Test(projects, of_one_name_the_job_too)
{
    CLEANUP(config_free) struct config *config = load(PROJECTS, GAP "project: acme\n");

    cr_assert(eq(sz, config->n_jobs, 1));
    cr_expect_str_eq(config->jobs[0].title, "acme/link-gap");
}

Test(projects, give_their_targets_where_they_are_named)
{
    static const char *const expected[] = {"a.com", "zalando.de", "otto.de", "acme.de", "b.com"};
    CLEANUP(config_free)
    struct config *config = load(PROJECTS,
                                 "job: a\nendpoint: backlinks\nproject: acme\n"
                                 "targets: [a.com, $competitors, $own, b.com]\n");

    cr_assert(eq(sz, config->jobs[0].n_feeds, 5));
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(config->jobs[0].feeds[i].target, expected[i]);
}

Test(projects, give_their_targets_to_feeds)
{
    CLEANUP(config_free)
    struct config *config = load(PROJECTS,
                                 "job: a\nendpoint: page_intersection\nproject: acme\n"
                                 "request: {exclude_targets: [x.com, $own]}\n"
                                 "feeds: [{targets: $competitors}, {targets: {\"1\": y.com}, "
                                 "exclude_targets: [$competitors]}]\n");

    cr_assert(eq(sz, config->jobs[0].n_feeds, 2));
    cr_expect_str_eq(config->jobs[0].feeds[0].request,
                     "{\"exclude_targets\":[\"x.com\",\"acme.de\"],"
                     "\"targets\":{\"1\":\"zalando.de\",\"2\":\"otto.de\"}}");
    cr_expect_str_eq(config->jobs[0].feeds[1].request,
                     "{\"exclude_targets\":[\"zalando.de\",\"otto.de\"],"
                     "\"targets\":{\"1\":\"y.com\"}}");
}

Test(projects, are_shown_as_they_are_read)
{
    CLEANUP(config_free) struct config *config = load(PROJECTS, GAP "projects: [globex, acme]\n");
    CLEANUP(config_free) struct config *again = NULL;
    CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(1 << 16);
    char *jobs;

    config_show(config, &shown);
    jobs = strstr(buf_text(&shown), "\n---\n");
    cr_assert(ne(ptr, jobs, NULL));
    *jobs = '\0';
    again = load(shown.data, jobs + 1);
    cr_assert(eq(sz, again->n_jobs, 2));
    cr_expect(eq(sz, again->n_projects, 3));
    for (size_t i = 0; i < 2; i++) {
        cr_expect_str_eq(again->jobs[i].title, config->jobs[i].title);
        cr_expect(eq(i64, again->jobs[i].budget_nanousd, config->jobs[i].budget_nanousd));
        cr_expect(uuid_is_equal(&again->jobs[i].feeds[0].key, &config->jobs[i].feeds[0].key));
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

/* A configuration with so many projects, targets of the one job and feeds of the other. */
static struct config *grown(size_t n_projects, size_t n_targets, size_t n_feeds)
{
    CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(1 << 16), jobs = text;

    buf_append_string(&text, MAIN "projects:\n");
    buf_append_string(&jobs,
                      "job: link-gap\nendpoint: domain_intersection\n"
                      "request: {targets: $competitors}\nprojects: [");
    for (size_t i = 0; i < n_projects; i++) {
        buf_printf(&text, "  p%zu: {own: [o%zu.com], competitors: [c%zu.com, d%zu.com]}\n", i, i, i,
                   i);
        buf_printf(&jobs, "%sp%zu", i == 0 ? "" : ", ", i);
    }
    buf_append_string(&jobs, "]\n---\njob: listing\nendpoint: backlinks\nproject: p0\ntargets: [");
    for (size_t i = 0; i < n_targets; i++)
        buf_printf(&jobs, "%st%zu.com", i == 0 ? "" : ", ", i);
    buf_append_string(&jobs, "]\nfeeds:\n");
    for (size_t i = 0; i < n_feeds; i++)
        buf_printf(&jobs, "- filters: [rank, \">\", %zu]\n", i);
    return load(buf_text(&text), buf_text(&jobs));
}

static bool has_key(const struct config *config, const struct uuid *key)
{
    for (size_t i = 0; i < config->n_jobs; i++)
        for (size_t j = 0; j < config->jobs[i].n_feeds; j++)
            if (uuid_is_equal(&config->jobs[i].feeds[j].key, key))
                return true;
    return false;
}

Test(projects, targets_and_feeds_that_come_change_no_others_key)
{
    static const size_t more[][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {3, 5, 2}};

    for (size_t n = 1; n < 5; n++)
        for (size_t i = 0; i < 4; i++) {
            CLEANUP(config_free) struct config *before = grown(n, n, n);
            CLEANUP(config_free)
            struct config *after = grown(n + more[i][0], n + more[i][1], n + more[i][2]);

            for (size_t job = 0; job < before->n_jobs; job++)
                for (size_t feed = 0; feed < before->jobs[job].n_feeds; feed++)
                    cr_expect(has_key(after, &before->jobs[job].feeds[feed].key));
        }
}

Test(projects, keys_are_their_own)
{
    CLEANUP(config_free)
    struct config *config = load(PROJECTS, FULL
                                 "projects: [acme, globex]\n---\njob: b\n"
                                 "endpoint: backlinks\ntargets: [moz.com]\n");
    CLEANUP(config_free) struct config *plain = load(MAIN, FULL);

    cr_assert(eq(sz, config->n_jobs, 3));
    cr_expect(not(uuid_is_equal(&config->jobs[0].feeds[0].key, &config->jobs[1].feeds[0].key)));
    cr_expect(not(has_key(config, &plain->jobs[0].feeds[0].key)));
}

/* --- mistakes -------------------------------------------------------------------------------- */

#define NO_NAME                                                                                    \
    " is no name for one; write lower-case letters, digits, _ . - (63 at most), beginning with a " \
    "letter or digit, and not default, which is the project of jobs that name none\n"
#define OF_A_PROJECT                                                                               \
    " is of a project; write project: and the name of one, from projects of the main file\n"

static const struct mistake in_main[] = {
    {MAIN "projects: [acme]\n",
     "main.yaml:3:11: projects: found a list, expected a map of names to own and competitors\n"},
    {MAIN "projects: {}\n",
     "main.yaml:3:11: projects: found a map, expected a map of names to own and competitors\n"},
    {MAIN "projects: {Acme: {own: [a.com]}}\n", "main.yaml:3:12: projects: Acme" NO_NAME},
    {MAIN "projects: {default: {own: [a.com]}}\n", "main.yaml:3:12: projects: default" NO_NAME},
    {MAIN "projects: {acme: a.com}\n",
     "main.yaml:3:18: projects.acme: found \"a.com\", expected a map: own, competitors\n"},
    {MAIN "projects: {acme: {onw: [a.com]}}\n",
     "main.yaml:3:19: projects.acme.onw: unknown key; known are own, competitors, budget\n"},
    {MAIN "projects: {acme: {own: []}}\n",
     "main.yaml:3:24: projects.acme.own: found an empty list, expected a list such as [moz.com]\n"},
    {MAIN "projects: {acme: {own: a.com}}\n",
     "main.yaml:3:24: projects.acme.own: found \"a.com\", expected a list such as [moz.com]\n"},
    {MAIN "projects: {acme: {own: [a.com, b.com, a.com]}}\n",
     "main.yaml:3:39: projects.acme.own: \"a.com\" stands twice; the first is in line 3\n"},
    {MAIN "projects: {acme: {own: [a.com], competitors: [b.com, a.com]}}\n",
     "main.yaml:3:54: projects.acme.competitors: \"a.com\" is one of own too; keep one\n"},
};

Test(projects, mistakes_in_the_main_file)
{
    EXPECT_ALL(in_main, false);
}

static const struct mistake in_jobs[] = {
    {FULL "project: acne\n", "job.yaml:4:10: project: found \"acne\"; did you mean acme?\n"},
    {FULL "project: umbrella\n",
     "job.yaml:4:10: project: found \"umbrella\", which projects of "
     "the main file does not have\n"},
    {FULL "project: [acme]\n",
     "job.yaml:4:10: project: found a list, expected the name of a project\n"},
    {FULL "projects: acme\n",
     "job.yaml:4:11: projects: found \"acme\", expected a list of names of projects\n"},
    {FULL "projects: []\n",
     "job.yaml:4:11: projects: found an empty list, expected a list of names of projects\n"},
    {FULL "projects: [acme, acme]\n", "job.yaml:4:18: projects: \"acme\" stands twice\n"},
    {FULL "project: acme\nprojects: [globex]\n",
     "job.yaml:5:1: project and projects are both there; keep one\n"},
    {JOB "targets: [$own]\n", "job.yaml:3:11: targets: $own" OF_A_PROJECT},
    {GAP, "job.yaml:3:20: request.targets: $competitors" OF_A_PROJECT
          "job.yaml:3:51: request.exclude_targets: $own" OF_A_PROJECT},
    {GAP "projects: [acme, bare]\n",
     "job.yaml:3:20: request.targets: $competitors: project bare has no competitors in the main "
     "file\n"},
    {JOB "project: acme\ntargets: $own\n",
     "job.yaml:4:10: targets: found \"$own\", expected a list of 1 to 1000 targets, such as "
     "[moz.com, ahrefs.com]\n"},
    {JOB "project: acme\ntargets: [otto.de, $competitors]\n",
     "job.yaml:4:20: targets: \"otto.de\" stands twice; the first is in line 4\n"},
    {JOB "project: acme\ntargets: [$own, $own]\n",
     "job.yaml:4:17: targets: \"acme.de\" stands twice; the first is in line 4\n"},
    /* the same for all of its projects, once */
    {JOB "projects: [acme, globex]\ntargets: [$own]\nrequest: {mod: as_is}\n",
     "job.yaml:5:11: request.mod: backlinks has no such parameter; did you mean mode?\n"},
    {GAP "project: acme\n---\n" GAP "projects: [globex, acme]\n",
     "job.yaml:6:6: job: acme/link-gap is the name of another job too, at job.yaml:1:6\n"},
    /* what is wrong beside the project is told too */
    {JOB "targets: [$own, no]\nproject: acne\n",
     "job.yaml:3:17: targets: found \"no\"; a target is a domain such as moz.com, or a page such "
     "as https://moz.com/blog\njob.yaml:4:10: project: found \"acne\"; did you mean acme?\n"},
};

Test(projects, mistakes_in_jobs)
{
    for (size_t i = 0; i < sizeof(in_jobs) / sizeof(in_jobs[0]); i++)
        expect_complaints(PROJECTS, in_jobs[i].text, in_jobs[i].complaints);
}

/* A project with so many competitors. */
static char *main_with(size_t n)
{
    struct buf text = BUF_WITH_CEILING(1 << 16);

    buf_append_string(&text, MAIN "projects: {acme: {competitors: [");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%sc%zu.com", i == 0 ? "" : ", ", i);
    buf_append_string(&text, "]}}\n");
    return buf_take(&text);
}

Test(projects, are_not_beyond_what_a_call_takes)
{
    static const char targets[] =
        "job: a\nendpoint: domain_intersection\nproject: acme\nrequest: {targets: $competitors}\n";
    static const char excluded[] =
        "job: a\nendpoint: domain_intersection\nproject: acme\nrequest: "
        "{targets: {\"1\": a.com}, exclude_targets: [b.com, "
        "$competitors]}\n";
    CLEANUP(mem_free_string) char *nine = main_with(9), *ten = main_with(10);
    CLEANUP(mem_free_string) char *twenty = main_with(20), *more = main_with(21);

    expect_complaints(twenty, targets, "");
    expect_complaints(more, targets,
                      "job.yaml:4:20: request.targets: are 21 with those of project acme, the API "
                      "takes at most 20\n");
    expect_complaints(nine, excluded, "");
    expect_complaints(ten, excluded,
                      "job.yaml:4:51: request.exclude_targets: are 11 with those of project acme, "
                      "the API takes at most 10\n");
}

/* A flawed project is told of once, where it stands; a good job beside it is one. */
Test(projects, with_a_mistake_have_no_jobs)
{
    static const char main_text[] = MAIN "projects: {acme: {own: [5]}, globex: {own: [g.com]}}\n";
    static const char job[] = JOB "projects: [acme, globex]\ntargets: [$own]\n";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    expect_complaints(main_text, job,
                      "main.yaml:3:25: projects.acme.own: found 5, expected a target such as "
                      "moz.com\n");
    cr_assert(not(config_load_text(main_text, strlen(main_text), job, strlen(job), &config, &err)));
    cr_assert(eq(sz, config->n_jobs, 1));
    cr_expect_str_eq(config->jobs[0].title, "globex/a");
}
