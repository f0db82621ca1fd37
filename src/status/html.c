#include "status/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/money.h"
#include "core/when.h"

#define UNKNOWN "\xe2\x80\x93" /* an en dash */

void html_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buf_append_string(out, "&lt;");
        else if (*text == '>')
            buf_append_string(out, "&gt;");
        else if (*text == '&')
            buf_append_string(out, "&amp;");
        else if (*text == '"')
            buf_append_string(out, "&quot;");
        else if (*text == '\'')
            buf_append_string(out, "&#39;");
        else
            buf_append_char(out, *text);
    }
}

/* Digits with a comma between thousands, up to what is no digit. */
static void group(struct buf *out, const char *digits)
{
    size_t n = strspn(digits, "0123456789");

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
    buf_append_string(out, digits + n);
}

void html_count(struct buf *out, int64_t n)
{
    char text[24];

    if (n < 0) {
        buf_append_string(out, UNKNOWN);
        return;
    }
    snprintf(text, sizeof(text), "%" PRId64, n);
    group(out, text);
}

void html_dollars(struct buf *out, int64_t nanousd)
{
    char text[MONEY_TEXT_MAX];
    const char *sign;

    if (nanousd < 0) {
        buf_append_string(out, UNKNOWN);
        return;
    }
    money_format_cents(nanousd, text);
    sign = strchr(text, '$');
    buf_append_string(out, sign == text ? "$" : "&lt;$");
    group(out, sign + 1);
}

void html_plural(struct buf *out, int64_t n, const char *one, const char *many)
{
    html_count(out, n);
    buf_printf(out, " %s", n == 1 ? one : many);
}

void html_ago(struct buf *out, int64_t at_s, int64_t now_s)
{
    char utc[WHEN_TEXT_MAX], span[WHEN_TEXT_MAX];
    bool is_ahead = at_s > now_s;

    when_span(is_ahead ? at_s - now_s : now_s - at_s, span);
    when_utc(at_s, utc);
    buf_printf(out, "<time datetime=\"%s\" title=\"%s\">%s%s%s</time>", utc, utc,
               is_ahead ? "in " : "", span, is_ahead ? "" : " ago");
}

void html_bar(struct buf *out, const char *style, const char *label, int64_t part, int64_t whole)
{
    double share = whole > 0 ? (double)part / (double)whole : 0;
    int permille = share < 0 ? 0 : share > 1 ? 1000 : (int)(share * 1000);

    buf_printf(out, "<div class=\"bar %s\" role=\"progressbar\" aria-label=\"", style);
    html_text(out, label);
    buf_printf(out,
               "\" aria-valuemin=\"0\" aria-valuemax=\"100\" aria-valuenow=\"%d\">"
               "<i style=\"width:%d.%d%%\"></i></div>",
               permille / 10, permille / 10, permille % 10);
}
