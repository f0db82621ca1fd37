#include <inttypes.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/key.h"
#include "core/mem.h"
#include "pages/pages.h"
#include "pages/roff.h"

#define SAMPLE_MAX ((size_t)1 << 20)

static void append_key(struct buf *out, const struct key *key, const char *path)
{
    char expected[KEY_EXPECTED_MAX];

    roff_tag(out, path);
    roff_text(out, key->doc);
    buf_append_string(out, ".br\n");
    roff_text(out, key_expected(key, expected));
    if (key->is_required && key->twin == NULL)
        roff_text(out, "(required)");
    if (key->fallback != NULL) {
        CLEANUP(mem_free_string) char *text = mem_printf("(default: %s)", key->fallback);

        roff_text(out, text);
    }
}

/* Keys of a map stand under its own: api.login. Those of the accounts are told once. */
static void append_keys(struct buf *out, const struct key *keys, size_t n_keys, const char *prefix)
{
    for (size_t i = 0; i < n_keys; i++) {
        CLEANUP(mem_free_string)
        char *path = mem_printf("%s%s", prefix, keys[i].name), *below = NULL;

        append_key(out, &keys[i], path);
        if (keys[i].type == KEY_ACCOUNTS)
            continue;
        below = mem_printf(keys[i].type == KEY_PROJECTS ? "%s.NAME." : "%s.", path);
        append_keys(out, keys[i].keys, keys[i].n_keys, below);
        mem_free_string(&below);
    }
}

void pages_main_file(struct buf *out)
{
    CLEANUP(buf_deinit) struct buf sample = BUF_WITH_CEILING(SAMPLE_MAX);

    roff_begin(out, "linkhaul.yaml", 5, "the configuration of linkhaul");
    roff_section(out, "DESCRIPTION");
    roff_text(
        out,
        "YAML 1.2. ${VAR} and ${VAR:-default} take values from the environment; paths are relative "
        "to the file. Unknown keys and wrong values are errors: `linkhaul check` tells all of "
        "them, with their places, and `linkhaul check --show` prints what holds.");
    roff_section(out, "KEYS");
    append_keys(out, main_keys.keys, main_keys.n_keys, "");
    roff_section(out, "EXAMPLE");
    config_sample(&sample);
    roff_verbatim(out, buf_text(&sample));
    roff_section(out, "SEE ALSO");
    buf_append_string(out, ".BR linkhaul (1),\n.BR linkhaul\\-job (5)\n");
}

/* What `request` may hold, as far as it is the user's. */
static void append_endpoint(struct buf *out, const struct endpoint *endpoint)
{
    buf_append_string(out, ".SS ");
    roff_text(out, endpoint->name);
    for (size_t i = 0; i < endpoint->n_params; i++) {
        const struct param *param = &endpoint->params[i];

        if (param->type == PARAM_OURS)
            continue;
        roff_tag(out, param->name);
        roff_text(out, param->doc);
    }
}

void pages_job(struct buf *out)
{
    roff_begin(out, "linkhaul-job", 5, "a job of linkhaul");
    roff_section(out, "DESCRIPTION");
    roff_text(
        out,
        "A job says what is asked of the API and when. Each is a YAML document in one of the files "
        "that `jobs` of linkhaul.yaml names, with a line --- between two.");
    roff_section(out, "KEYS");
    append_keys(out, job_keys.keys, job_keys.n_keys, "");
    roff_section(out, "SCHEDULE");
    roff_text(
        out,
        "Five fields: minute, hour, day of month, month, day of week, each of them *, a number, a "
        "range a-b, a list a,b or a step */n; months and days of the week also by their English "
        "names; @hourly, @daily, @weekly, @monthly and @yearly. Where both fields of days are "
        "restricted either may match. A time that summer time leaves out is due at the change, "
        "one that comes twice the first time; a line of every hour follows the clock as it is.");
    roff_section(out, "PARAMETERS OF REQUEST");
    for (size_t i = 0; endpoints[i] != NULL; i++)
        append_endpoint(out, endpoints[i]);
    roff_section(out, "EXAMPLE");
    roff_verbatim(out,
                  "job: competitor-backlinks\n"
                  "endpoint: backlinks\n"
                  "schedule: \"15 2 * * *\"\n"
                  "timezone: Europe/Berlin\n"
                  "targets: [ahrefs.com, moz.com]\n"
                  "request:\n"
                  "  filters: [[dofollow, \"=\", true]]\n"
                  "max_rows: 200000\n"
                  "budget: 3.00\n");
    roff_section(out, "SEE ALSO");
    buf_append_string(out, ".BR linkhaul (1),\n.BR linkhaul.yaml (5)\n");
}
