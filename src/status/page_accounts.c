#include <inttypes.h>
#include <string.h>

#include "status/html.h"
#include "status/page_private.h"

/* Money: a card for each account, with what its caps, and those of all, still allow. */

static void put_balance(struct buf *out, const struct snapshot *snapshot,
                        const struct snapshot_account *account)
{
    if (account->balance_nanousd < 0) {
        buf_append_string(out, "<p class=\"quiet\">its balance is not known</p>");
        return;
    }
    buf_append_string(out, "<p class=\"figure\">");
    html_dollars(out, account->balance_nanousd);
    buf_append_string(out, "</p><p class=\"quiet\">");
    if (account->nights_left >= 0) {
        buf_append_string(out, "enough for ");
        html_plural(out, (int64_t)account->nights_left, "night", "nights");
        buf_append_string(out, ", ");
    }
    buf_append_string(out, "told ");
    html_ago(out, account->asked_at_s, snapshot->now_s);
    buf_append_string(out, "</p>");
}

static bool is_held_by(const struct snapshot_cap *cap, const char *account)
{
    return strcmp(cap->scope, "all") == 0 ||
           (strcmp(cap->scope, "account") == 0 && strcmp(cap->name, account) == 0);
}

/* Of the caps that hold for the account, the one that leaves least. */
static void put_cap(struct buf *out, const struct snapshot *snapshot, const char *account,
                    const char *per, const char *what)
{
    const struct snapshot_cap *tightest = NULL;
    int64_t left;

    for (size_t i = 0; i < snapshot->n_caps; i++) {
        const struct snapshot_cap *cap = &snapshot->caps[i];

        if (strcmp(cap->per, per) == 0 && is_held_by(cap, account) &&
            (tightest == NULL || cap->left_nanousd < tightest->left_nanousd))
            tightest = cap;
    }
    if (tightest == NULL)
        return;
    left = tightest->left_nanousd > 0 ? tightest->left_nanousd : 0;
    buf_printf(out, "<dt>%s</dt><dd>", what);
    html_dollars(out, tightest->nanousd - left);
    buf_append_string(out, " of ");
    html_dollars(out, tightest->nanousd);
    buf_append_string(out, "</dd>");
    html_bar(out, left < tightest->nanousd / 10 ? "full" : "money", what, tightest->nanousd - left,
             tightest->nanousd);
}

static void put_odd(struct buf *out, const char *what, int64_t n, int64_t nanousd)
{
    if (n <= 0)
        return;
    buf_printf(out, "<dt>%s</dt><dd>", what);
    html_plural(out, n, "call", "calls");
    buf_append_string(out, ", ");
    html_dollars(out, nanousd);
    buf_append_string(out, "</dd>");
}

static void put_account(struct buf *out, const struct snapshot *snapshot,
                        const struct snapshot_account *account)
{
    buf_append_string(out, "<article class=\"card\"><div class=\"top\"><h3>");
    html_text(out, account->name);
    buf_append_string(out, "</h3>");
    if (account->reason[0] != '\0')
        page_put_word(out, "blocked");
    buf_append_string(out, "</div>");
    put_balance(out, snapshot, account);
    buf_append_string(out, "<dl>");
    put_cap(out, snapshot, account->name, "day", "Spent today");
    put_cap(out, snapshot, account->name, "month", "Spent this month");
    if (account->n_in_flight >= 0 && account->n_slots > 0)
        buf_printf(out, "<dt>Calls in flight</dt><dd>%" PRId64 " of %" PRId64 "</dd>",
                   account->n_in_flight, account->n_slots);
    put_odd(out, "Charge unknown", account->n_unknown, account->unknown_nanousd);
    put_odd(out, "Never delivered, 7 days", account->n_undelivered, account->undelivered_nanousd);
    buf_append_string(out, "</dl></article>\n");
}

void page_put_accounts(struct buf *out, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        put_account(out, snapshot, &snapshot->accounts[i]);
}
