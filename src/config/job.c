/*
 * The happy path: the keys go into the struct by the table; what is asked for becomes feeds
 * (feeds.c); labels are read by hand; the caps are joined.
 *
 * Each mistake is complained about and reading goes on. What works and wastes money (small pages, a
 * budget that no page fits in) is a warning. A job without any cap is an error.
 */
#include "config/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/price.h"
#include "api/request.h"
#include "config/config.h"
#include "config/feeds.h"
#include "config/formerly.h"
#include "config/job_notes.h"
#include "config/json.h"
#include "config/read.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/money.h"

#define LABEL_NAME_MAX 63
#define LABEL_VALUE_MAX 255

static void read_account_of(struct source *source, const struct yaml_node *document,
                            const struct config *config, struct config_job *job);
static void read_labels(struct source *source, const struct yaml_node *document,
                        struct config_job *job);
static void join_budgets(struct source *source, const struct yaml_node *document,
                         const struct config *config, bool is_budget_missed,
                         struct config_job *job);
static void refuse_changes(struct source *source, const struct yaml_node *document,
                           const struct config_job *job);
static void warn_of_small_pages(struct source *source, const struct yaml_node *document,
                                const struct config_job *job);

/* A project without a name is one that there is not. */
static void set_title(struct config_job *job, const struct config_project *project)
{
    if (project != NULL && project->name != NULL) {
        job->project = project->name;
        job->project_budget = project->budget;
    }
    if (job->name != NULL && (project == NULL || project->name != NULL))
        job->title =
            project == NULL ? mem_strdup(job->name) : mem_printf("%s/%s", project->name, job->name);
}

bool job_read(struct source *source, const struct yaml_node *document, const struct config *config,
              const struct config_project *project, bool is_budget_missed,
              struct config_job *ret_job)
{
    size_t n_errors = source->n_errors, n_before;
    char found[YAML_FOUND_MAX];

    *ret_job = (struct config_job){.file = source->file,
                                   .line = document->line,
                                   .project = PROJECT_DEFAULT,
                                   .missing_ok_ppm = config->missing_ok_ppm};
    if (document->kind != YAML_MAP) {
        if (document->kind == YAML_LIST)
            yaml_complain(source, document,
                          "found a list, expected a job; write one job per document, with a line "
                          "--- between two");
        else if (document->kind != YAML_BROKEN)
            yaml_complain(source, document, "found %s, expected a job: job, endpoint, targets, ...",
                          yaml_found(document, found));
        return false;
    }
    read_map_into(source, document, "", &job_keys, ret_job);
    set_title(ret_job, project);
    formerly_read(source, document, ret_job);
    read_account_of(source, document, config, ret_job);
    n_before = source->n_errors;
    feeds_read(source, document, ret_job);
    if (source->n_errors == n_before) /* else a request may be anything */
        refuse_changes(source, document, ret_job);
    read_labels(source, document, ret_job);
    join_budgets(source, document, config, is_budget_missed, ret_job);
    if (document->is_flawed || ret_job->account == NULL || source->n_errors > n_errors)
        return false;
    warn_of_small_pages(source, document, ret_job);
    job_note_what_is_never_lost(source, document, ret_job);
    return true;
}

/* --- account --------------------------------------------------------------------------------- */

/* "a, b and c" for a complaint. */
static void list_accounts(const struct config *config, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < config->n_accounts && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 i == 0                        ? ""
                                 : i == config->n_accounts - 1 ? " and "
                                                               : ", ",
                                 config->accounts[i].name);
}

/* Without a word about it a job is of the account named default, or of the only one. */
static void read_account_of(struct source *source, const struct yaml_node *document,
                            const struct config *config, struct config_job *job)
{
    const struct yaml_node *node = yaml_get(document, "account");
    char found[YAML_FOUND_MAX], known[512];

    if (config->n_accounts == 0 || (node != NULL && node->kind == YAML_BROKEN))
        return; /* the main file has been complained of */
    list_accounts(config, known, sizeof(known));
    if (node == NULL) {
        job->account = config_account_find(config, CONFIG_ACCOUNT);
        if (job->account == NULL && config->n_accounts == 1)
            job->account = &config->accounts[0];
        if (job->account == NULL)
            yaml_complain(source, document,
                          "account is missing; there are several, and none is named default: %s",
                          known);
        return;
    }
    if (node->text != NULL)
        job->account = config_account_find(config, node->text);
    if (job->account == NULL)
        yaml_complain(source, node, "account: found %s, expected one of the accounts: %s",
                      yaml_found(node, found), known);
}

/* --- labels ---------------------------------------------------------------------------------- */

static bool is_label_name(const char *name)
{
    size_t length = strlen(name);

    return length <= LABEL_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static void check_label(struct source *source, const struct yaml_node *label)
{
    char shown[YAML_SHORT_MAX], found[YAML_FOUND_MAX];

    if (!is_label_name(label->key))
        complain(source, COMPLAINT_ERROR, label->key_line, label->key_column,
                 "labels: %s is no name; write lower-case letters, digits and _, a letter first",
                 yaml_short(label->key, shown));
    if (label->kind == YAML_LIST || label->kind == YAML_MAP || label->kind == YAML_NULL ||
        (label->text != NULL && strlen(label->text) > LABEL_VALUE_MAX))
        yaml_complain(source, label,
                      "labels.%s: found %s, expected a text of at most %d bytes, a number, or true "
                      "or false",
                      yaml_short(label->key, shown), yaml_found(label, found), LABEL_VALUE_MAX);
}

static void read_labels(struct source *source, const struct yaml_node *document,
                        struct config_job *job)
{
    const struct yaml_node *labels = yaml_get(document, "labels");
    const struct key *key = key_find(job_keys.keys, job_keys.n_keys, "labels");
    char found[YAML_FOUND_MAX], expected[KEY_EXPECTED_MAX];
    struct buf text = BUF_WITH_CEILING(2 * YAML_BYTES_MAX);

    if (labels == NULL || labels->kind == YAML_BROKEN) {
        job->labels = mem_strdup("{}");
        return;
    }
    if (labels->kind != YAML_MAP || labels->n_items > (size_t)key->max) {
        if (labels->kind == YAML_MAP)
            snprintf(found, sizeof(found), "%zu labels", labels->n_items);
        else
            yaml_found(labels, found);
        yaml_complain(source, labels, "labels: found %s, expected %s", found,
                      key_expected(key, expected));
        return;
    }
    for (size_t i = 0; i < labels->n_items; i++)
        check_label(source, &labels->items[i]);
    json_append_node(&text, labels);
    job->labels = buf_take(&text);
}

/* --- sync ------------------------------------------------------------------------------------ */

/* Where `sync: changes` cannot be. */
static void refuse_changes(struct source *source, const struct yaml_node *document,
                           const struct config_job *job)
{
    const char *why;

    if (job->sync != CONFIG_SYNC_CHANGES || job->endpoint == NULL)
        return;
    if (job->max_rows > 0)
        yaml_complain(source, yaml_get(document, "sync"),
                      "sync: changes and max_rows: what a listing leaves out cannot be told from "
                      "what is new or lost; write auto or full, or leave max_rows out");
    for (size_t i = 0; i < job->n_requests; i++)
        if (!request_can_change(job->endpoint, job->requests[i], &why))
            yaml_complain(source, yaml_get(document, "sync"),
                          "sync: changes cannot be told of this job: %s; write auto or full", why);
}

/* --- money ----------------------------------------------------------------------------------- */

static int64_t page_items(const struct config_job *job)
{
    int64_t n = job->endpoint->limit_max;

    if (job->limit > 0 && job->limit < n) /* one beyond the range has been complained of */
        n = job->limit;

    return job->max_rows > 0 && job->max_rows < n ? job->max_rows : n;
}

/* The prices that a page will have, as far as one can know offline, and what they are called. */
static struct price known_price(const struct config_account *account, const char **ret_name)
{
    bool is_given = account->prices.per_call_nanousd > 0;

    *ret_name = is_given ? "the account's prices" : "list price";
    return is_given ? account->prices : PRICE_LISTED;
}

/* The smaller of two caps, of which 0 is none. */
static int64_t smaller_cap(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

/* The job's cap of a run, and what is wrong with its caps. */
static void join_budgets(struct source *source, const struct yaml_node *document,
                         const struct config *config, bool is_budget_missed, struct config_job *job)
{
    static const struct config_budget none;
    const struct config_account *account = job->account;
    const struct config_budget *levels[] = {&config->budget,
                                            account != NULL ? &account->budget : &none,
                                            &job->project_budget, &job->own_budget};
    const struct yaml_node *budget = yaml_get(document, "budget");
    char cap[MONEY_TEXT_MAX], worst[MONEY_TEXT_MAX];
    int64_t worst_nanousd, least_nanousd = 0;
    const char *price_name;

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        job->budget_nanousd = smaller_cap(job->budget_nanousd, levels[i]->per_run_nanousd);
        least_nanousd = smaller_cap(least_nanousd, levels[i]->per_day_nanousd);
        least_nanousd = smaller_cap(least_nanousd, levels[i]->per_month_nanousd);
    }
    least_nanousd = smaller_cap(least_nanousd, job->budget_nanousd);
    if (budget == NULL && is_budget_missed && least_nanousd == 0 &&
        (account == NULL || !account->has_budget))
        yaml_complain(source, document,
                      "budget is missing, here and in the main file; calls cost money: write "
                      "budget: 5.00, in US dollars per run");
    if (least_nanousd == 0 || job->endpoint == NULL || account == NULL)
        return;
    worst_nanousd = price_worst(known_price(account, &price_name), page_items(job));
    if (worst_nanousd > least_nanousd)
        yaml_warn(source, budget != NULL ? budget : document,
                  "budget: %s is less than one page may cost at %s (%s for %" PRId64
                  " items), so no call would be made",
                  money_format(least_nanousd, cap), price_name, money_format(worst_nanousd, worst),
                  page_items(job));
}

/* What a full page's worth of items costs in pages of `limit`. */
static int64_t cost_in_pages(struct price price, int64_t n_items, int64_t limit)
{
    return (n_items + limit - 1) / limit * price.per_call_nanousd +
           n_items * price.per_item_nanousd;
}

static void warn_of_small_pages(struct source *source, const struct yaml_node *document,
                                const struct config_job *job)
{
    const struct yaml_node *request = yaml_get(document, "request");
    char small[MONEY_TEXT_MAX], full[MONEY_TEXT_MAX];
    int64_t most = job->endpoint->limit_max;
    const char *price_name;
    struct price price = known_price(job->account, &price_name);

    if (job->limit <= 0 || job->limit >= most || (job->max_rows > 0 && job->max_rows <= job->limit))
        return;
    yaml_warn(source, yaml_get(request, "limit"),
              "request.limit: in pages of %" PRId64 " items %" PRId64
              " of them cost %s at %s, in one page %s; leave limit out, and bound a listing by "
              "max_rows",
              job->limit, most, money_format(cost_in_pages(price, most, job->limit), small),
              price_name, money_format(cost_in_pages(price, most, most), full));
}

void job_deinit(struct config_job *job)
{
    feeds_deinit(job);
    free(job->name);
    free(job->title);
    config_texts_deinit(&job->formerly);
    free(job->schedule);
    free(job->timezone);
    free(job->labels);
}
