#include "sandbox/fault.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/random.h"

#define SALT_FAULT UINT64_C(0xfa017)
#define SALT_KIND UINT64_C(0xfa018)

// clang-format off
static const struct fault faults[] = {
    {"http500",             FAULT_HTTP,        FATE_UNMADE, 500},
    {"http500_billed",      FAULT_HTTP,        FATE_BILLED, 500},
    {"http502html",         FAULT_HTTP,        FATE_UNMADE, 502},
    {"http502html_billed",  FAULT_HTTP,        FATE_BILLED, 502},
    {"http503html",         FAULT_HTTP,        FATE_UNMADE, 503},
    {"http503html_billed",  FAULT_HTTP,        FATE_BILLED, 503},
    {"http504html",         FAULT_HTTP,        FATE_UNMADE, 504},
    {"http504html_billed",  FAULT_HTTP,        FATE_BILLED, 504},
    {"50000",               FAULT_CODE,        FATE_FREE,   50000},
    {"50000_billed",        FAULT_CODE,        FATE_BILLED, 50000},
    {"50401",               FAULT_CODE,        FATE_FREE,   50401},
    {"50401_billed",        FAULT_CODE,        FATE_BILLED, 50401},
    {"40101",               FAULT_CODE,        FATE_FREE,   40101},
    {"40101_billed",        FAULT_CODE,        FATE_BILLED, 40101},
    {"40202",               FAULT_CODE,        FATE_UNMADE, 40202},
    {"40209",               FAULT_CODE,        FATE_FREE,   40209},
    {"40501",               FAULT_CODE,        FATE_FREE,   40501},
    {"drop_before",         FAULT_DROP,        FATE_UNMADE},
    {"drop_after",          FAULT_DROP,        FATE_BILLED},
    {"reset",               FAULT_RESET,       FATE_UNMADE},
    {"reset_billed",        FAULT_RESET,       FATE_BILLED},
    {"reset_reused",        FAULT_RESET,       FATE_UNMADE, .is_for_reused = true},
    {"reset_reused_billed", FAULT_RESET,       FATE_BILLED, .is_for_reused = true},
    {"hang",                FAULT_HANG,        FATE_UNMADE},
    {"hang_billed",         FAULT_HANG,        FATE_BILLED},
    {"truncate",            FAULT_TRUNCATE,    FATE_BILLED},
    {"truncate_free",       FAULT_TRUNCATE,    FATE_FREE},
    {"gzip_cut",            FAULT_GZIP_CUT,    FATE_BILLED},
    {"gzip_cut_free",       FAULT_GZIP_CUT,    FATE_FREE},
    {"garbage",             FAULT_GARBAGE,     FATE_BILLED},
    {"garbage_free",        FAULT_GARBAGE,     FATE_UNMADE},
    {"tasks_null",          FAULT_TASKS_NULL,  FATE_BILLED},
    {"tasks_null_free",     FAULT_TASKS_NULL,  FATE_FREE},
    {"result_null",         FAULT_RESULT_NULL, FATE_BILLED},
    {"result_null_free",    FAULT_RESULT_NULL, FATE_FREE},
    {"slow",                FAULT_SLOW,        FATE_BILLED},
    {"drip",                FAULT_DRIP,        FATE_BILLED},
    {"exponent",            FAULT_EXPONENT,    FATE_BILLED},
};
// clang-format on

#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

const char *fault_kinds(char text[FAULT_KINDS_TEXT_MAX])
{
    size_t size = 0;

    text[0] = '\0';
    for (size_t i = 0; i < N_FAULTS && size < FAULT_KINDS_TEXT_MAX; i++)
        size += (size_t)snprintf(text + size, FAULT_KINDS_TEXT_MAX - size, "%s%s",
                                 i > 0 ? ", " : "", faults[i].kind);
    return text;
}

static const struct fault *find_exactly(const char *kind, size_t size)
{
    for (size_t i = 0; i < N_FAULTS; i++)
        if (strlen(faults[i].kind) == size && memcmp(faults[i].kind, kind, size) == 0)
            return &faults[i];
    return NULL;
}

/* "http500_free" is http500, as that is free anyway; in the same way "truncate_billed". */
static const struct fault *find(const char *kind, size_t size)
{
    static const struct {
        const char *text;
        bool is_billed;
    } endings[] = {{"_free", false}, {"_billed", true}};
    const struct fault *fault = find_exactly(kind, size);

    for (size_t i = 0; fault == NULL && i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i].text);

        if (size <= ending || memcmp(kind + size - ending, endings[i].text, ending) != 0)
            continue;
        fault = find_exactly(kind, size - ending);
        if (fault != NULL && (fault->fate == FATE_BILLED) != endings[i].is_billed)
            fault = NULL;
    }
    return fault;
}

static bool find_faults(struct fault_rule *rule, const char *kind, size_t size)
{
    if (size == 3 && memcmp(kind, "all", size) == 0) {
        rule->faults = faults;
        rule->n_faults = N_FAULTS;
    } else {
        rule->faults = find(kind, size);
        rule->n_faults = 1;
    }
    return rule->faults != NULL;
}

bool fault_rule_parse(struct fault_rule *rule, const char *text, struct err *err)
{
    const char *value = strchr(text, '=');
    char kinds[FAULT_KINDS_TEXT_MAX];

    *rule = (struct fault_rule){0};
    if (value == NULL)
        return err_set(err, ERR_USAGE, "\"%s\" is not KIND=RATE, such as http500=0.01", text);
    if (!find_faults(rule, text, (size_t)(value - text)))
        return err_set(err, ERR_USAGE, "\"%s\": no such kind of fault; there are %s", text,
                       fault_kinds(kinds));
    return rate_parse(&rule->rate, value + 1, err);
}

const struct fault *fault_of(const struct fault_rule *rules, size_t n_rules, uint64_t seed,
                             uint64_t nth, bool is_reused)
{
    for (size_t i = 0; i < n_rules; i++) {
        const struct fault_rule *rule = &rules[i];
        uint64_t bits = random_draw(random_draw(seed, SALT_FAULT + i), nth);
        size_t pick = (size_t)random_below(random_draw(bits, SALT_KIND), rule->n_faults);

        if (rate_hits(&rule->rate, bits, nth) && (is_reused || !rule->faults[pick].is_for_reused))
            return &rule->faults[pick];
    }
    return NULL;
}
