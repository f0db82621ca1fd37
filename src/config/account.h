/* `api` and `accounts` of a main file to accounts. */
#pragma once

#include "config/value.h"

struct config;
struct config_account;

/* `api`: the account named CONFIG_ACCOUNT. The slot's base is the struct config. */
void account_read(const struct slot *slot);

/* `accounts`: one for each name. */
void account_read_all(const struct slot *slot);

/* One more account of the first provider, with its defaults; valid until the next is added. */
struct config_account *account_add(struct config *config, const char *name);

void account_deinit(struct config_account *account);
