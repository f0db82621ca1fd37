#include "sandbox/fault.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "sandbox/random.h"

#define SALT_FAULT UINT64_C(0xfa017)

static const struct fault faults[] = {
    {"http500", FAULT_HTTP, 500},
    {"http503html", FAULT_HTTP, 503},
    {"50000", FAULT_CODE, 50000},
    {"50401", FAULT_CODE, 50401},
    {"40202", FAULT_CODE, 40202},
    {"40209", FAULT_CODE, 40209},
    {"40501", FAULT_CODE, 40501},
    {"drop_before", FAULT_DROP},
    {"drop_after", FAULT_DROP, .is_billed = true},
    {"truncate", FAULT_TRUNCATE, .is_billed = true},
    {"garbage", FAULT_GARBAGE, .is_billed = true},
    {"slow", FAULT_SLOW, .is_billed = true},
};

#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

const char *fault_kinds(void)
{
    return "http500, http503html, 50000, 50401, 40202, 40209, 40501, drop_before, drop_after, "
           "truncate, garbage, slow";
}

static const struct fault *find(const char *kind, size_t size)
{
    for (size_t i = 0; i < N_FAULTS; i++)
        if (strlen(faults[i].kind) == size && memcmp(faults[i].kind, kind, size) == 0)
            return &faults[i];
    return NULL;
}

bool fault_rule_parse(struct fault_rule *rule, const char *text, struct err *err)
{
    const char *value = strchr(text, '=');
    int64_t nth;
    char *end;
    double rate;

    *rule = (struct fault_rule){0};
    if (value == NULL)
        return err_set(err, ERR_USAGE, "\"%s\" is not KIND=RATE, such as http500=0.01", text);
    rule->fault = find(text, (size_t)(value - text));
    if (rule->fault == NULL)
        return err_set(err, ERR_USAGE, "\"%s\": no such kind of fault; there are %s", text,
                       fault_kinds());
    value++;
    if (*value == '@') {
        if (!text_parse_int64(value + 1, strlen(value + 1), &nth) || nth < 1)
            return err_set(err, ERR_USAGE, "\"%s\": behind @ stands the number of a call, from 1",
                           text);
        rule->nth = (uint64_t)nth;
        return true;
    }
    rate = strtod(value, &end);
    if (end == value || *end != '\0' || !(rate >= 0 && rate <= 1))
        return err_set(err, ERR_USAGE,
                       "\"%s\": a rate is a number from 0 to 1, or @N for exactly the Nth call",
                       text);
    rule->rate_in_2_32 = (uint64_t)(rate * 4294967296.0);
    return true;
}

const struct fault *fault_of(const struct fault_rule *rules, size_t n_rules, uint64_t seed,
                             uint64_t nth)
{
    for (size_t i = 0; i < n_rules; i++) {
        uint64_t bits = random_draw(random_draw(seed, SALT_FAULT + i), nth) >> 32;

        if (rules[i].nth > 0 ? rules[i].nth == nth : bits < rules[i].rate_in_2_32)
            return rules[i].fault;
    }
    return NULL;
}
