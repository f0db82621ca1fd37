/* What a sandbox answers on a night: every endpoint has the same world, and --print tells it. */
#include "unit/sandbox/client.h"

#include "sandbox/source.h"
#include "sandbox/truth.h"

TestSuite(nights_asked, .timeout = 120);

#define ARGUMENTS                                                                                  \
    "--seed", "5", "--items", "a.com=3000", "--items", "b.org=2000", "--move", "a.com=2",          \
        "--move", "b.org=1", "--double", "d.net=2026-01-10", "--items", "d.net=500", "--move",     \
        "d.net=0", "--vanish", "gone.io=2026-01-12"
#define NIGHT_S INT64_C(1768435200) /* 2026-01-15 */

static int64_t total_of(const char *endpoint, const char *parameters)
{
    char *body = mem_printf("[{%s,\"limit\":1}]", parameters);
    struct json_object *json = ask_of(endpoint, body);
    int64_t total = int_at(json, "tasks.0.result.0.total_count");

    cr_assert(eq(int, (int)int_at(json, TASK_CODE), 20000), "%s: %s", body,
              text_at(json, "tasks.0.status_message"));
    free(body);
    json_object_put(json);
    return total;
}

/* New and lost links of a target since a day. */
static void count_bulk(const char *target, const char *since, int64_t *ret_n_new,
                       int64_t *ret_n_lost)
{
    char *body = mem_printf("[{\"targets\":[\"%s\"],\"date_from\":\"%s\"}]", target, since);
    struct json_object *json = ask_of("bulk_new_lost_backlinks", body);

    *ret_n_new = int_at(json, "tasks.0.result.0.items.0.new_backlinks");
    *ret_n_lost = int_at(json, "tasks.0.result.0.items.0.lost_backlinks");
    free(body);
    json_object_put(json);
}

/* The lines of --print; free() it. */
static char *truth_of(const char *target)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    truth_print(file, &options, target);
    fclose(file);
    return text;
}

static size_t n_lines(const char *text, const char *begin)
{
    size_t n = 0;

    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1)
        n += strncmp(at, begin, strlen(begin)) == 0;
    return n;
}

Test(nights_asked, say_the_same_by_count_filter_and_bulk)
{
    int64_t n_live, n_lost, n_since, n_back, n_new, n_gone;

    START(ARGUMENTS, "--night", "2026-01-15");
    n_live = total_of("backlinks", "\"target\":\"a.com\"");
    n_lost = total_of("backlinks", "\"target\":\"a.com\",\"backlinks_status_type\":\"lost\"");
    cr_expect(eq(i64,
                 total_of("backlinks", "\"target\":\"a.com\",\"backlinks_status_type\":\"all\""),
                 n_live + n_lost));
    cr_expect(eq(i64,
                 total_of("backlinks", "\"target\":\"a.com\",\"filters\":[\"is_lost\",\"=\",true]"),
                 0));
    n_since = total_of("backlinks",
                       "\"target\":\"a.com\",\"filters\":"
                       "[\"first_seen\",\">\",\"2026-01-09 23:59:59 +00:00\"]");
    n_back = total_of("backlinks",
                      "\"target\":\"a.com\",\"filters\":[[\"is_new\",\"=\",true],\"and\","
                      "[\"first_seen\",\"<\",\"2026-01-10 00:00:00 +00:00\"],\"and\","
                      "[\"last_seen\",\">\",\"2026-01-09 23:59:59 +00:00\"]]");
    count_bulk("a.com", "2026-01-10", &n_new, &n_gone);
    cr_expect(eq(i64, n_new, n_since + n_back));
    cr_expect(n_back > 10 && n_since > 200 && n_gone > 200, "%d %d %d", (int)n_back, (int)n_since,
              (int)n_gone);
    stop();
}

/* Takes an item out of the truth; the values of an odd one may be others there. */
static void tick_off(struct json_object *item, char *truth)
{
    char *begin = mem_printf("\t%s\t%s\t", text_at(item, "url_from"), text_at(item, "url_to"));
    char *line = strstr(truth, begin), *values, *spam;

    cr_assert(line != NULL, "%s", begin);
    spam = at(item, "backlink_spam_score") == NULL
               ? mem_strdup("")
               : mem_printf("%d", (int)int_at(item, "backlink_spam_score"));
    values =
        mem_printf("%s\t%d\t%s\t%s\t%s\t", text_at(item, "dofollow"), (int)int_at(item, "rank"),
                   spam, text_at(item, "first_seen"), text_at(item, "last_seen"));
    if (strncmp(line + strcspn(line + 1, "\n") - 2, "odd", 3) != 0)
        cr_expect(strncmp(line + strlen(begin), values, strlen(values)) == 0, "%s%s", begin,
                  values);
    cr_assert(strncmp(line - 4, "live", 4) == 0, "%s", begin);
    line[-4] = 'x';
    free(values);
    free(spam);
    free(begin);
}

/* Over HTTP, by offset or by token, until nothing comes. */
static size_t walk(bool is_by_token, char *truth)
{
    char *place = mem_strdup("\"offset\":0");
    size_t n = 0, n_page = 1;

    while (n_page > 0) {
        char *body = mem_printf("[{\"target\":\"b.org\",\"limit\":600,%s}]", place);
        struct answer answer = post("", body);
        struct json_object *json = json_tokener_parse(answer.body), *items = at(json, ITEMS);

        cr_assert(eq(int, (int)int_at(json, TASK_CODE), 20000), "%s", body);
        n_page = items == NULL ? 0 : json_object_array_length(items);
        for (size_t i = 0; i < n_page; i++)
            tick_off(json_object_array_get_idx(items, i), truth);
        n += n_page;
        free(place);
        place = is_by_token ? mem_printf("\"search_after_token\":\"%s\"", text_at(json, TOKEN))
                            : mem_printf("\"offset\":%zu", n);
        json_object_put(json);
        buf_deinit(&answer.raw);
        free(body);
    }
    free(place);
    return n;
}

Test(nights_asked, list_what_print_prints)
{
    char *truth, *again;
    size_t n_live;

    START(ARGUMENTS, "--night", "2026-01-15");
    truth = truth_of("b.org");
    again = mem_strdup(truth);
    n_live = n_lines(truth, "live\t");
    cr_expect(gt(sz, n_lines(truth, "lost\t"), 200));
    cr_expect(eq(sz, walk(false, truth), n_live));
    cr_expect(eq(sz, walk(true, again), n_live));
    cr_expect(eq(sz, n_lines(truth, "live\t") + n_lines(again, "live\t"), 0));
    free(again);
    free(truth);
    stop();
}

/* How many sites have a live link to each of the targets, of those that are certain. */
static int64_t n_common(size_t n, const char *const *targets, unsigned status)
{
    struct row_source sources[2];
    int64_t n_sites = 0;

    for (size_t i = 0; i < n; i++)
        source_begin_rows(&sources[i], &options, targets[i]);
    for (uint64_t number = 0; number < 20000; number += ROWS_PER_SITE) {
        unsigned all = LIFE_LIVE;

        for (size_t i = 0; i < n && all != 0; i++) {
            unsigned state = number < sources[i].nights.n_numbers
                                 ? nights_state(&sources[i].nights, number)
                                 : LIFE_AHEAD;

            all = state == LIFE_LIVE ? all : state;
        }
        n_sites += all == status;
    }
    return n_sites;
}

Test(nights_asked, have_the_sites_of_the_same_links)
{
    static const char *const both[] = {"a.com", "b.org"};
#define BOTH "\"targets\":{\"1\":\"a.com\",\"2\":\"b.org\"}"
#define LOST ",\"backlinks_status_type\":\"lost\""
    START(ARGUMENTS, "--night", "2026-01-15");
    cr_expect(eq(i64, total_of("referring_domains", "\"target\":\"a.com\""),
                 n_common(1, both, LIFE_LIVE)));
    cr_expect(eq(i64, total_of("referring_domains", "\"target\":\"a.com\"" LOST),
                 n_common(1, both, LIFE_LOST)));
    cr_expect(eq(i64, total_of("domain_intersection", BOTH), n_common(2, both, LIFE_LIVE)));
    cr_expect(eq(i64, total_of("domain_intersection", BOTH LOST), n_common(2, both, LIFE_LOST)));
    cr_expect(eq(i64, total_of("page_intersection", BOTH), n_common(2, both, LIFE_LIVE)));
    cr_expect(gt(i64, n_common(2, both, LIFE_LIVE), 200));
    cr_expect(gt(i64, n_common(2, both, LIFE_LOST), 20));
    cr_expect(eq(i64, total_of("domain_intersection", BOTH ",\"intersection_mode\":\"partial\""),
                 n_common(2, both, LIFE_LIVE) + 2000 / ROWS_PER_SITE / 2));
    stop();
}

/* A target's live links, and what bulk says of the day before, on a night. */
static void expect_night(const char *night, const char *target, int64_t n_live, const char *since,
                         int64_t n_new)
{
    char *asked = mem_printf("\"target\":\"%s\"", target);
    char *lost = mem_printf("%s" LOST, asked);
    int64_t n_bulk_new, n_bulk_lost;

    START(ARGUMENTS, "--night", night);
    cr_expect(eq(i64, total_of("backlinks", asked), n_live), "%s %s", target, night);
    if (n_live == 0) {
        cr_expect(eq(i64, total_of("backlinks", lost), 0));
        cr_expect(eq(i64, total_of("referring_domains", asked), 0));
    }
    count_bulk(target, since, &n_bulk_new, &n_bulk_lost);
    cr_expect(eq(i64, n_bulk_new, n_new), "%s %s", target, night);
    cr_expect(eq(i64, n_bulk_lost, 0));
    stop();
    free(lost);
    free(asked);
}

Test(nights_asked, double_and_vanish_on_their_date)
{
    expect_night("2026-01-09", "d.net", 500, "2026-01-08", 0);
    expect_night("2026-01-10", "d.net", 1000, "2026-01-09", 500);
    expect_night("2026-01-10", "d.net", 1000, "2026-01-10", 0);
    expect_night("2026-01-11", "d.net", 1000, "2026-01-09", 500);
    expect_night("2026-01-12", "gone.io", 0, "2026-01-01", 0);
    START(ARGUMENTS, "--night", "2026-01-11");
    cr_expect(gt(i64, total_of("backlinks", "\"target\":\"gone.io\""), 200));
    stop();
}

Test(nights_asked, keep_the_size_of_an_intersection_that_was_asked_for)
{
    START(ARGUMENTS, "--items", "a.com+b.org=700", "--night", "2026-01-01");
    cr_expect(eq(i64, total_of("domain_intersection", BOTH), 700));
    stop();
    START(ARGUMENTS, "--items", "a.com+b.org=700", "--night", "2026-02-01");
    cr_expect(total_of("domain_intersection", BOTH) < 700);
    cr_expect(gt(i64, total_of("domain_intersection", BOTH LOST), 100));
    stop();
}
