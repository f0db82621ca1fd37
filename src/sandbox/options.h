/* The command line of linkhaul-sandbox. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "sandbox/account.h"
#include "sandbox/fault.h"
#include "sandbox/night_rules.h"
#include "sandbox/odd.h"

#define OPTIONS_TARGETS_MAX 256

struct options {
    const char *address; /* of the listener, on loopback */
    char host[64];       /* its two halves */
    uint16_t port;       /* 0: any that is free */
    uint64_t seed;
    struct {
        const char *target;
        size_t target_size;
        uint64_t n_items;
    } items[OPTIONS_TARGETS_MAX];
    size_t n_items;
    uint64_t latency_least_ms, latency_most_ms;
    uint64_t in_flight;
    uint64_t per_minute;
    struct fault_rule faults[FAULT_RULES_MAX];
    size_t n_faults;
    struct odds odds;
    uint64_t id_list_lag_ms; /* in the API's time */
    bool is_id_list_blind;   /* it never lists a Live call */
    uint64_t token_life;     /* in paid calls; 0: for ever */
    const char *ledger;      /* NULL: none */
    const char *login, *password;
    const char *token;       /* of the gateway */
    uint64_t markup_percent; /* on what a call costs there */
    bool has_charge;         /* its answers say what they cost */
    struct {
        uint64_t nth; /* paid call; 0: none */
        int http;
        char code[64];
    } gateway_error;
    struct account_terms account;
    struct night_rules nights;
    const char *printed; /* the target whose links are to be printed instead of serving; or NULL */
    bool is_help, is_version;
};

void options_init(struct options *options);

/* The texts in `options` are those of `arguments`. False: ERR_USAGE. */
bool options_parse(struct options *options, int n_arguments, const char *const *arguments,
                   struct err *err);

/* The size that was asked for a target; 0: none was. */
uint64_t options_items(const struct options *options, const char *target);

void options_print_help(FILE *file);
