/*
 * The effective configuration: a YAML that would be read as the same, but for the secrets. First
 * the main file, then a document per job, with its feeds as comments.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/provider.h"
#include "config/config.h"
#include "config/json.h"
#include "config/key.h"
#include "config/quantity.h"
#include "config/yaml_scalar.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/money.h"

#define MASK "\"***\""

/* Text that holds `${` would be expanded when it is read again. */
static void append_unexpanded(struct buf *out, const char *text)
{
    const char *dollar;

    while ((dollar = strstr(text, "${")) != NULL) {
        buf_append(out, text, (size_t)(dollar - text));
        buf_append_string(out, "$${");
        text = dollar + 2;
    }
    buf_append_string(out, text);
}

static bool is_plain(const char *text)
{
    if (!isalpha((unsigned char)text[0]) && text[0] != '/')
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("_./:@+-", *at) == NULL)
            return false;
    return text[strlen(text) - 1] != ':' && yaml_scalar_kind(text) == YAML_TEXT;
}

static void append_text(struct buf *out, const char *text)
{
    CLEANUP(buf_deinit) struct buf quoted = BUF_WITH_CEILING(YAML_BYTES_MAX * 8);

    if (is_plain(text)) {
        buf_append_string(out, text);
        return;
    }
    json_append_text(&quoted, text);
    append_unexpanded(out, buf_text(&quoted));
}

/* A connection URL without its password; one that may hold it elsewhere is masked as a whole. */
static void append_database(struct buf *out, const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end == NULL ? NULL : scheme_end + 3;
    size_t authority_length = authority == NULL ? 0 : strcspn(authority, "/?#");
    const char *colon = authority == NULL ? NULL : memchr(authority, ':', authority_length);
    CLEANUP(buf_deinit) struct buf masked = BUF_WITH_CEILING(YAML_BYTES_MAX);
    const char *at = NULL;

    for (size_t i = 0; i < authority_length; i++)
        if (authority[i] == '@')
            at = authority + i; /* the last: a password may hold one too */
    if (strstr(url, "pass") != NULL || strstr(url, "PASS") != NULL ||
        (scheme_end != NULL && at == NULL && strchr(authority, '@') != NULL)) {
        buf_append_string(out, MASK);
    } else if (at == NULL || colon == NULL || colon > at) {
        append_text(out, url);
    } else {
        buf_append(&masked, url, (size_t)(colon + 1 - url));
        buf_append_string(&masked, "***");
        buf_append_string(&masked, at);
        append_text(out, buf_text(&masked));
    }
}

/* "5.00" without the sign that money_format() writes. */
static void append_money(struct buf *out, int64_t nanousd)
{
    char text[MONEY_TEXT_MAX];

    buf_append_string(out, money_format(nanousd, text) + 1);
}

static int64_t number_at(const struct key *key, const void *base)
{
    return *(const int64_t *)(const void *)((const char *)base + key->offset);
}

/* As a number where there is nothing but per_run, whose key is the first. */
static void append_budget(struct buf *out, const struct key *budget, const void *base)
{
    const char *caps = (const char *)base + budget->offset;
    const char *separator = "{ ";
    bool is_number = number_at(&budget->keys[0], caps) != 0;

    for (size_t i = 1; i < budget->n_keys; i++)
        is_number = is_number && number_at(&budget->keys[i], caps) == 0;
    if (is_number) {
        append_money(out, number_at(&budget->keys[0], caps));
        return;
    }
    for (size_t i = 0; i < budget->n_keys; i++) {
        if (number_at(&budget->keys[i], caps) == 0)
            continue;
        buf_printf(out, "%s%s: ", separator, budget->keys[i].name);
        append_money(out, number_at(&budget->keys[i], caps));
        separator = ", ";
    }
    buf_append_string(out, " }");
}

static void append_list(struct buf *out, const char *name, const struct config_texts *targets)
{
    if (targets->n == 0)
        return;
    buf_printf(out, "\n    %s:", name);
    for (size_t i = 0; i < targets->n; i++) {
        buf_append_string(out, "\n      - ");
        append_text(out, targets->items[i]);
    }
}

static void append_words(struct buf *out, const struct config_texts *words)
{
    for (size_t i = 0; i < words->n; i++) {
        CLEANUP(buf_deinit) struct buf quoted = BUF_WITH_CEILING(YAML_BYTES_MAX * 8);

        json_append_text(&quoted, words->items[i]);
        buf_append_string(out, i == 0 ? "[" : ", ");
        append_unexpanded(out, buf_text(&quoted));
    }
    buf_append_char(out, ']');
}

static bool is_there(const struct key *key, const void *base);

static void append_projects(struct buf *out, const struct key *key, const struct config *config)
{
    const struct key *budget = key_find(key->keys, key->n_keys, "budget");

    for (size_t i = 0; i < config->n_projects; i++) {
        const struct config_project *project = &config->projects[i];
        bool has_budget = is_there(budget, project);

        buf_printf(out, "\n  \"%s\":", project->name);
        if (project->own.n + project->competitors.n == 0 && !has_budget)
            buf_append_string(out, " {}");
        append_list(out, "own", &project->own);
        append_list(out, "competitors", &project->competitors);
        if (has_budget) {
            buf_append_string(out, "\n    budget: ");
            append_budget(out, budget, project);
        }
    }
}

static void append_days(struct buf *out, int64_t days)
{
    char text[QUANTITY_TEXT_MAX];

    buf_append_string(out, days == 0 ? DAYS_NEVER : quantity_format(days, day_units, text));
}

static void append_value(struct buf *out, const struct key *key, const void *base)
{
    const char *at = (const char *)base + key->offset;
    char quantity[QUANTITY_TEXT_MAX];

    switch (key->type) {
    case KEY_SECRET:
        buf_append_string(out, MASK);
        return;
    case KEY_DATABASE:
        append_database(out, *(char *const *)(const void *)at);
        return;
    case KEY_INT:
        buf_printf(out, "%" PRId64, number_at(key, base));
        return;
    case KEY_DAYS:
        append_days(out, number_at(key, base));
        return;
    case KEY_SIZE:
    case KEY_DURATION:
    case KEY_PERCENT:
        buf_append_string(out, quantity_format(number_at(key, base), key_units(key), quantity));
        return;
    case KEY_MONEY:
        append_money(out, number_at(key, base));
        return;
    case KEY_BUDGET:
        append_budget(out, key, base);
        return;
    case KEY_SYNC:
        buf_append_string(out, key->words[((const struct config_job *)base)->sync]);
        return;
    case KEY_ENDPOINT:
        buf_append_string(out, (*(const struct endpoint *const *)(const void *)at)->name);
        return;
    case KEY_PROVIDER:
        append_text(out, (*(const struct provider *const *)(const void *)at)->name);
        return;
    case KEY_ACCOUNT_OF:
        append_text(out, (*(const struct config_account *const *)(const void *)at)->name);
        return;
    case KEY_REQUEST:
    case KEY_LABELS:
        append_unexpanded(out, *(char *const *)(const void *)at);
        return;
    case KEY_MAP:
    case KEY_ACCOUNT:
    case KEY_ACCOUNTS:
    case KEY_FILE:
    case KEY_TARGETS:
    case KEY_FEEDS:
    case KEY_PROJECT_LIST:
        return; /* written by others */
    case KEY_FORMERLY:
    case KEY_COMMAND:
        append_words(out, (const struct config_texts *)(const void *)at);
        return;
    case KEY_PROJECTS:
        append_projects(out, key, base);
        return;
    case KEY_PROJECT:
    case KEY_TEXT:
    case KEY_URL:
    case KEY_PATH:
    case KEY_LISTEN:
    case KEY_WORD:
    case KEY_NAME:
    case KEY_ZONE:
    case KEY_SCHEDULE:
    case KEY_CATCH_UP:
        append_text(out, *(char *const *)(const void *)at);
    }
}

static bool is_one_there(const struct key *keys, size_t n_keys, const void *base);

/* The account named default stands under `api`, all others under `accounts`. */
static bool is_of(const struct config_account *account, enum key_type type)
{
    return (strcmp(account->name, CONFIG_ACCOUNT) == 0) == (type == KEY_ACCOUNT);
}

static bool has_accounts(const struct config *config, enum key_type type)
{
    for (size_t i = 0; i < config->n_accounts; i++)
        if (is_of(&config->accounts[i], type))
            return true;
    return false;
}

/* Whether there is a value; after a complaint even a required one may be missing. */
static bool is_there(const struct key *key, const void *base)
{
    const char *at = (const char *)base + key->offset;

    if (key->fit != FIT_ANY && !key_fits(key, ((const struct config_account *)base)->provider))
        return false;
    if (key->type == KEY_ACCOUNT || key->type == KEY_ACCOUNTS)
        return has_accounts(base, key->type);
    if (key->is_hidden || key->type == KEY_FILE || key->type == KEY_TARGETS ||
        key->type == KEY_FEEDS || key->type == KEY_PROJECT_LIST)
        return false;
    if (key->type == KEY_PROJECT)
        return strcmp(((const struct config_job *)base)->project, PROJECT_DEFAULT) != 0;
    if (key->type == KEY_MAP)
        return is_one_there(key->keys, key->n_keys, base);
    if (key->type == KEY_BUDGET)
        return is_one_there(key->keys, key->n_keys, at);
    if (key->type == KEY_MONEY)
        return number_at(key, base) != 0;
    if (key->type == KEY_SYNC)
        return true;
    if (key_is_number(key))
        return key->min == 0 || key->type == KEY_DAYS || number_at(key, base) != 0;
    return *(char *const *)(const void *)at != NULL;
}

static bool is_one_there(const struct key *keys, size_t n_keys, const void *base)
{
    for (size_t i = 0; i < n_keys; i++)
        if (is_there(&keys[i], base))
            return true;
    return false;
}

static void append_keys(struct buf *out, const struct key *keys, size_t n_keys, const void *base,
                        int depth);

static void append_accounts(struct buf *out, const struct key *key, const struct config *config)
{
    int depth = key->type == KEY_ACCOUNT ? 1 : 2;

    buf_printf(out, "%s:\n", key->name);
    for (size_t i = 0; i < config->n_accounts; i++) {
        const struct config_account *account = &config->accounts[i];

        if (!is_of(account, key->type))
            continue;
        if (key->type == KEY_ACCOUNTS) {
            buf_append_string(out, "  ");
            append_text(out, account->name);
            buf_append_string(out, ":\n");
        }
        append_keys(out, key->keys, key->n_keys, account, depth);
    }
}

static void append_keys(struct buf *out, const struct key *keys, size_t n_keys, const void *base,
                        int depth)
{
    for (size_t i = 0; i < n_keys; i++) {
        const struct key *key = &keys[i];

        if (!is_there(key, base))
            continue;
        if (key->type == KEY_MAP) {
            buf_printf(out, "%*s%s:\n", 2 * depth, "", key->name);
            append_keys(out, key->keys, key->n_keys, base, depth + 1);
        } else if (key->type == KEY_ACCOUNT || key->type == KEY_ACCOUNTS) {
            append_accounts(out, key, base);
        } else {
            buf_printf(out, "%*s%s: ", 2 * depth, "", key->name);
            append_value(out, key, base);
            buf_append_char(out, '\n');
        }
    }
}

static void append_targets(struct buf *out, const struct config_job *job, bool has_keys)
{
    char key[UUID_TEXT_MAX];

    if (job->n_targets > 0)
        buf_append_string(out, "targets:\n");
    for (size_t i = 0; i < job->n_targets; i++) {
        buf_append_string(out, "  - ");
        append_text(out, job->targets[i]);
        if (has_keys) {
            uuid_format(&job->feeds[i].key, key);
            buf_printf(out, " # feed %s", key);
        }
        buf_append_char(out, '\n');
    }
}

/* Each with its whole request, which replaces the job's. */
static void append_feeds(struct buf *out, const struct config_job *job)
{
    if (job->has_feeds)
        buf_append_string(out, "feeds:\n");
    for (size_t i = 0; i < job->n_requests && job->has_feeds; i++) {
        buf_append_string(out, "  - ");
        append_unexpanded(out, job->requests[i]);
        buf_append_char(out, '\n');
    }
}

static void append_job(struct buf *out, const struct config_job *job)
{
    bool is_in_line = !job->has_feeds && job->n_feeds == job->n_targets; /* a feed per target */
    char key[UUID_TEXT_MAX], cap[MONEY_TEXT_MAX];

    buf_printf(out, "---\n# %s:%u\n", job->file, job->line);
    append_keys(out, job_keys.keys, job_keys.n_keys, job, 0);
    append_targets(out, job, is_in_line);
    append_feeds(out, job);
    for (size_t i = 0; i < job->n_feeds && !is_in_line; i++) {
        uuid_format(&job->feeds[i].key, key);
        buf_printf(out, "# feed %s: %s\n", key, job->feeds[i].target);
    }
    buf_printf(out, "# %zu feed%s; a run may cost %s\n", job->n_feeds, job->n_feeds == 1 ? "" : "s",
               job->budget_nanousd == 0 ? "any amount" : money_format(job->budget_nanousd, cap));
}

void config_show(const struct config *config, struct buf *out)
{
    buf_printf(out, "# %s, defaults filled in, secrets masked\n", config->file);
    append_keys(out, main_keys.keys, main_keys.n_keys, config, 0);
    for (size_t i = 0; i < config->n_jobs; i++)
        append_job(out, &config->jobs[i]);
}
