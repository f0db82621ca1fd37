/*
 * The happy path: the main file is read, its pattern names the job files, each of their documents
 * becomes a job; names are compared; complaints are sorted.
 *
 * A main file that is no YAML ends it there, since the pattern is not known. A job file that cannot
 * be read, or is wrong, is complained about, and the others are read all the same. Of two jobs with
 * one name the later is refused.
 */
#include "config/config.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/account.h"
#include "config/file.h"
#include "config/formerly.h"
#include "config/job.h"
#include "config/kept.h"
#include "config/key.h"
#include "config/project.h"
#include "config/read.h"
#include "config/value.h"
#include "config/yaml.h"
#include "core/buf.h"
#include "core/mem.h"

/* Where a job's name stands, and whether the job may be used. */
struct job_place {
    unsigned file_no, line, column;
    bool is_good;
};

struct load {
    struct config *config;
    struct job_place *places; /* one per job of config */
    bool is_budget_missed;    /* the main file names none */
    struct config_kept *kept; /* NULL: a file with mistakes has no other text */
};

static bool load_main(struct load *load, struct source *source, const char *text, size_t size);
static void load_job_files(struct load *load);
static void load_jobs(struct load *load, struct source *source, const char *text, size_t size);
static void refuse_second_names(struct load *load);
static void refuse_former_names(struct load *load);
static void drop_bad_jobs(struct load *load);

static struct source open_source(struct load *load, const char *file)
{
    struct config *config = load->config;
    unsigned file_no = (unsigned)config->n_files;

    config->files = mem_resize(config->files, config->n_files + 1, sizeof(*config->files));
    config->files[config->n_files++] = mem_strdup(file);
    return (struct source){
        .file = config->files[file_no], .file_no = file_no, .complaints = &config->complaints};
}

static bool finish(struct load *load, struct config **ret_config, struct err *err)
{
    struct config *config = load->config;
    size_t n_errors;

    refuse_second_names(load);
    refuse_former_names(load);
    drop_bad_jobs(load);
    free(load->places);
    complaints_sort(&config->complaints);
    n_errors = config->complaints.n_errors;
    *ret_config = config;
    if (n_errors > 0)
        return err_set(err, ERR_CONFIG, "%s: %zu mistake%s in the configuration", config->file,
                       n_errors, n_errors == 1 ? "" : "s");
    return true;
}

static struct load begin(const char *path)
{
    struct config *config = mem_new(sizeof(*config));

    config->file = mem_strdup(path);
    return (struct load){.config = config, .is_budget_missed = true};
}

/* The text of a file, or false and a complaint. */
static bool read_source(struct source *source, struct buf *text)
{
    struct err err;

    if (file_read(source->file, text, &source->is_world_readable, &err))
        return true;
    complain(source, COMPLAINT_ERROR, 0, 0, "%s",
             text->is_overfull ? "is larger than 1 MiB; is this a configuration or job file?"
                               : err.text);
    return false;
}

bool config_load(const char *path, struct config **ret_config, struct err *err)
{
    CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
    struct load load = begin(path);
    struct source source = open_source(&load, path);

    if (read_source(&source, &text) && load_main(&load, &source, text.data, text.size))
        load_job_files(&load);
    return finish(&load, ret_config, err);
}

static size_t n_main_errors(const struct config *config)
{
    const struct complaints *complaints = &config->complaints;
    size_t n = 0;

    for (size_t i = 0; i < complaints->n_items; i++)
        n += complaints->items[i].file_no == 0 && complaints->items[i].level == COMPLAINT_ERROR;
    return n;
}

bool config_reload(const char *path, struct config_kept *kept, struct config **ret_config,
                   struct err *err)
{
    CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
    struct load load = begin(path);
    struct source source = open_source(&load, path);
    size_t n_errors;

    load.kept = kept;
    if (read_source(&source, &text) && load_main(&load, &source, text.data, text.size))
        load_job_files(&load);
    finish(&load, ret_config, err);
    n_errors = n_main_errors(*ret_config);
    if (n_errors > 0)
        return err_set(err, ERR_CONFIG, "%s: %zu mistake%s", path, n_errors,
                       n_errors == 1 ? "" : "s");
    kept_forget(kept, (const char *const *)(*ret_config)->files, (*ret_config)->n_files);
    return true;
}

bool config_load_text(const char *main_text, size_t main_size, const char *job_text,
                      size_t job_size, struct config **ret_config, struct err *err)
{
    struct load load = begin("main.yaml");
    struct source source = open_source(&load, "main.yaml");

    source.is_in_memory = true;
    if (main_text == NULL) {
        read_defaults(&main_keys, load.config);
        account_add(load.config, CONFIG_ACCOUNT);
    } else {
        load_main(&load, &source, main_text, main_size);
    }
    if (job_text != NULL) {
        source = open_source(&load, "job.yaml");
        source.is_in_memory = true;
        load_jobs(&load, &source, job_text, job_size);
    }
    return finish(&load, ret_config, err);
}

/* --- the main file --------------------------------------------------------------------------- */

/* False where it is not known which job files there are. */
static bool load_main(struct load *load, struct source *source, const char *text, size_t size)
{
    CLEANUP(yaml_file_deinit) struct yaml_file file;
    const struct yaml_node *map;
    char found[YAML_FOUND_MAX];
    bool is_read = yaml_parse(text == NULL ? "" : text, size, source, &file);

    if (file.n_documents > 1)
        yaml_complain(source, &file.documents[1],
                      "a second document; a main file has one (job files may have several)");
    if (!is_read)
        return false;
    if (file.n_documents == 0 || file.documents[0].kind == YAML_NULL) {
        complain(source, COMPLAINT_ERROR, 0, 0,
                 "is empty; it names at least login and password under api, and a budget");
        return false;
    }
    map = &file.documents[0];
    if (map->kind != YAML_MAP) {
        if (map->kind != YAML_BROKEN)
            yaml_complain(source, map, "found %s, expected a map: api, database, budget, jobs",
                          yaml_found(map, found));
        return false;
    }
    read_map_into(source, map, "", &main_keys, load->config);
    load->is_budget_missed = yaml_get(map, "budget") == NULL;
    return true;
}

/* --- job files ------------------------------------------------------------------------------- */

/* The pattern beside the main file, whose own folder is taken as it is. */
static char *job_pattern(const struct config *config)
{
    CLEANUP(buf_deinit) struct buf pattern = BUF_WITH_CEILING((size_t)1 << 17);
    const char *slash = strrchr(config->file, '/');

    if (config->job_files[0] != '/' && slash != NULL)
        for (const char *at = config->file; at <= slash; at++) {
            if (strchr("*?[\\", *at) != NULL)
                buf_append_char(&pattern, '\\');
            buf_append_char(&pattern, *at);
        }
    buf_append_string(&pattern, config->job_files);
    return buf_take(&pattern);
}

/* In place of what a file with mistakes has: what it had when it was good. */
static void load_kept(struct load *load, const struct source *bad, size_t n_before)
{
    struct config *config = load->config;
    const char *text = kept_find(load->kept, bad->file);
    struct complaints unheard = {.n_items = 0};
    struct source source = {.file = bad->file,
                            .file_no = bad->file_no,
                            .is_world_readable = bad->is_world_readable,
                            .complaints = &unheard};

    while (config->n_jobs > n_before)
        job_deinit(&config->jobs[--config->n_jobs]);
    if (text != NULL)
        load_jobs(load, &source, text, strlen(text));
    complaints_deinit(&unheard);
    config->bad_files =
        mem_resize(config->bad_files, config->n_bad_files + 1, sizeof(*config->bad_files));
    config->bad_files[config->n_bad_files++] = (struct config_bad_file){.file = bad->file};
}

static void load_job_file(struct load *load, const char *path)
{
    CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
    struct source source = open_source(load, path);
    size_t n_before = load->config->n_jobs;

    if (read_source(&source, &text))
        load_jobs(load, &source, buf_text(&text), text.size);
    if (load->kept == NULL)
        return;
    if (source.n_errors == 0)
        kept_put(load->kept, path, buf_text(&text));
    else
        load_kept(load, &source, n_before);
}

/* A folder that is not there has no files; one that may not be read may have some. */
static int is_search_over(const char *folder, int error)
{
    (void)folder;
    return error != ENOENT;
}

static void load_job_files(struct load *load)
{
    struct config *config = load->config;
    CLEANUP(mem_free_string) char *pattern = job_pattern(config);
    struct source main_source = {.file = config->files[0], .complaints = &config->complaints};
    struct stat status;
    glob_t files;
    int result = glob(pattern, 0, is_search_over, &files);

    if (result == GLOB_NOMATCH) {
        complain(&main_source, COMPLAINT_WARNING, 0, 0, "jobs: no file matches %s", pattern);
        return;
    }
    if (result != 0) {
        complain(&main_source, COMPLAINT_ERROR, 0, 0,
                 "jobs: %s cannot be searched; may this user read the folder?", pattern);
        globfree(&files);
        return;
    }
    if (files.gl_pathc == 1 && stat(files.gl_pathv[0], &status) == 0 && S_ISDIR(status.st_mode))
        complain(&main_source, COMPLAINT_ERROR, 0, 0,
                 "jobs: %s is a directory; write jobs: %s/*.yaml", pattern, config->job_files);
    else
        for (size_t i = 0; i < files.gl_pathc; i++)
            load_job_file(load, files.gl_pathv[i]);
    globfree(&files);
}

/* The document's job for one project, which is NULL where it names none. */
static void load_job(struct load *load, struct source *source, const struct yaml_node *document,
                     const struct config_project *project)
{
    size_t n_errors = source->n_errors;
    CLEANUP(yaml_node_deinit) struct yaml_node copy = project_expand(source, document, project);
    bool is_good = source->n_errors == n_errors && (project == NULL || !project->is_flawed);
    struct config *config = load->config;
    const struct yaml_node *name = yaml_get(document, "job");
    size_t n = config->n_jobs;

    if ((n & (n - 1)) == 0) { /* full at each power of two */
        config->jobs = mem_resize(config->jobs, n == 0 ? 1 : 2 * n, sizeof(*config->jobs));
        load->places = mem_resize(load->places, n == 0 ? 1 : 2 * n, sizeof(*load->places));
    }
    load->places[n] = (struct job_place){
        .file_no = source->file_no,
        .line = name == NULL ? document->line : name->line,
        .column = name == NULL ? document->column : name->column,
        .is_good =
            job_read(source, &copy, config, project, load->is_budget_missed, &config->jobs[n]) &&
            is_good,
    };
    config->n_jobs++;
}

static void load_document(struct load *load, struct source *source,
                          const struct yaml_node *document)
{
    size_t n_errors = source->n_errors, n, n_before = load->config->n_jobs;
    const struct config_project **projects = projects_of(source, load->config, document, &n);
    bool is_good = source->n_errors == n_errors;

    for (size_t i = 0; i < n; i++)
        load_job(load, source, document, projects[i]);
    for (size_t i = n_before; i < load->config->n_jobs; i++)
        load->places[i].is_good = load->places[i].is_good && is_good;
    free(projects);
}

static void load_jobs(struct load *load, struct source *source, const char *text, size_t size)
{
    CLEANUP(yaml_file_deinit) struct yaml_file file;
    bool is_read = yaml_parse(text, size, source, &file);

    if (is_read && file.n_documents == 0)
        complain(source, COMPLAINT_WARNING, 0, 0, "is empty; it holds no job");
    for (size_t i = 0; i < file.n_documents; i++) {
        if (file.documents[i].kind == YAML_NULL)
            yaml_warn(source, &file.documents[i], "an empty document; it holds no job");
        else
            load_document(load, source, &file.documents[i]);
    }
}

/* --- names ----------------------------------------------------------------------------------- */

struct name {
    const char *name;
    size_t index;
};

static int by_name_and_index(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static void refuse_second_names(struct load *load)
{
    struct config *config = load->config;
    struct name *names = mem_new_array(config->n_jobs, sizeof(*names));
    size_t n = 0;

    for (size_t i = 0; i < config->n_jobs; i++)
        if (config->jobs[i].title != NULL)
            names[n++] = (struct name){config->jobs[i].title, i};
    if (n > 1)
        qsort(names, n, sizeof(*names), by_name_and_index);
    for (size_t first = 0, i = 1; i < n; i++) {
        const struct job_place *place = &load->places[names[i].index];
        const struct job_place *before = &load->places[names[first].index];
        struct source source = {.file = config->files[place->file_no],
                                .file_no = place->file_no,
                                .complaints = &config->complaints};

        if (strcmp(names[first].name, names[i].name) != 0) {
            first = i;
            continue;
        }
        complain(&source, COMPLAINT_ERROR, place->line, place->column,
                 "job: %s is the name of another job too, at %s:%u:%u", names[i].name,
                 config->files[before->file_no], before->line, before->column);
        load->places[names[i].index].is_good = false;
    }
    free(names);
}

/* The other job that has, or had, a former name of that one, and the name; NULL: there is none. */
static const char *former_clash(const struct config *config, size_t index, size_t *ret_other)
{
    for (size_t i = 0; i < config->n_jobs && config->jobs[index].title != NULL; i++) {
        const char *name = i == index || config->jobs[i].title == NULL
                               ? NULL
                               : formerly_clash(&config->jobs[index], &config->jobs[i]);

        *ret_other = i;
        if (name != NULL)
            return name;
    }
    return NULL;
}

/* Two jobs that go on with one history would be one. */
static void refuse_former_names(struct load *load)
{
    struct config *config = load->config;

    for (size_t i = 0; i < config->n_jobs; i++) {
        const struct job_place *place = &load->places[i];
        struct source source = {.file = config->files[place->file_no],
                                .file_no = place->file_no,
                                .complaints = &config->complaints};
        size_t other;
        const char *name = config->jobs[i].formerly.n == 0 ? NULL : former_clash(config, i, &other);

        if (name == NULL)
            continue;
        complain(&source, COMPLAINT_ERROR, place->line, place->column,
                 "formerly: %s is the name of another job, or was, at %s:%u:%u", name,
                 config->files[load->places[other].file_no], load->places[other].line,
                 load->places[other].column);
        load->places[i].is_good = false;
    }
}

static void count_bad_files(struct config *config)
{
    for (size_t i = 0; i < config->n_bad_files; i++)
        for (size_t j = 0; j < config->n_jobs; j++)
            config->bad_files[i].n_jobs += config->jobs[j].file == config->bad_files[i].file;
}

static void drop_bad_jobs(struct load *load)
{
    struct config *config = load->config;
    size_t n_kept = 0;

    for (size_t i = 0; i < config->n_jobs; i++) {
        if (load->places[i].is_good)
            config->jobs[n_kept++] = config->jobs[i];
        else
            job_deinit(&config->jobs[i]);
    }
    config->n_jobs = n_kept;
    count_bad_files(config);
}
