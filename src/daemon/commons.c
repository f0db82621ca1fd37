#include "daemon/commons.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "core/mem.h"
#include "status/meter.h"

struct commons *commons_new(bool is_shared)
{
    struct commons *commons = mem_new(sizeof(*commons));

    commons->is_shared = is_shared;
    commons->meter = meter_new();
    return commons;
}

void commons_destroy(struct commons *commons)
{
    for (size_t i = 0; i < commons->n_accounts; i++) {
        pace_deinit(&commons->accounts[i]->pace);
        free(commons->accounts[i]->prices);
        free(commons->accounts[i]->name);
        free(commons->accounts[i]);
    }
    free(commons->accounts);
    meter_destroy(commons->meter);
    free(commons->place.left);
    free(commons);
}

struct commons_account *commons_find(const struct commons *commons, const char *name)
{
    for (size_t i = 0; i < commons->n_accounts; i++)
        if (strcmp(commons->accounts[i]->name, name) == 0)
            return commons->accounts[i];
    return NULL;
}

struct commons_account *commons_account(struct commons *commons,
                                        const struct config_account *config)
{
    size_t in_flight = (size_t)config->in_flight, per_minute = (size_t)config->calls_per_minute;
    struct commons_account *account = commons_find(commons, config->name);

    if (account != NULL) {
        pace_set_limits(&account->pace, in_flight, per_minute);
        return account;
    }
    account = mem_new(sizeof(*account));
    account->name = mem_strdup(config->name);
    account->prices = mem_new_array(endpoint_count(), sizeof(*account->prices));
    pace_init(&account->pace, in_flight, per_minute);
    commons->accounts =
        mem_resize(commons->accounts, commons->n_accounts + 1, sizeof(struct commons_account *));
    commons->accounts[commons->n_accounts++] = account;
    return account;
}

void commons_enter(struct commons *commons, struct commons_turn *turn)
{
    struct commons_turn **end = &commons->line;

    if (turn->is_in_line)
        return;
    while (*end != NULL)
        end = &(*end)->next;
    *end = turn;
    turn->next = NULL;
    turn->is_in_line = true;
    if (commons->line == turn)
        turn->go(turn->data);
}

void commons_leave(struct commons *commons, struct commons_turn *turn)
{
    struct commons_turn **at = &commons->line;
    bool was_first = commons->line == turn;

    if (!turn->is_in_line)
        return;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    turn->is_in_line = false;
    if (was_first && commons->line != NULL)
        commons->line->go(commons->line->data);
}
