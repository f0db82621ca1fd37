/* The command line. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "sandbox/options.h"

TestSuite(options, .timeout = 10);

static struct options options;
static struct err err;

static bool parse(int n, const char *const *arguments)
{
    options_init(&options);
    return options_parse(&options, n, arguments, &err);
}

#define PARSE(...)                                                                                 \
    parse((int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),                      \
          (const char *const[]){__VA_ARGS__})

Test(options, reads_all_of_them_in_both_forms)
{
    cr_assert(PARSE("--listen", "127.0.0.1:8080", "--seed=42", "--items", "a.com=10",
                    "--items=https://b.com/?x=1=20", "--latency", "20-80", "--in-flight=3",
                    "--per-minute", "9", "--fault", "http500=0.5", "--ledger=/tmp/l", "--login",
                    "me", "--password=a=b"),
              "%s", err.text);
    cr_expect_str_eq(options.host, "127.0.0.1");
    cr_expect(eq(int, options.port, 8080));
    cr_expect(eq(u64, options.seed, 42));
    cr_expect(eq(u64, options_items(&options, "a.com"), 10));
    cr_expect(eq(u64, options_items(&options, "https://b.com/?x=1"), 20));
    cr_expect(eq(u64, options_items(&options, "b.com"), 0));
    cr_expect(eq(u64, options.latency_least_ms, 20));
    cr_expect(eq(u64, options.latency_most_ms, 80));
    cr_expect(eq(sz, options.in_flight, 3));
    cr_expect(eq(sz, options.per_minute, 9));
    cr_expect(eq(sz, options.n_faults, 1));
    cr_expect_str_eq(options.ledger, "/tmp/l");
    cr_expect_str_eq(options.login, "me");
    cr_expect_str_eq(options.password, "a=b");
}

Test(options, reads_what_makes_life_harder)
{
    cr_assert(PARSE("--balance", "1.5", "--day-limit=0.25", "--price-after", "7=0.03,0.00005",
                    "--refuse-after", "9", "--id-list-lag", "30000", "--id-list", "none",
                    "--token-life", "4"),
              "%s", err.text);
    cr_expect(eq(i64, options.account.balance_nanousd, 1500000000));
    cr_expect(eq(i64, options.account.day_limit_nanousd, 250000000));
    cr_expect(eq(u64, options.account.later_from, 7));
    cr_expect(eq(i64, options.account.later_price.per_call_nanousd, 30000000));
    cr_expect(eq(i64, options.account.later_price.per_item_nanousd, 50000));
    cr_expect(eq(u64, options.account.refuse_from, 9));
    cr_expect(eq(u64, options.id_list_lag_ms, 30000));
    cr_expect(options.is_id_list_blind);
    cr_expect(eq(u64, options.token_life, 4));
}

Test(options, reads_nights)
{
    struct night_terms terms;

    cr_assert(PARSE("--move", "a.com=0.25", "--night", "2026-03-14", "--double=a.com=2026-01-02",
                    "--vanish", "https://b.com/?x=1=2026-02-01", "--move=a.com=1.5", "--print",
                    "a.com"),
              "%s", err.text);
    terms = night_rules_terms(&options.nights, "a.com");
    cr_expect(terms.are_asked && terms.night == 31 + 28 + 13);
    cr_expect(terms.move_ppm == 15000 && terms.doubles_on == 1);
    cr_expect(eq(i64, terms.vanishes_on, NIGHT_NEVER));
    terms = night_rules_terms(&options.nights, "https://b.com/?x=1");
    cr_expect(terms.move_ppm == -1 && terms.vanishes_on == 31);
    cr_expect_str_eq(options.printed, "a.com");
    cr_assert(PARSE("--seed", "1"));
    cr_expect(not(night_rules_terms(&options.nights, "a.com").are_asked));
}

Test(options, takes_the_last_word_on_a_target)
{
    cr_assert(PARSE("--items", "a.com=10", "--items", "a.com=20"));
    cr_expect(eq(u64, options_items(&options, "a.com"), 20));
}

Test(options, listens_on_loopback_only)
{
    cr_expect(PARSE("--listen", "[::1]:0"), "%s", err.text);
    cr_expect_str_eq(options.host, "::1");
    cr_expect(PARSE("--listen", "127.0.0.2"));
    cr_expect(not(PARSE("--listen", "0.0.0.0:80")));
    cr_expect(not(PARSE("--listen", "192.168.0.1:80")));
    cr_expect(not(PARSE("--listen", "[::]:80")));
    cr_expect(not(PARSE("--listen", "example.com:80")));
    cr_expect(not(PARSE("--listen", "127.0.0.1:65536")));
    cr_expect(not(PARSE("--listen", "127.0.0.1:http")));
}

Test(options, explains_what_is_wrong)
{
    static const struct {
        const char *name, *value, *said;
    } wrong[] = {
        {"--seed", "x", "--seed: \"x\" is not a whole number from 0"},
        {"--items", "a.com", "TARGET=N"},
        {"--items", "a.com=0", "from 1 to"},
        {"--items", "www.a.com=5", "no target"},
        {"--latency", "80-20", "such as 50 or 20-80"},
        {"--latency", "-5", "such as 50 or 20-80"},
        {"--in-flight", "0", "--in-flight"},
        {"--per-minute", "", "--per-minute"},
        {"--fault", "http501=1", "there are http500"},
        {"--login", "a:b", "no colon"},
        {"--id-list", "some", "neither live nor none"},
        {"--id-list-lag", "-1", "whole number"},
        {"--balance", "much", "no amount of dollars, such as 0.024"},
        {"--day-limit", "-1", "no amount of dollars"},
        {"--price-after", "0.03,0.0001", "N=CALL,ITEM"},
        {"--price-after", "0=0.03,0.0001", "N=CALL,ITEM"},
        {"--price-after", "5=0.03", "N=CALL,ITEM"},
        {"--price-after", "5=0.03,x", "\"x\" is no amount"},
        {"--refuse-after", "0", "from 1 to"},
        {"--night", "2025-12-31", "is not from 2026-01-01 to 2099-12-31"},
        {"--night", "2026-13-01", "is no date, such as"},
        {"--night", "2026-03-14 00:00:00 +00:00", "is no date, such as"},
        {"--move", "a.com", "is not TARGET=PERCENT, such as"},
        {"--move", "a.com=51", "percent from 0 to 50"},
        {"--move", "a.com=nan", "percent from 0 to 50"},
        {"--move", "www.a.com=1", "is no target"},
        {"--move", "a.com=1", "without --night"},
        {"--double", "a.com=1", "is no date"},
        {"--vanish", "2026-03-14", "is not TARGET=DATE, such as"},
        {"--print", "www.a.com", "is no target"},
        {"--ledgr", "x", "did you mean --ledger?"},
        {"file", "x", "\"file\" is no option"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect(not(PARSE(wrong[i].name, wrong[i].value)), "%s", wrong[i].value);
        cr_expect(eq(int, err.kind, ERR_USAGE));
        cr_expect(strstr(err.text, wrong[i].said) != NULL, "%s", err.text);
    }
    cr_expect(not(PARSE("--seed")));
    cr_expect(strstr(err.text, "N is missing") != NULL, "%s", err.text);
}
