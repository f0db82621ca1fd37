#include "sandbox/odd.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "sandbox/random.h"

#define SALT_ODD UINT64_C(0x0dd)

enum takes { TAKES_NO_FIELD, TAKES_FIELD, NEEDS_FIELD };

static const struct {
    const char *name;
    enum takes takes;
    bool is_of_call;
} kinds[N_ODDS] = {
    [ODD_KEY_MISSING] = {"key_missing"},
    [ODD_KEY_NULL] = {"key_null"},
    [ODD_KEY_SHAPE] = {"key_shape"},
    [ODD_SUMMARY_MISSING] = {"summary_missing"},
    [ODD_SUMMARY_NULL] = {"summary_null"},
    [ODD_FLAT] = {"flat"},
    [ODD_WWW] = {"www"},
    [ODD_OLD_FIELDS] = {"old_fields"},
    [ODD_LOST_DATE] = {"lost_date"},
    [ODD_LIST_EMPTY] = {"list_empty"},
    [ODD_LIST_NULL] = {"list_null"},
    [ODD_LIST_MISSING] = {"list_missing"},
    [ODD_FIELD_GONE] = {"field_gone", TAKES_FIELD},
    [ODD_FIELD_TYPE] = {"field_type", TAKES_FIELD},
    [ODD_NEW_FIELD] = {"new_field"},
    [ODD_FILTER] = {"filter"},
    [ODD_TIES] = {"ties"},
    [ODD_TOTAL] = {"total"},
    [ODD_ITEMS_NULL] = {"items_null", .is_of_call = true},
    [ODD_TOKEN_NULL] = {"token_null", .is_of_call = true},
    [ODD_TOKEN_REPEATED] = {"token_repeated", .is_of_call = true},
    [ODD_FILTER_GONE] = {"filter_gone", NEEDS_FIELD},
    [ODD_FILTER_TYPE] = {"filter_type", NEEDS_FIELD},
};

const char *odd_kinds(char text[ODD_KINDS_TEXT_MAX])
{
    size_t size = 0;

    for (size_t i = 0; i < N_ODDS && size < ODD_KINDS_TEXT_MAX; i++)
        size += (size_t)snprintf(text + size, ODD_KINDS_TEXT_MAX - size, "%s%s%s",
                                 i > 0 ? ", " : "", kinds[i].name,
                                 kinds[i].takes == NEEDS_FIELD   ? ":FIELD"
                                 : kinds[i].takes == TAKES_FIELD ? "[:FIELD]"
                                                                 : "");
    return text;
}

static size_t find(const char *text, size_t size)
{
    size_t kind = 0;

    while (kind < N_ODDS &&
           (strlen(kinds[kind].name) != size || memcmp(kinds[kind].name, text, size) != 0))
        kind++;
    return kind;
}

static bool read_field(char field[ODD_FIELD_MAX], size_t kind, const char *text, size_t size,
                       struct err *err)
{
    if (size > 0 && kinds[kind].takes == TAKES_NO_FIELD)
        return err_set(err, ERR_USAGE, "%s takes no field", kinds[kind].name);
    if (size == 0 && kinds[kind].takes == NEEDS_FIELD)
        return err_set(err, ERR_USAGE, "%s needs a field, such as %s:rank", kinds[kind].name,
                       kinds[kind].name);
    if (size >= ODD_FIELD_MAX)
        return err_set(err, ERR_USAGE, "\"%s\": no field has so long a name", text);
    memcpy(field, text, size);
    field[size] = '\0';
    return true;
}

bool odds_parse(struct odds *odds, const char *text, struct err *err)
{
    size_t kind_size = strcspn(text, ":="), kind = find(text, kind_size);
    const char *field = text + kind_size + (text[kind_size] == ':');
    size_t field_size = strcspn(field, "=");
    const char *rate = field + field_size;
    char names[ODD_KINDS_TEXT_MAX];

    if (kind == N_ODDS)
        return err_set(err, ERR_USAGE, "\"%s\": no such oddity; there are %s", text,
                       odd_kinds(names));
    if (*rate == '=' && rate[1] == '@' && !kinds[kind].is_of_call)
        return err_set(err, ERR_USAGE, "\"%s\": %s is not of a call, so it takes a rate", text,
                       kinds[kind].name);
    return read_field(odds->kinds[kind].field, kind, field, field_size, err) &&
           rate_parse(&odds->kinds[kind].rate, *rate == '=' ? rate + 1 : "1", err);
}

bool odds_is_asked(const struct odds *odds, enum odd odd)
{
    return odds != NULL && (odds->kinds[odd].rate.in_2_32 > 0 || odds->kinds[odd].rate.nth > 0);
}

bool odds_hit(const struct odds *odds, enum odd odd, uint64_t number)
{
    return odds_is_asked(odds, odd) &&
           rate_hits(&odds->kinds[odd].rate,
                     random_draw(random_draw(odds->seed, SALT_ODD + odd), number), number);
}

const char *odds_field(const struct odds *odds, enum odd odd)
{
    return odds == NULL || odds->kinds[odd].field[0] == '\0' ? NULL : odds->kinds[odd].field;
}
