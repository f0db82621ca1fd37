/* Several accounts under names, of one provider or another, and which of them a job is of. */
#include "api/provider.h"
#include "core/buf.h"
#include "unit/config/complaints_of.h"

TestSuite(accounts, .timeout = 20);

#define GATEWAY "accounts: {gateway: {provider: aisa, token: sk-aisa-1}}\n"
#define TWO                                                                                        \
    "accounts:\n"                                                                                  \
    "  north: {login: n, password: x}\n"                                                           \
    "  south: {provider: aisa, token: sk-aisa-1}\n"

#define NO_PRICES                                                                                  \
    "prices is missing, and aisa does not tell its own before a call: calls are reserved at list " \
    "price ($0.024 and $0.000036 an item), and one that costs more stops its job; write prices: "  \
    "{ per_call: ..., per_item: ... }, what you pay at most\n"

static struct config *load(const char *main_text, const char *job_text)
{
    struct config *config;
    struct err err;

    cr_assert(
        config_load_text(main_text, strlen(main_text), job_text, strlen(job_text), &config, &err),
        "%s", err.text);
    return config;
}

Test(accounts, of_the_gateway_have_its_defaults)
{
    CLEANUP(config_free) struct config *config = load(GATEWAY "budget: 1\n", FULL);
    const struct config_account *account = config->jobs[0].account;

    cr_expect_str_eq(account->name, "gateway");
    cr_expect_str_eq(account->provider->name, "aisa");
    cr_expect_str_eq(account->base_url, "https://api.aisa.one/apis/v1");
    cr_expect_str_eq(account->token, "sk-aisa-1");
    cr_expect(eq(ptr, account->login, NULL));
    cr_expect(eq(i64, account->in_flight, 5));
    cr_expect(eq(i64, account->calls_per_minute, 60));
    cr_expect(config_account_sends_object(account));
}

Test(accounts, stand_beside_api_and_a_job_names_its_own)
{
    CLEANUP(config_free)
    struct config *config =
        load(MAIN TWO, FULL
             "---\njob: b\nendpoint: backlinks\naccount: south\ntargets: [moz.com]\n"
             "---\njob: c\nendpoint: backlinks\naccount: default\ntargets: [moz.com]\n");

    cr_expect(eq(sz, config->n_accounts, 3));
    cr_expect_str_eq(config->jobs[0].account->name, "default");
    cr_expect_str_eq(config->jobs[1].account->name, "south");
    cr_expect_str_eq(config->jobs[2].account->name, "default");
}

/* Else a header could be put into every call. */
Test(accounts, have_secrets_of_one_line)
{
    expect_complaints("api: {provider: aisa, token: \"a\\r\\nX-Evil: 1\"}\nbudget: 1\n", NULL,
                      "main.yaml:1:30: api.token: holds more than one line, or a control "
                      "character\n");
}

Test(accounts, have_caps_of_their_own)
{
    CLEANUP(config_free)
    struct config *config =
        load(MAIN "accounts: {north: {login: n, password: x, budget: 2}}\n",
             FULL "---\njob: b\nendpoint: backlinks\naccount: north\ntargets: [moz.com]\n");

    cr_expect(eq(i64, config->jobs[0].budget_nanousd, INT64_C(5000000000)));
    cr_expect(eq(i64, config->jobs[1].budget_nanousd, INT64_C(2000000000)));
}

Test(accounts, a_cap_of_one_is_none_of_another)
{
    expect_complaints(API "accounts: {north: {login: n, password: x, budget: 2}}\n", FULL,
                      "job.yaml:1:1: budget is missing, here and in the main file; calls cost "
                      "money: write budget: 5.00, in US dollars per run\n");
}

Test(accounts, that_a_job_does_not_tell_are_listed)
{
    expect_complaints(TWO "budget: 1\n", FULL,
                      "main.yaml:3:10: warning: accounts.south." NO_PRICES
                      "job.yaml:1:1: account is missing; there are several, and none is named "
                      "default: north and south\n");
    expect_complaints(MAIN TWO, FULL "account: west\n",
                      "main.yaml:5:10: warning: accounts.south." NO_PRICES
                      "job.yaml:4:10: account: found \"west\", expected one of the accounts: "
                      "default, north and south\n");
    expect_complaints(MAIN, FULL "account: [a]\n",
                      "job.yaml:4:10: account: found a list, expected one of the accounts: "
                      "default\n");
}

Test(accounts, of_the_gateway_should_have_prices)
{
    expect_complaints(MAIN TWO
                      "  west: {provider: aisa, token: x, prices: {per_call: 1, per_item: 0.1}}\n",
                      FULL, "main.yaml:5:10: warning: accounts.south." NO_PRICES);
    expect_complaints("budget: 1\napi:\n  provider: aisa\n  token: x\n", FULL,
                      "main.yaml:3:3: warning: api." NO_PRICES);
}

static const struct mistake mistakes[] = {
    {"budget: 1\n", "main.yaml:1:1: api or accounts is missing\n"},
    {"api: {provider: aisa}\nbudget: 1", "main.yaml:1:6: api.token or token_file is missing\n"},
    {"api: {provider: aisa, login: me, token: x}\nbudget: 1",
     "main.yaml:1:23: api.login: aisa takes no login and password; write its key to token_file, or "
     "to token\n"},
    {"api: {login: me, password: x, token: y}\nbudget: 1",
     "main.yaml:1:31: api.token: dataforseo takes no token; write login and password_file\n"},
    {"api: {login: me, password: x, body: array}\nbudget: 1",
     "main.yaml:1:31: api.body: dataforseo takes one form of body alone, so there is nothing to "
     "choose; leave it out\n"},
    {"api: {provider: aisa, token: x, keep_balance: 5}\nbudget: 1",
     "main.yaml:1:33: api.keep_balance: aisa does not tell its balance, so none can be kept; bound "
     "what is spent by budget\n"},
    {"api: {provider: aisa, token: x, list_lag: 5s}\nbudget: 1",
     "main.yaml:1:33: api.list_lag: aisa has no list of calls that could be late; leave it out: a "
     "call that got no answer is asked for again as unknown_retries says\n"},
    {"api: {provider: aisa, token: x, body: xml}\nbudget: 1",
     "main.yaml:1:39: api.body: found \"xml\", expected object or array\n"},
    {"api: {provider: aisa, token: x, in_flight: 51}\nbudget: 1",
     "main.yaml:1:44: api.in_flight: found 51, expected a whole number from 1 to 50\n"},
    {"api: {provider: aisa, token: x, calls_per_minute: 3001}\nbudget: 1",
     "main.yaml:1:51: api.calls_per_minute: found 3001, aisa allows 3000 at most\n"},
    {"api: {provider: aisa, token: x, token_file: y}\nbudget: 1",
     "main.yaml:1:45: api.token_file and token are both there; keep one\n"},
    {"api: {provider: aisa, token: x, base_url: \"http://api.aisa.one/apis/v1\"}\nbudget: 1",
     "main.yaml:1:43: api.base_url: is plain http:// to another machine, which would send the "
     "password in the open; write https://\n"},
    {MAIN "accounts: {}\n",
     "main.yaml:3:11: accounts: found a map, expected a map of names to accounts, each with the "
     "keys of api\n"},
    {MAIN "accounts: [a]\n",
     "main.yaml:3:11: accounts: found a list, expected a map of names to accounts, each with the "
     "keys of api\n"},
    {MAIN "accounts: {a: b}\n",
     "main.yaml:3:15: accounts.a: found \"b\", expected a map with login and password_file, or "
     "with provider: aisa and token_file\n"},
    {MAIN "accounts: {North: {login: n, password: x}}\n",
     "main.yaml:3:12: accounts: North is no name; write lower-case letters, digits, _ . - (63 at "
     "most), beginning with a letter or digit\n"},
    {MAIN "accounts: {default: {login: n, password: x}}\n",
     "main.yaml:3:12: accounts: default is the account under api; give this one another name\n"},
};

Test(accounts, mistakes_say_what_would_be_right)
{
    EXPECT_ALL(mistakes, /* is_job= */ false);
}

Test(accounts, are_shown_without_their_secrets)
{
    CLEANUP(config_free) struct config *config = load(MAIN TWO, FULL "account: south\n");
    CLEANUP(buf_deinit) struct buf out = BUF_WITH_CEILING(1 << 16);

    config_show(config, &out);
    cr_expect(strstr(buf_text(&out), "accounts:\n  north:\n    provider: dataforseo\n") != NULL,
              "%s", buf_text(&out));
    cr_expect(strstr(buf_text(&out), "    token: \"***\"\n    body: object\n    in_flight: 5\n") !=
                  NULL,
              "%s", buf_text(&out));
    cr_expect(strstr(buf_text(&out), "account: south\n") != NULL, "%s", buf_text(&out));
    cr_expect(strstr(buf_text(&out), "sk-aisa") == NULL);
    cr_expect(strstr(buf_text(&out), "hunter2") == NULL);
}
