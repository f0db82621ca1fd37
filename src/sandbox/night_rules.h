/* What the command line says of nights: which one it is, and what becomes of single targets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "sandbox/nights.h"

#define NIGHT_RULES_MAX 256

enum night_rule_kind { NIGHT_MOVES, NIGHT_DOUBLES, NIGHT_VANISHES };

struct night_rules {
    bool are_asked; /* a night has been named */
    int64_t night;
    struct {
        enum night_rule_kind kind;
        const char *target;
        size_t target_size;
        int64_t value; /* in millionths, or a night */
    } rules[NIGHT_RULES_MAX];
    size_t n_rules;
};

/* Reads "2026-03-14". False: ERR_USAGE, as of the others here. */
bool night_rules_read_night(struct night_rules *rules, const char *text, struct err *err);

/* Reads "example.com=0.5" or "example.com=2026-03-14"; keeps `text`. */
bool night_rules_add(struct night_rules *rules, enum night_rule_kind kind, const char *text,
                     struct err *err);

/* Whether they make sense together. */
bool night_rules_check(const struct night_rules *rules, struct err *err);

/* What they say of a target; the last word on it counts. */
struct night_terms night_rules_terms(const struct night_rules *rules, const char *target);
