#include "sandbox/night_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/target.h"
#include "sandbox/when.h"

#define PERCENT_MAX 50
#define PPM_OF_PERCENT 10000

static bool read_night(const char *text, int64_t *ret_night, struct err *err)
{
    int64_t first, last, seconds;

    when_parse(NIGHTS_FIRST, &first);
    when_parse(NIGHTS_LAST, &last);
    if (strlen(text) != 10 || !when_parse(text, &seconds))
        return err_set(err, ERR_USAGE, "\"%s\" is no date, such as 2026-03-14", text);
    if (seconds < first || seconds > last)
        return err_set(err, ERR_USAGE, "%s is not from " NIGHTS_FIRST " to " NIGHTS_LAST, text);
    *ret_night = (seconds - first) / 86400;
    return true;
}

static bool read_percent(const char *text, int64_t *ret_ppm, struct err *err)
{
    char *end;
    double percent = strtod(text, &end);

    if (end == text || *end != '\0' || !(percent >= 0 && percent <= PERCENT_MAX))
        return err_set(err, ERR_USAGE, "\"%s\" is no number of percent from 0 to %d", text,
                       PERCENT_MAX);
    *ret_ppm = lround(percent * PPM_OF_PERCENT);
    return true;
}

bool night_rules_read_night(struct night_rules *rules, const char *text, struct err *err)
{
    rules->are_asked = true;
    return read_night(text, &rules->night, err);
}

bool night_rules_add(struct night_rules *rules, enum night_rule_kind kind, const char *text,
                     struct err *err)
{
    const char *equals = strrchr(text, '='); /* a page's URL may hold others */
    const char *form = kind == NIGHT_MOVES ? "TARGET=PERCENT, such as example.com=0.5"
                                           : "TARGET=DATE, such as example.com=2026-03-14";
    char target[TARGET_SIZE_MAX + 1];
    size_t size = equals == NULL ? 0 : (size_t)(equals - text);
    int64_t value;

    if (equals == NULL || size > TARGET_SIZE_MAX)
        return err_set(err, ERR_USAGE, "\"%s\" is not %s", text, form);
    memcpy(target, text, size);
    target[size] = '\0';
    if (!target_is_valid(target))
        return err_set(err, ERR_USAGE,
                       "\"%s\" is no target: a domain without scheme and www., or a page with http",
                       target);
    if (rules->n_rules == NIGHT_RULES_MAX)
        return err_set(err, ERR_USAGE, "more than %d of such options", NIGHT_RULES_MAX);
    if (kind == NIGHT_MOVES ? !read_percent(equals + 1, &value, err)
                            : !read_night(equals + 1, &value, err))
        return false;
    rules->rules[rules->n_rules].kind = kind;
    rules->rules[rules->n_rules].target = text;
    rules->rules[rules->n_rules].target_size = size;
    rules->rules[rules->n_rules++].value = value;
    return true;
}

bool night_rules_check(const struct night_rules *rules, struct err *err)
{
    return rules->are_asked || rules->n_rules == 0 ||
           err_set(err, ERR_USAGE,
                   "without --night every night is the same: --move, --double and --vanish go with "
                   "it");
}

struct night_terms night_rules_terms(const struct night_rules *rules, const char *target)
{
    struct night_terms terms = {.are_asked = rules->are_asked,
                                .night = rules->night,
                                .move_ppm = -1,
                                .doubles_on = NIGHT_NEVER,
                                .vanishes_on = NIGHT_NEVER};

    for (size_t i = 0; i < rules->n_rules; i++) {
        if (strlen(target) != rules->rules[i].target_size ||
            memcmp(target, rules->rules[i].target, rules->rules[i].target_size) != 0)
            continue;
        switch (rules->rules[i].kind) {
        case NIGHT_MOVES:
            terms.move_ppm = rules->rules[i].value;
            break;
        case NIGHT_DOUBLES:
            terms.doubles_on = rules->rules[i].value;
            break;
        case NIGHT_VANISHES:
            terms.vanishes_on = rules->rules[i].value;
            break;
        }
    }
    return terms;
}
