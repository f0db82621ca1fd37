/*
 * The happy path: the provider comes first, since it decides which keys there may be and what the
 * others are by default; then the map is read by the table of keys.
 *
 * A key that means nothing with the provider is an error that says why and what to write instead.
 */
#include "config/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "config/config.h"
#include "config/read.h"
#include "core/mem.h"
#include "core/money.h"

#define NAME_MAX_BYTES 63

struct config_account *account_add(struct config *config, const char *name)
{
    struct config_account *account;

    config->accounts =
        mem_resize(config->accounts, config->n_accounts + 1, sizeof(*config->accounts));
    account = &config->accounts[config->n_accounts++];
    *account = (struct config_account){.name = mem_strdup(name), .provider = providers[0]};
    return account;
}

/* --- the provider ---------------------------------------------------------------------------- */

static const struct provider *read_provider(struct source *source, const struct yaml_node *map,
                                            const char *prefix)
{
    const struct yaml_node *node = yaml_get(map, "provider");
    const struct key *key = key_find(account_keys.keys, account_keys.n_keys, "provider");
    const struct provider *provider = NULL;
    char path[KEY_PATH_BYTES_MAX];

    if (node == NULL || node->kind == YAML_BROKEN)
        return providers[0];
    if (node->kind == YAML_TEXT)
        provider = provider_find(node->text);
    if (provider != NULL)
        return provider;
    snprintf(path, sizeof(path), "%sprovider", prefix);
    value_refuse(&(struct slot){.source = source, .key = key, .node = node, .path = path});
    return providers[0];
}

static const char *why_unfit(const struct key *key)
{
    static const char *const reasons[] = {
        [FIT_ANY] = "",
        [FIT_LOGIN] = "takes no login and password; write its key to token_file, or to token",
        [FIT_TOKEN] = "takes no token; write login and password_file",
        [FIT_BODY] = "takes one form of body alone, so there is nothing to choose; leave it out",
        [FIT_LIST] =
            "has no list of calls that could be late; leave it out: a call that got no "
            "answer is asked for again as unknown_retries says",
        [FIT_BALANCE] =
            "does not tell its balance, so none can be kept; bound what is spent by "
            "budget",
    };

    return reasons[key->fit];
}

/* Keys of another provider, and those of this one that are missing. */
static void check_fit(struct source *source, const struct yaml_node *map, const char *prefix,
                      const struct provider *provider)
{
    for (size_t i = 0; i < account_keys.n_keys; i++) {
        const struct key *key = &account_keys.keys[i];
        const struct yaml_node *node = yaml_get(map, key->name);

        if (node != NULL && !key_fits(key, provider))
            complain(source, COMPLAINT_ERROR, node->key_line, node->key_column, "%s%s: %s %s",
                     prefix, key->name, provider->name, why_unfit(key));
        else if (node == NULL && key->is_required && key->fit != FIT_ANY &&
                 key_fits(key, provider) && yaml_get(map, key->twin) == NULL)
            yaml_complain(source, map, "%s%s or %s is missing", prefix, key->name, key->twin);
    }
}

static void check_most(struct source *source, const struct yaml_node *map, const char *prefix,
                       const char *name, int64_t value, int64_t most,
                       const struct provider *provider)
{
    const struct yaml_node *node = yaml_get(map, name);

    if (node != NULL && value > most)
        yaml_complain(source, node, "%s%s: found %" PRId64 ", %s allows %" PRId64 " at most",
                      prefix, name, value, provider->name, most);
}

/* What a gateway adds to the list price nobody knows before the first answer. */
static void warn_of_list_price(struct source *source, const struct yaml_node *map,
                               const char *prefix, const struct provider *provider)
{
    char per_call[MONEY_TEXT_MAX], per_item[MONEY_TEXT_MAX];

    if (provider->has_user_data || yaml_get(map, "prices") != NULL)
        return;
    yaml_warn(source, map,
              "%sprices is missing, and %s does not tell its own before a call: calls are reserved "
              "at list price (%s and %s an item), and one that costs more stops its job; write "
              "prices: { per_call: ..., per_item: ... }, what you pay at most",
              prefix, provider->name, money_format(PRICE_LISTED.per_call_nanousd, per_call),
              money_format(PRICE_LISTED.per_item_nanousd, per_item));
}

/* --- one account ----------------------------------------------------------------------------- */

static void read_account(struct config *config, struct source *source, const struct yaml_node *map,
                         const char *name, const char *path)
{
    struct config_account *account = account_add(config, name);
    const struct provider *provider;
    size_t n_errors = source->n_errors;
    char prefix[KEY_PATH_BYTES_MAX];

    snprintf(prefix, sizeof(prefix), "%s.", path);
    account->provider = provider = read_provider(source, map, prefix);
    account->in_flight = provider->in_flight;
    account->calls_per_minute = provider->calls_per_minute;
    account->has_budget = yaml_get(map, "budget") != NULL;
    read_map_into(source, map, prefix, &account_keys, account);
    check_fit(source, map, prefix, provider);
    check_most(source, map, prefix, "in_flight", account->in_flight, provider->in_flight_max,
               provider);
    check_most(source, map, prefix, "calls_per_minute", account->calls_per_minute,
               provider->calls_per_minute_max, provider);
    if (account->base_url == NULL)
        account->base_url = mem_strdup(provider->base_url);
    if (account->body == NULL && provider->has_body_choice)
        account->body = mem_strdup(provider->is_body_object ? "object" : "array");
    if (source->n_errors == n_errors)
        warn_of_list_price(source, map, prefix, provider);
}

void account_read(const struct slot *slot)
{
    if (slot->node->kind == YAML_MAP)
        read_account(slot->base, slot->source, slot->node, CONFIG_ACCOUNT, slot->path);
    else
        value_refuse(slot);
}

static bool check_name(const struct slot *slot, const struct yaml_node *node)
{
    const char *name = node->key;
    char shown[YAML_SHORT_MAX];

    if (strlen(name) > NAME_MAX_BYTES ||
        !((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= '0' && name[0] <= '9')) ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != strlen(name)) {
        complain(slot->source, COMPLAINT_ERROR, node->key_line, node->key_column,
                 "%s: %s is no name; write lower-case letters, digits, _ . - (63 at most), "
                 "beginning with a letter or digit",
                 slot->path, yaml_short(name, shown));
        return false;
    }
    if (config_account_find(slot->base, name) != NULL) {
        complain(slot->source, COMPLAINT_ERROR, node->key_line, node->key_column,
                 "%s: %s is the account under api; give this one another name", slot->path, name);
        return false;
    }
    return true;
}

void account_read_all(const struct slot *slot)
{
    const struct key *account_key = key_find(main_keys.keys, main_keys.n_keys, "api");

    if (slot->node->kind != YAML_MAP || slot->node->n_items == 0) {
        value_refuse(slot);
        return;
    }
    for (size_t i = 0; i < slot->node->n_items; i++) {
        const struct yaml_node *node = &slot->node->items[i];
        char path[KEY_PATH_BYTES_MAX];

        if (node->kind == YAML_BROKEN || !check_name(slot, node))
            continue;
        snprintf(path, sizeof(path), "%s.%s", slot->path, node->key);
        if (node->kind == YAML_MAP)
            read_account(slot->base, slot->source, node, node->key, path);
        else
            value_refuse(&(struct slot){slot->source, account_key, node, path, slot->base});
    }
}

void account_deinit(struct config_account *account)
{
    free(account->name);
    free(account->base_url);
    free(account->login);
    free(account->password);
    free(account->token);
    free(account->body);
    free(account->timezone);
}

const struct config_account *config_account_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_accounts; i++)
        if (strcmp(config->accounts[i].name, name) == 0)
            return &config->accounts[i];
    return NULL;
}

bool config_account_sends_object(const struct config_account *account)
{
    return account->body != NULL && strcmp(account->body, "object") == 0;
}
