#include "sandbox/rate.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

bool rate_parse(struct rate *rate, const char *text, struct err *err)
{
    int64_t nth;
    char *end;
    double share;

    *rate = (struct rate){0};
    if (*text == '@') {
        if (!text_parse_int64(text + 1, strlen(text + 1), &nth) || nth < 1)
            return err_set(err, ERR_USAGE, "\"%s\": behind @ stands the number of a call, from 1",
                           text);
        rate->nth = (uint64_t)nth;
        return true;
    }
    share = strtod(text, &end);
    if (end == text || *end != '\0' || !(share >= 0 && share <= 1))
        return err_set(err, ERR_USAGE,
                       "\"%s\": a rate is a number from 0 to 1, or @N for exactly the Nth call",
                       text);
    rate->in_2_32 = (uint64_t)(share * 4294967296.0);
    return true;
}

bool rate_hits(const struct rate *rate, uint64_t bits, uint64_t nth)
{
    return rate->nth > 0 ? rate->nth == nth : bits >> 32 < rate->in_2_32;
}
