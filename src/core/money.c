#include "core/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The digits of a number, the point taken out, and how many of them stand before the point. */
struct decimal {
    char digits[64];
    int n_digits;
    int point;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void put_digit(struct decimal *decimal, char digit)
{
    int last = (int)sizeof(decimal->digits) - 1;

    if (decimal->n_digits == 0 && digit == '0') { /* a leading zero only moves the point */
        decimal->point--;
        return;
    }
    if (decimal->n_digits <= last)
        decimal->digits[decimal->n_digits++] = digit;
    else if (digit != '0')
        decimal->digits[last] = '1'; /* far below a nano-dollar; keep that it was not zero */
}

static bool read_exponent(const char **at, const char *end, int *exponent)
{
    bool is_negative = false;
    int value = 0;

    if (*at < end && (**at == '+' || **at == '-'))
        is_negative = *(*at)++ == '-';
    if (*at == end)
        return false;
    for (; *at < end; (*at)++) {
        if (!is_digit(**at))
            return false;
        if (value < 10000)
            value = value * 10 + (**at - '0');
    }
    *exponent = is_negative ? -value : value;
    return true;
}

static bool read_decimal(const char *at, const char *end, struct decimal *decimal)
{
    bool has_point = false, has_digit = false;
    int exponent = 0;

    for (; at < end && (is_digit(*at) || (*at == '.' && !has_point)); at++) {
        if (*at == '.') {
            has_point = true;
            continue;
        }
        has_digit = true;
        if (!has_point)
            decimal->point++;
        put_digit(decimal, *at);
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (!read_exponent(&at, end, &exponent))
            return false;
    }
    decimal->point += exponent;
    return has_digit && at == end;
}

bool money_parse(const char *text, size_t length, int64_t *ret_nanousd)
{
    struct decimal decimal = {.n_digits = 0};
    int64_t value = 0;
    int n_kept;

    if (!read_decimal(text, text + length, &decimal))
        return false;
    n_kept = decimal.point + 9;
    if (decimal.n_digits > 0 && n_kept > 18)
        return false;
    for (int i = 0; decimal.n_digits > 0 && i < n_kept; i++)
        value = value * 10 + (i < decimal.n_digits ? decimal.digits[i] - '0' : 0);
    if (decimal.n_digits > (n_kept > 0 ? n_kept : 0))
        for (int i = n_kept > 0 ? n_kept : 0; i < decimal.n_digits; i++)
            if (decimal.digits[i] != '0') {
                value++;
                break;
            }
    *ret_nanousd = value;
    return true;
}

static const char *format(int64_t nanousd, const char *sign, char text[MONEY_TEXT_MAX])
{
    uint64_t magnitude = nanousd < 0 ? UINT64_C(0) - (uint64_t)nanousd : (uint64_t)nanousd;
    size_t length;

    snprintf(text, MONEY_TEXT_MAX, "%s%s%" PRIu64 ".%09" PRIu64, nanousd < 0 ? "-" : "", sign,
             magnitude / (uint64_t)NANOUSD_PER_USD, magnitude % (uint64_t)NANOUSD_PER_USD);
    length = strlen(text);
    for (unsigned n_cut = 0; n_cut < 7 && text[length - 1] == '0'; n_cut++)
        text[--length] = '\0';
    return text;
}

const char *money_format(int64_t nanousd, char text[MONEY_TEXT_MAX])
{
    return format(nanousd, "$", text);
}

const char *money_format_cents(int64_t nanousd, char text[MONEY_TEXT_MAX])
{
    const int64_t cent = NANOUSD_PER_USD / 100;

    if (nanousd <= 0 || nanousd >= cent / 2)
        return format((nanousd + (nanousd < 0 ? -cent : cent) / 2) / cent * cent, "$", text);
    snprintf(text, MONEY_TEXT_MAX, "<$0.01");
    return text;
}

const char *money_format_plain(int64_t nanousd, char text[MONEY_TEXT_MAX])
{
    return format(nanousd, "", text);
}
