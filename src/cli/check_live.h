/* `check --live`: what can be asked without spending anything. */
#pragma once

struct config;

/*
 * Asks each account, what the API lets one filter by, and the database, one after the other and
 * whatever the others answer. Prints what they tell, warns of what differs from the configuration,
 * from the endpoints' tables and from the prices last known. Gives the worst exit code.
 */
int check_live(const struct config *config);
