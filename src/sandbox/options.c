/*
 * Every option takes a value, as "--name value" or "--name=value"; the table says who reads it.
 * A mistake names the option, what was found, and what would be right.
 */
#include "sandbox/options.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/money.h"
#include "core/text.h"
#include "sandbox/row.h"
#include "sandbox/target.h"

#define LATENCY_MS_MAX 600000
#define LAG_MS_MAX 86400000

static bool read_listen(struct options *options, const char *value, struct err *err);
static bool read_items(struct options *options, const char *value, struct err *err);
static bool read_latency(struct options *options, const char *value, struct err *err);
static bool read_fault(struct options *options, const char *value, struct err *err);
static bool read_odd(struct options *options, const char *value, struct err *err);
static bool read_id_list(struct options *options, const char *value, struct err *err);
static bool read_ledger(struct options *options, const char *value, struct err *err);
static bool read_login(struct options *options, const char *value, struct err *err);
static bool read_password(struct options *options, const char *value, struct err *err);
static bool read_balance(struct options *options, const char *value, struct err *err);
static bool read_day_limit(struct options *options, const char *value, struct err *err);
static bool read_price_after(struct options *options, const char *value, struct err *err);
static bool read_token(struct options *options, const char *value, struct err *err);
static bool read_markup(struct options *options, const char *value, struct err *err);
static bool read_gateway_error(struct options *options, const char *value, struct err *err);
static bool read_night(struct options *options, const char *value, struct err *err);
static bool read_move(struct options *options, const char *value, struct err *err);
static bool read_double(struct options *options, const char *value, struct err *err);
static bool read_vanish(struct options *options, const char *value, struct err *err);
static bool read_print(struct options *options, const char *value, struct err *err);

#define NUMBER(field, min, max) NULL, offsetof(struct options, field), min, max

// clang-format off
static const struct option {
    const char *name, *value;
    const char *doc;
    bool (*read)(struct options *options, const char *value, struct err *err);
    size_t number; /* where a whole number goes, where there is nothing else to be read */
    int64_t min, max;
} table[] = {
    {"--listen", "ADDR", "address and port on loopback (127.0.0.1:0: any free port)", read_listen},
    {"--seed", "N", "what all data is made from (1)", NUMBER(seed, 0, INT64_MAX)},
    {"--items", "TARGET=N", "links of a target (others: some hundreds to ten-thousands), or items of an intersection as a.com+b.com=N (others: what the smallest target has); may be repeated", read_items},
    {"--latency", "MS", "milliseconds that a paid call takes, 50 or a range 20-80 (0)", read_latency},
    {"--in-flight", "N", "paid calls at the same time; one more is refused with 40209 (30)", NUMBER(in_flight, 1, 10000)},
    {"--per-minute", "N", "paid calls in any 60 seconds; one more is refused with 40202 (2000)", NUMBER(per_minute, 1, 10000000)},
    {"--fault", "KIND=RATE", "a share of the paid calls goes wrong, 0 to 1, or KIND=@N: exactly the Nth; may be repeated", read_fault},
    {"--odd", "KIND=RATE", "a share of what is answered is odd, 0 to 1 (1), or KIND=@N: the Nth paid call; may be repeated", read_odd},
    {"--id-list", "MODE", "live: backlinks/id_list has every call; none: it has none (live)", read_id_list},
    {"--id-list-lag", "MS", "how long a call that is over is not listed yet, in the API's time (0)", NUMBER(id_list_lag_ms, 0, LAG_MS_MAX)},
    {"--token-life", "N", "a page token is taken by the N paid calls that follow, of any kind; by later ones not (for ever)", NUMBER(token_life, 1, INT64_MAX / 2)},
    {"--ledger", "FILE", "one line of JSON for every request is put behind this file", read_ledger},
    {"--login", "LOGIN", "the login that is let in (sandbox)", read_login},
    {"--password", "PASSWORD", "its password (sandbox)", read_password},
    {"--balance", "USD", "what the account holds at the start; a call that it may not cover is refused with 40210 (10000)", read_balance},
    {"--day-limit", "USD", "a call that may pass it is refused with 40203 (none)", read_day_limit},
    {"--price-after", "N=CALL,ITEM", "from the Nth paid call on it costs so many dollars, and so many per item", read_price_after},
    {"--refuse-after", "N", "from the Nth paid call on the password is refused (never)", NUMBER(account.refuse_from, 1, INT64_MAX)},
    {"--token", "TOKEN", "the key that is let in under /apis/v1/dataforseo, as through the AIsa gateway (sk-aisa-sandbox)", read_token},
    {"--markup", "PERCENT", "what the gateway takes on top; none: its answers do not say what they cost (0)", read_markup},
    {"--gateway-error", "N=HTTP,CODE", "the Nth paid call through the gateway is refused by it, such as 3=429,quota_exceeded", read_gateway_error},
    {"--night", "DATE", "the data as of 00:00 UTC of that date, from " NIGHTS_FIRST " on, when each target has what --items says; links come, go, come back and change from night to night (every night the same)", read_night},
    {"--move", "TARGET=PERCENT", "with --night: so many percent of its first links are new each night and about as many are lost; 0: none (0.3 to 0.7, some targets 2, some nothing on most nights); may be repeated", read_move},
    {"--double", "TARGET=DATE", "with --night: from that date on it has as many links again as it had first; may be repeated", read_double},
    {"--vanish", "TARGET=DATE", "with --night: from that date on nothing is known of it; may be repeated", read_vanish},
    {"--print", "TARGET", "prints its links and ends, tabs between: live or lost, url_from, url_to, dofollow, rank, backlink_spam_score, first_seen, last_seen, when lost; odd: answers may say otherwise", read_print},
};
// clang-format on

#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

void options_init(struct options *options)
{
    *options = (struct options){
        .address = "127.0.0.1:0",
        .host = "127.0.0.1",
        .seed = 1,
        .in_flight = 30,
        .per_minute = 2000,
        .login = "sandbox",
        .password = "sandbox",
        .token = "sk-aisa-sandbox",
        .has_charge = true,
        .account = {.balance_nanousd = 10000 * NANOUSD_PER_USD, .price = PRICE_LISTED},
    };
}

static bool read_count(const char *value, int64_t min, int64_t max, int64_t *ret_count,
                       struct err *err)
{
    if (!text_parse_int64(value, strlen(value), ret_count) || *ret_count < min || *ret_count > max)
        return err_set(err, ERR_USAGE, "\"%s\" is not a whole number from %lld to %lld", value,
                       (long long)min, (long long)max);
    return true;
}

static bool is_loopback(const char *host)
{
    struct in_addr address4;
    struct in6_addr address6;

    if (inet_pton(AF_INET, host, &address4) == 1)
        return ntohl(address4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &address6) == 1 && IN6_IS_ADDR_LOOPBACK(&address6);
}

static bool read_listen(struct options *options, const char *value, struct err *err)
{
    const char *colon = strrchr(value, ':');
    size_t size = colon == NULL ? strlen(value) : (size_t)(colon - value);
    bool is_bracketed = size >= 2 && value[0] == '[' && value[size - 1] == ']';
    int64_t port = 0;

    if (colon != NULL && !read_count(colon + 1, 0, 65535, &port, err))
        return err_wrap(err, "the port");
    if (is_bracketed) {
        value++;
        size -= 2;
    }
    if (size >= sizeof(options->host))
        return err_set(err, ERR_USAGE, "\"%s\" is no address", value);
    memcpy(options->host, value, size);
    options->host[size] = '\0';
    if (!is_loopback(options->host))
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not an address on loopback, such as 127.0.0.1:8080 or [::1]:0",
                       options->host);
    options->address = value;
    options->port = (uint16_t)port;
    return true;
}

/* One target, or those of an intersection as "a.com+b.com"; a page's URL may hold a "+" itself. */
static bool is_target(const char *name, size_t size)
{
    char target[TARGET_SIZE_MAX + 1];
    const char *plus;

    if (size > TARGET_SIZE_MAX)
        return false;
    memcpy(target, name, size);
    target[size] = '\0';
    if (target_is_valid(target))
        return true;
    plus = memchr(name, '+', size);
    if (plus == NULL)
        return false;
    target[plus - name] = '\0';
    return target_is_valid(target) && is_target(plus + 1, size - (size_t)(plus + 1 - name));
}

static bool read_items(struct options *options, const char *value, struct err *err)
{
    const char *equals = strrchr(value, '='); /* a page's URL may hold others */
    int64_t n_items;

    if (equals == NULL)
        return err_set(err, ERR_USAGE, "\"%s\" is not TARGET=N, such as example.com=45000", value);
    if (options->n_items == OPTIONS_TARGETS_MAX)
        return err_set(err, ERR_USAGE, "more than %d targets", OPTIONS_TARGETS_MAX);
    if (!is_target(value, (size_t)(equals - value)))
        return err_set(err, ERR_USAGE,
                       "\"%.*s\" is no target: a domain without scheme and www., a page with http, "
                       "or several of them with + between, up to %d bytes",
                       (int)(equals - value), value, TARGET_SIZE_MAX);
    if (!read_count(equals + 1, 1, ROW_SOURCE_ITEMS_MAX, &n_items, err))
        return false;
    options->items[options->n_items].target = value;
    options->items[options->n_items].target_size = (size_t)(equals - value);
    options->items[options->n_items++].n_items = (uint64_t)n_items;
    return true;
}

static bool read_latency(struct options *options, const char *value, struct err *err)
{
    const char *dash = strchr(value, '-');
    size_t size = dash == NULL ? strlen(value) : (size_t)(dash - value);
    const char *most_text = dash == NULL ? value : dash + 1;
    int64_t least, most;

    if (!text_parse_int64(value, size, &least) ||
        !text_parse_int64(most_text, strlen(most_text), &most) || least < 0 || most < least ||
        most > LATENCY_MS_MAX)
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a number of milliseconds up to %d, or a range of them, such "
                       "as 50 or 20-80",
                       value, LATENCY_MS_MAX);
    options->latency_least_ms = (uint64_t)least;
    options->latency_most_ms = (uint64_t)most;
    return true;
}

static bool read_fault(struct options *options, const char *value, struct err *err)
{
    if (options->n_faults == FAULT_RULES_MAX)
        return err_set(err, ERR_USAGE, "more than %d faults", FAULT_RULES_MAX);
    return fault_rule_parse(&options->faults[options->n_faults++], value, err);
}

static bool read_odd(struct options *options, const char *value, struct err *err)
{
    return odds_parse(&options->odds, value, err);
}

static bool read_id_list(struct options *options, const char *value, struct err *err)
{
    options->is_id_list_blind = strcmp(value, "none") == 0;
    return options->is_id_list_blind || strcmp(value, "live") == 0 ||
           err_set(err, ERR_USAGE, "\"%s\" is neither live nor none", value);
}

static bool read_ledger(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->ledger = value;
    return true;
}

static bool read_login(struct options *options, const char *value, struct err *err)
{
    if (strchr(value, ':') != NULL)
        return err_set(err, ERR_USAGE, "a login has no colon (RFC 7617)");
    options->login = value;
    return true;
}

static bool read_password(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->password = value;
    return true;
}

static bool read_token(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->token = value;
    return true;
}

static bool read_markup(struct options *options, const char *value, struct err *err)
{
    int64_t percent = 0;

    options->has_charge = strcmp(value, "none") != 0;
    if (options->has_charge && !read_count(value, 0, 1000, &percent, err))
        return false;
    options->markup_percent = (uint64_t)percent;
    return true;
}

static bool read_gateway_error(struct options *options, const char *value, struct err *err)
{
    const char *equals = strchr(value, '='), *comma = strchr(value, ',');
    int64_t nth, http;

    if (equals == NULL || comma == NULL || comma < equals ||
        !text_parse_int64(value, (size_t)(equals - value), &nth) || nth < 1 ||
        !text_parse_int64(equals + 1, (size_t)(comma - equals - 1), &http) || http < 400 ||
        http > 599 || strlen(comma + 1) >= sizeof(options->gateway_error.code))
        return err_set(err, ERR_USAGE, "\"%s\" is not N=HTTP,CODE, such as 3=429,quota_exceeded",
                       value);
    options->gateway_error.nth = (uint64_t)nth;
    options->gateway_error.http = (int)http;
    snprintf(options->gateway_error.code, sizeof(options->gateway_error.code), "%s", comma + 1);
    return true;
}

static bool read_dollars(const char *text, size_t size, int64_t *ret_nanousd, struct err *err)
{
    return money_parse(text, size, ret_nanousd) ||
           err_set(err, ERR_USAGE, "\"%.*s\" is no amount of dollars, such as 0.024", (int)size,
                   text);
}

static bool read_balance(struct options *options, const char *value, struct err *err)
{
    return read_dollars(value, strlen(value), &options->account.balance_nanousd, err);
}

static bool read_day_limit(struct options *options, const char *value, struct err *err)
{
    return read_dollars(value, strlen(value), &options->account.day_limit_nanousd, err);
}

static bool read_price_after(struct options *options, const char *value, struct err *err)
{
    struct price *price = &options->account.later_price;
    const char *equals = strchr(value, '='), *comma = strchr(value, ',');
    int64_t from;

    if (equals == NULL || comma == NULL || comma < equals ||
        !text_parse_int64(value, (size_t)(equals - value), &from) || from < 1)
        return err_set(err, ERR_USAGE, "\"%s\" is not N=CALL,ITEM, such as 100=0.03,0.00005",
                       value);
    options->account.later_from = (uint64_t)from;
    return read_dollars(equals + 1, (size_t)(comma - equals - 1), &price->per_call_nanousd, err) &&
           read_dollars(comma + 1, strlen(comma + 1), &price->per_item_nanousd, err);
}

static bool read_night(struct options *options, const char *value, struct err *err)
{
    return night_rules_read_night(&options->nights, value, err);
}

static bool read_move(struct options *options, const char *value, struct err *err)
{
    return night_rules_add(&options->nights, NIGHT_MOVES, value, err);
}

static bool read_double(struct options *options, const char *value, struct err *err)
{
    return night_rules_add(&options->nights, NIGHT_DOUBLES, value, err);
}

static bool read_vanish(struct options *options, const char *value, struct err *err)
{
    return night_rules_add(&options->nights, NIGHT_VANISHES, value, err);
}

static bool read_print(struct options *options, const char *value, struct err *err)
{
    options->printed = value;
    return target_is_valid(value) ||
           err_set(err, ERR_USAGE,
                   "\"%s\" is no target: a domain without scheme and www., or a page with http",
                   value);
}

static const struct option *find(const char *argument, size_t size, struct err *err)
{
    const char *names[N_OPTIONS];
    const char *meant;
    char name[64] = "";

    for (size_t i = 0; i < N_OPTIONS; i++) {
        names[i] = table[i].name;
        if (strlen(names[i]) == size && memcmp(names[i], argument, size) == 0)
            return &table[i];
    }
    memcpy(name, argument, size < sizeof(name) ? size : sizeof(name) - 1);
    meant = text_near_miss(name, names, N_OPTIONS);
    err_set(err, ERR_USAGE, "\"%s\" is no option%s%s%s", argument,
            meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant,
            meant == NULL ? "" : "?");
    return NULL;
}

static bool read_option(const struct option *option, struct options *options, const char *value,
                        struct err *err)
{
    int64_t number;

    if (option->read != NULL)
        return option->read(options, value, err);
    if (!read_count(value, option->min, option->max, &number, err))
        return false;
    *(uint64_t *)(void *)((char *)options + option->number) = (uint64_t)number;
    return true;
}

bool options_parse(struct options *options, int n_arguments, const char *const *arguments,
                   struct err *err)
{
    for (int i = 0; i < n_arguments; i++) {
        const char *argument = arguments[i], *equals = strchr(argument, '=');
        size_t size = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
        const struct option *option;

        if (strcmp(argument, "--help") == 0 || strcmp(argument, "--version") == 0) {
            *(argument[2] == 'h' ? &options->is_help : &options->is_version) = true;
            continue;
        }
        option = find(argument, size, err);
        if (option == NULL)
            return false;
        if (equals == NULL && i + 1 == n_arguments)
            return err_set(err, ERR_USAGE, "%s: %s is missing behind it", option->name,
                           option->value);
        if (!read_option(option, options, equals == NULL ? arguments[++i] : equals + 1, err))
            return err_wrap(err, "%s", option->name);
    }
    options->odds.seed = options->seed;
    return night_rules_check(&options->nights, err);
}

uint64_t options_items(const struct options *options, const char *target)
{
    for (size_t i = options->n_items; i-- > 0;)
        if (strlen(target) == options->items[i].target_size &&
            memcmp(target, options->items[i].target, options->items[i].target_size) == 0)
            return options->items[i].n_items;
    return 0;
}

void options_print_help(FILE *file)
{
    char kinds[FAULT_KINDS_TEXT_MAX], oddities[ODD_KINDS_TEXT_MAX];

    fputs(
        "linkhaul-sandbox: a local stand-in for the API: same rules, made-up data, free.\n"
        "Prints its URL as the first line, then answers until SIGTERM or SIGINT. SIGUSR1 mends the\n"
        "account: the balance is what it was, the day's limit is off, the login is taken.\n\n",
        file);
    for (size_t i = 0; i < N_OPTIONS; i++)
        fprintf(file, "  %-16s%-12s %s\n", table[i].name, table[i].value, table[i].doc);
    fprintf(file,
            "  --help, --version\n\n"
            "Kinds of faults: all (each as likely as the others), or one of %s.\n\n"
            "Kinds of oddities: %s.\n",
            fault_kinds(kinds), odd_kinds(oddities));
}
