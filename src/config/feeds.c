/*
 * The happy path: each of the job's requests, which are its `request` alone or merged with one
 * override after the other, is checked as a whole; it becomes a feed with each of the job's
 * targets, or one feed where the request holds the targets or a call takes all of them.
 *
 * What is wrong with `request` itself is found again in each request that has it; a complaint that
 * was made is not made again. Two requests that mean the same are an error: their feeds would be
 * one.
 */
#include "config/feeds.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/at_least.h"
#include "config/config.h"
#include "config/json.h"
#include "config/key.h"
#include "config/request.h"
#include "config/targets.h"
#include "core/buf.h"
#include "core/md5.h"
#include "core/mem.h"
#include "core/text.h"

/* Not part of what a feed means: how it is asked for. */
static const char *const ways[] = {"limit", "order_by", "tag", NULL};

static const struct yaml_node nothing = {.kind = YAML_MAP};

/* One request of the job, in which the nodes are the document's. */
struct variant {
    struct yaml_node map;
    struct yaml_node filters; /* ours, where `at_least` adds to them */
    char *meaning;
};

struct reading {
    struct source *source;
    const struct yaml_node *document;
    struct config_job *job;
    struct variant *variants; /* as many as job->requests */
};

static void read_targets(const struct reading *reading);
static bool read_request(const struct reading *reading);
static void read_variants(struct reading *reading);
static void make_feeds(const struct reading *reading);

void feeds_read(struct source *source, const struct yaml_node *document, struct config_job *job)
{
    struct reading reading = {source, document, job, NULL};

    read_targets(&reading);
    if (!read_request(&reading) || job->endpoint == NULL)
        return;
    read_variants(&reading);
    make_feeds(&reading);
    for (size_t i = 0; i < job->n_requests; i++) {
        free(reading.variants[i].map.items);
        yaml_node_deinit(&reading.variants[i].filters);
        free(reading.variants[i].meaning);
    }
    free(reading.variants);
}

/* --- targets --------------------------------------------------------------------------------- */

static void read_list(const struct reading *reading, const struct yaml_node *list)
{
    struct config_job *job = reading->job;
    const struct yaml_node **good = mem_new_array(list->n_items, sizeof(struct yaml_node *));

    job->targets = mem_new_array(list->n_items, sizeof(*job->targets));
    for (size_t i = 0; i < list->n_items; i++)
        if (target_node_check(reading->source, &list->items[i], "targets")) {
            good[job->n_targets] = &list->items[i];
            job->targets[job->n_targets++] = mem_strdup(list->items[i].text);
        }
    targets_refuse_repeats(reading->source, good, job->n_targets, "targets");
    free(good);
}

static void read_targets(const struct reading *reading)
{
    const struct yaml_node *list = yaml_get(reading->document, "targets");
    const struct key *key = key_find(job_keys.keys, job_keys.n_keys, "targets");
    const struct endpoint *endpoint = reading->job->endpoint;
    char found[YAML_FOUND_MAX], expected[KEY_EXPECTED_MAX];

    if (endpoint != NULL && endpoint->wrapper != NULL) {
        if (list != NULL)
            complain(reading->source, COMPLAINT_ERROR, list->key_line, list->key_column,
                     "targets: those of %s stand in its request, by number: request: { targets: { "
                     "\"1\": moz.com, \"2\": ahrefs.com } }",
                     endpoint->name);
        return;
    }
    if (list == NULL && endpoint != NULL)
        yaml_complain(reading->source, reading->document, "targets is missing; it is %s",
                      key_expected(key, expected));
    if (list == NULL || list->kind == YAML_BROKEN)
        return;
    if (list->kind != YAML_LIST || list->n_items < (size_t)key->min)
        yaml_complain(reading->source, list, "targets: found %s, expected %s",
                      list->kind == YAML_LIST ? "an empty list" : yaml_found(list, found),
                      key_expected(key, expected));
    else if (list->n_items > (size_t)key->max)
        yaml_complain(reading->source, list,
                      "targets: found %zu of them, a job has at most %" PRId64, list->n_items,
                      key->max);
    else
        read_list(reading, list);
}

/* --- requests -------------------------------------------------------------------------------- */

/* The job's own; false where there is none to go on with. */
static bool read_request(const struct reading *reading)
{
    const struct yaml_node *request = yaml_get(reading->document, "request"), *limit;
    struct buf text = BUF_WITH_CEILING(2 * YAML_BYTES_MAX);
    char found[YAML_FOUND_MAX];

    if (request == NULL)
        request = &nothing;
    if (request->kind != YAML_MAP) {
        if (request->kind != YAML_BROKEN)
            yaml_complain(reading->source, request,
                          "request: found %s, expected a map of API parameters",
                          yaml_found(request, found));
        return false;
    }
    json_append_node(&text, request);
    reading->job->request = buf_take(&text);
    limit = yaml_get(request, "limit");
    if (limit != NULL && limit->kind == YAML_INT)
        text_parse_int64(limit->text, strlen(limit->text), &reading->job->limit);
    return true;
}

/* `base` with what `override` has instead; the items' array is new and has room for
 * one more, all below is theirs. */
static struct yaml_node merge(const struct yaml_node *base, const struct yaml_node *override)
{
    struct yaml_node map = *override;

    map.items = mem_new_array(base->n_items + override->n_items + 1, sizeof(*map.items));
    map.n_items = 0;
    for (size_t i = 0; i < base->n_items; i++)
        if (yaml_get(override, base->items[i].key) == NULL)
            map.items[map.n_items++] = base->items[i];
    for (size_t i = 0; i < override->n_items; i++)
        map.items[map.n_items++] = override->items[i];
    return map;
}

/* Adds the job's list of targets to a request that is complete otherwise. */
static void put_targets_in(struct buf *request, const struct yaml_node *targets)
{
    if (targets == NULL || request->size == 0)
        return;
    request->size--; /* its brace */
    buf_append_string(request, request->size > 1 ? ",\"targets\":" : "\"targets\":");
    json_append_node(request, targets);
    buf_append_char(request, '}');
}

/* Adds the condition of `at_least` to the filters. */
static void bound(const struct reading *reading, struct variant *variant)
{
    const struct yaml_node *at_least = yaml_get(reading->document, "at_least");
    struct yaml_node *map = &variant->map;
    size_t i = 0;

    if (at_least == NULL || at_least->kind == YAML_BROKEN)
        return;
    at_least_check(reading->source, at_least, reading->job->endpoint, map);
    if (reading->job->at_least == 0 || reading->job->endpoint->wrapper == NULL)
        return;
    while (i < map->n_items && strcmp(map->items[i].key, "filters") != 0)
        i++;
    variant->filters = at_least_join(i < map->n_items ? &map->items[i] : NULL, at_least);
    if (i == map->n_items)
        map->n_items++;
    map->items[i] = variant->filters;
}

static void add_variant(struct reading *reading, const struct yaml_node *override)
{
    const struct yaml_node *request = yaml_get(reading->document, "request");
    const struct yaml_node *targets = yaml_get(reading->document, "targets");
    struct buf text = BUF_WITH_CEILING(2 * YAML_BYTES_MAX), meaning = text;
    struct config_job *job = reading->job;
    struct variant *variant = &reading->variants[job->n_requests];

    *variant = (struct variant){.map = merge(request == NULL ? &nothing : request, override)};
    bound(reading, variant);
    request_check(reading->source, job->endpoint, &variant->map, variant->filters.n_items > 0);
    json_append_node(&text, &variant->map);
    json_append_map_without(&meaning, &variant->map, ways);
    if (job->endpoint->takes_list) {
        put_targets_in(&text, targets);
        put_targets_in(&meaning, targets);
    }
    if (text.is_overfull)
        yaml_complain(reading->source, override, "request: is too large");
    job->requests[job->n_requests++] = buf_take(&text);
    variant->meaning = buf_take(&meaning);
}

/* Complains of an override that means what an earlier one does. */
static void refuse_equals(const struct reading *reading, size_t index)
{
    const struct variant *variants = reading->variants;

    for (size_t i = 0; i < index; i++)
        if (strcmp(variants[i].meaning, variants[index].meaning) == 0) {
            yaml_complain(reading->source, &variants[index].map,
                          "feeds: this one asks for the same as the one at %s:%u:%u (limit, "
                          "order_by and tag make no difference)",
                          reading->source->file, variants[i].map.line, variants[i].map.column);
            return;
        }
}

static void read_variants(struct reading *reading)
{
    const struct yaml_node *request = yaml_get(reading->document, "request");
    const struct yaml_node *list = yaml_get(reading->document, "feeds");
    const struct key *key = key_find(job_keys.keys, job_keys.n_keys, "feeds");
    size_t n = list != NULL && list->kind == YAML_LIST ? list->n_items : 0;
    char found[YAML_FOUND_MAX], expected[KEY_EXPECTED_MAX];

    reading->job->requests = mem_new_array(n + 1, sizeof(*reading->job->requests));
    reading->variants = mem_new_array(n + 1, sizeof(*reading->variants));
    if (list == NULL) {
        add_variant(reading, request == NULL ? &nothing : request);
        if (reading->job->at_least > 0) { /* to be shown as what it becomes */
            free(reading->job->request);
            reading->job->request = mem_strdup(reading->job->requests[0]);
        }
        return;
    }
    reading->job->has_feeds = true;
    if (request != NULL)
        request_check(reading->source, reading->job->endpoint, request, false);
    if (list->kind != YAML_BROKEN && (n < (size_t)key->min || n > (size_t)key->max))
        yaml_complain(reading->source, list, "feeds: found %s, expected %s",
                      list->kind == YAML_LIST && n == 0 ? "an empty list" : yaml_found(list, found),
                      key_expected(key, expected));
    for (size_t i = 0; i < n && n <= (size_t)key->max; i++) {
        if (list->items[i].kind == YAML_MAP) {
            add_variant(reading, &list->items[i]);
            refuse_equals(reading, reading->job->n_requests - 1);
        } else if (list->items[i].kind != YAML_BROKEN) {
            yaml_complain(reading->source, &list->items[i],
                          "feeds: found %s, expected a map of API parameters",
                          yaml_found(&list->items[i], found));
        }
    }
}

/* --- feeds ----------------------------------------------------------------------------------- */

struct uuid feed_key(const char *project, const char *job, const char *endpoint, const char *target,
                     const char *meaning)
{
    CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(4 * YAML_BYTES_MAX);
    const char *const parts[] = {project, job, endpoint, target};

    buf_append_char(&text, '[');
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        json_append_text(&text, parts[i]);
        buf_append_char(&text, ',');
    }
    buf_append_string(&text, meaning);
    buf_append_char(&text, ']');
    return md5_uuid(text.data, text.size);
}

/* Takes `target`. */
static void add_feed(const struct reading *reading, size_t variant, char *target)
{
    struct config_job *job = reading->job;
    struct config_feed *feed = &job->feeds[job->n_feeds++];

    *feed = (struct config_feed){.target = target, .request = job->requests[variant]};
    if (job->name != NULL)
        feed->key = feed_key(job->project, job->formerly.n > 0 ? job->formerly.items[0] : job->name,
                             job->endpoint->name, target, reading->variants[variant].meaning);
}

/* The targets of an intersection stand in its request; they are one feed. */
static void add_numbered(const struct reading *reading, size_t variant)
{
    const struct yaml_node *map = &reading->variants[variant].map;
    const struct yaml_node *targets = yaml_get(map, "targets");

    if (targets == NULL && yaml_get(reading->document, "targets") == NULL)
        yaml_complain(reading->source, map->line > 0 ? map : reading->document,
                      "request.targets is missing: write targets: { \"1\": moz.com, \"2\": "
                      "ahrefs.com }");
    else if (targets != NULL && targets->kind == YAML_MAP)
        add_feed(reading, variant, targets_name(targets));
}

/* All targets are asked for in one call: one feed, called by the first of them. */
static void add_joined(const struct reading *reading, size_t variant)
{
    const struct config_job *job = reading->job;

    if (job->n_targets == 1)
        add_feed(reading, variant, mem_strdup(job->targets[0]));
    else if (job->n_targets > 1)
        add_feed(reading, variant,
                 mem_printf("%s and %zu more", job->targets[0], job->n_targets - 1));
}

static void make_feeds(const struct reading *reading)
{
    struct config_job *job = reading->job;

    job->feeds = mem_new_array(job->n_requests * (job->n_targets + 1), sizeof(*job->feeds));
    if (job->endpoint->wrapper == NULL && !job->endpoint->takes_list) {
        for (size_t i = 0; i < job->n_targets; i++)
            for (size_t variant = 0; variant < job->n_requests; variant++)
                add_feed(reading, variant, mem_strdup(job->targets[i]));
        return;
    }
    for (size_t variant = 0; variant < job->n_requests; variant++) {
        if (job->endpoint->wrapper != NULL)
            add_numbered(reading, variant);
        else
            add_joined(reading, variant);
    }
}

void feeds_deinit(struct config_job *job)
{
    for (size_t i = 0; i < job->n_feeds; i++)
        free(job->feeds[i].target);
    for (size_t i = 0; i < job->n_requests; i++)
        free(job->requests[i]);
    for (size_t i = 0; i < job->n_targets; i++)
        free(job->targets[i]);
    free(job->feeds);
    free(job->requests);
    free(job->targets);
    free(job->request);
}
