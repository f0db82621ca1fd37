/*
 * The loader of main and job files, from any bytes: a main file, a line "%%%%", a job file. Without
 * such a line all of it is a job file beside a main file that is right.
 *
 * Beyond not crashing: what is accepted holds JSON that a parser takes, and `check --show` of its
 * jobs is read back as the same jobs with the same feeds.
 */
#include <json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/yaml.h"
#include "core/buf.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEPARATOR "\n%%%%\n"

static const char good_main[] = "api: {login: me, password: x}\nbudget: 5.00\n";

static void require(bool is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static bool is_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void require_json(const char *text)
{
    struct json_object *object = json_tokener_parse(text);

    require(json_object_is_type(object, json_type_object), "request and labels are JSON objects");
    json_object_put(object);
}

static void require_same_job(const struct config_job *a, const struct config_job *b)
{
    require(is_equal(a->name, b->name), "name");
    require(is_equal(a->schedule, b->schedule), "schedule");
    require(is_equal(a->timezone, b->timezone), "timezone");
    require(is_equal(a->request, b->request), "request");
    require(is_equal(a->labels, b->labels), "labels");
    require(a->limit == b->limit && a->max_rows == b->max_rows, "limit and max_rows");
    require(memcmp(&a->own_budget, &b->own_budget, sizeof(a->own_budget)) == 0, "budget");
    require(a->missing_ok_ppm == b->missing_ok_ppm && a->max_shrink_ppm == b->max_shrink_ppm &&
                a->resume_within_s == b->resume_within_s && a->retention_s == b->retention_s,
            "percentages and durations");
    require(a->n_feeds == b->n_feeds, "number of feeds");
    for (size_t i = 0; i < a->n_feeds; i++) {
        require(is_equal(a->feeds[i].target, b->feeds[i].target), "target");
        require(uuid_is_equal(&a->feeds[i].key, &b->feeds[i].key), "feed key");
    }
}

/* What is shown of the jobs says the same as the file it was made from. */
static void require_show_to_be_read_back(const struct config *config)
{
    CLEANUP(mem_free_string) char *main_text = NULL;
    CLEANUP(buf_deinit) struct buf shown = BUF_WITH_CEILING(YAML_BYTES_MAX * 16);
    CLEANUP(config_free) struct config *again = NULL;
    const char *jobs, *projects;
    struct err err = {.text = ""};

    config_show(config, &shown);
    jobs = strstr(buf_text(&shown), "\n---\n");
    if (jobs == NULL || shown.size > YAML_BYTES_MAX ||
        (config->n_projects > 0 && config->complaints.n_errors > 0))
        return;
    projects = strstr(buf_text(&shown), "\nprojects:"); /* the last of the main file's keys */
    main_text = config->n_projects == 0
                    ? mem_strdup(good_main)
                    : mem_printf("%s%.*s\n", good_main, (int)(jobs - projects), projects);
    if (!config_load_text(main_text, strlen(main_text), jobs, strlen(jobs), &again, &err)) {
        fputs(buf_text(&shown), stderr);
        config_print_complaints(again, stderr);
        require(false, "what is shown is right");
    }
    require(again->n_jobs == config->n_jobs, "number of jobs");
    for (size_t i = 0; i < config->n_jobs; i++)
        require_same_job(&config->jobs[i], &again->jobs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(mem_free_string) char *text = mem_strndup((const char *)data, size);
    CLEANUP(config_free) struct config *config = NULL;
    const char *main_text = good_main, *job_text = text;
    size_t main_size = strlen(good_main), job_size = size;
    const char *separator = strstr(text, SEPARATOR);
    struct err err = {.text = ""};
    bool is_loaded;

    setenv("LH_FUZZ", "x: y # z", 1);
    if (separator != NULL) {
        main_text = text;
        main_size = (size_t)(separator - text);
        job_text = separator + strlen(SEPARATOR);
        job_size = size - (size_t)(job_text - text);
    }
    is_loaded = config_load_text(main_text, main_size, job_text, job_size, &config, &err);
    require(is_loaded == (config->complaints.n_errors == 0), "no error, so loaded");
    require(is_loaded == (err.text[0] == '\0'), "an error has a text");
    for (size_t i = 0; i < config->n_jobs; i++) {
        require_json(config->jobs[i].request);
        require_json(config->jobs[i].labels);
        require(config->jobs[i].endpoint != NULL && config->jobs[i].n_feeds > 0, "a whole job");
    }
    require_show_to_be_read_back(config);
    return 0;
}
