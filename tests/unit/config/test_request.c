/* The parameters of a request, by the endpoint's table and the grammar of filters and order_by. */
#include "unit/config/complaints_of.h"

#include "api/endpoint.h"

TestSuite(request, .timeout = 20);

/* The request stands in line 4 behind "request: ", that is from column 10. */
#define REQ FULL "request: "

static const struct mistake in_params[] = {
    {REQ "{mode: as_is, include_subdomains: false, backlinks_status_type: all, "
         "rank_scale: one_hundred, tag: mine}\n",
     ""},
    {REQ "[a]\n", "job.yaml:4:10: request: found a list, expected a map of API parameters\n"},
    {REQ "{offset: 10}\n",
     "job.yaml:4:11: request.offset: is set by linkhaul's pager; leave it out, "
     "and use max_rows to bound a listing\n"},
    {REQ "{search_after_token: x}\n",
     "job.yaml:4:11: request.search_after_token: is set by linkhaul's pager; leave it out\n"},
    {REQ "{target: moz.com}\n",
     "job.yaml:4:11: request.target: is set from `targets` of the job, one feed each\n"},
    {REQ "{include_subdomain: true}\n",
     "job.yaml:4:11: request.include_subdomain: backlinks has no such parameter; did you mean "
     "include_subdomains?\n"},
    {REQ "{colour: red}\n", "job.yaml:4:11: request.colour: backlinks has no such parameter\n"},
    {REQ "{include_subdomains: no}\n",
     "job.yaml:4:31: request.include_subdomains: found \"no\", expected true or false, without "
     "quotes\n"},
    {REQ "{include_subdomains: \"true\"}\n",
     "job.yaml:4:31: request.include_subdomains: found \"true\", expected true or false, without "
     "quotes\n"},
    {REQ "{limit: 1001}\n",
     "job.yaml:4:18: request.limit: found 1001, expected a whole number from 1 to 1000\n"},
    {REQ "{limit: 0}\n",
     "job.yaml:4:18: request.limit: found 0, expected a whole number from 1 to 1000\n"},
    {REQ "{mode: one_per_domains}\n",
     "job.yaml:4:17: request.mode: found \"one_per_domains\"; did you mean one_per_domain?\n"},
    {REQ "{mode: every}\n",
     "job.yaml:4:17: request.mode: found \"every\", expected as_is, "
     "one_per_domain or one_per_anchor\n"},
    {REQ "{rank_scale: 100}\n",
     "job.yaml:4:23: request.rank_scale: found 100, expected one_hundred or one_thousand\n"},
    {REQ "{tag: 5}\n", "job.yaml:4:16: request.tag: found 5, expected a text; quote it\n"},
    {REQ "{custom_mode: {field: anchor, value: 5}}\n",
     "job.yaml:4:24: note: request.custom_mode: other links stand for a group every night: none of them is ever told as lost, unless the vendor says so\n"},
    {REQ "{custom_mode: {field: anchor, value: 5}, mode: as_is}\n",
     "job.yaml:4:57: warning: request.mode: the API ignores it where custom_mode is set\n"
     "job.yaml:4:24: note: request.custom_mode: other links stand for a group every night: none of "
     "them is ever told as lost, unless the vendor says so\n"},
    {REQ "{custom_mode: {field: anchors, value: 5}}\n",
     "job.yaml:4:32: request.custom_mode.field: found \"anchors\"; did you mean anchor?\n"},
    {REQ "{custom_mode: {field: anchor, value: 1001}}\n",
     "job.yaml:4:47: request.custom_mode.value: found 1001, expected a whole number from 1 to "
     "1000\n"},
    {REQ "{custom_mode: {field: anchor}}\n",
     "job.yaml:4:24: request.custom_mode: expected {field: anchor, value: 1}\n"},
    {REQ "{custom_mode: {field: anchor, value: 5, x: 1}}\n",
     "job.yaml:4:50: request.custom_mode.x: unknown key; known are field, value\n"},
};

#define GAP "job: a\nendpoint: domain_intersection\nrequest:\n"
#define TWO GAP "  targets: {\"1\": moz.com, \"2\": ahrefs.com}\n"

static const struct mistake in_intersections[] = {
    {TWO "  exclude_targets: [semrush.com, \"https://example.com/blog/*\"]\n"
         "  intersection_mode: partial\n  internal_list_limit: 100\n"
         "  order_by: [\"1.backlinks,desc\", \"intersections_count,desc\"]\n"
         "  filters: [[1.rank, \">\", 10], and, [intersections_count, \">=\", 2]]\n"
         "  backlinks_filters: [dofollow, \"=\", true]\n",
     ""},
    {"job: a\nendpoint: domain_intersection\n",
     "job.yaml:1:1: request.targets is missing: write targets: { \"1\": moz.com, \"2\": "
     "ahrefs.com }\n"},
    {GAP "  limit: 10\n",
     "job.yaml:4:3: request.targets is missing: write targets: { \"1\": moz.com, \"2\": "
     "ahrefs.com }\n"},
    {"job: a\nendpoint: page_intersection\ntargets: [moz.com]\n",
     "job.yaml:3:1: targets: those of page_intersection stand in its request, by number: request: "
     "{ targets: { \"1\": moz.com, \"2\": ahrefs.com } }\n"},
    {GAP "  targets: [moz.com, ahrefs.com]\n",
     "job.yaml:4:12: request.targets: found a list, expected a map of numbers to targets: { \"1\": "
     "moz.com, \"2\": ahrefs.com }\n"},
    {GAP "  targets: {}\n",
     "job.yaml:4:12: request.targets: found an empty map, expected a map of numbers to targets: { "
     "\"1\": moz.com, \"2\": ahrefs.com }\n"},
    {GAP "  targets: {\"0\": moz.com, \"1\": ahrefs.com}\n",
     "job.yaml:4:13: request.targets: found the key 0; the keys are numbers from \"1\" on, without "
     "a gap: { \"1\": moz.com, \"2\": ahrefs.com }\n"},
    {GAP "  targets: {\"1\": moz.com, \"3\": ahrefs.com}\n",
     "job.yaml:4:27: request.targets: found the key 3; the keys are numbers from \"1\" on, without "
     "a gap: { \"1\": moz.com, \"2\": ahrefs.com }\n"},
    {GAP "  targets: {\"1\": moz.com, \"2\": moz.com}\n",
     "job.yaml:4:32: request.targets: \"moz.com\" stands twice; the first is in line 4\n"},
    {GAP "  targets: {\"1\": 5, \"2\": https://moz.com}\n",
     "job.yaml:4:18: request.targets.1: found 5, expected a target such as moz.com\n"
     "job.yaml:4:26: warning: request.targets.2: \"https://moz.com\" is one page, the home page; for "
     "the whole domain write it without the scheme\n"},
    {TWO "  exclude_targets: []\n",
     "job.yaml:5:20: request.exclude_targets: found an empty list, expected a list such as "
     "[semrush.com]\n"},
    {TWO "  exclude_targets: [semrush.*]\n",
     "job.yaml:5:21: request.exclude_targets: a * stands only behind a page's URL, such as "
     "https://example.com/blog/*\n"},
    {TWO "  exclude_targets: [semrush.com, ahrefs.com, sub.moz.com]\n",
     "job.yaml:5:34: request.exclude_targets: \"ahrefs.com\" leaves out all that links to target 2, "
     "in line 4; take it out of one of them\n"},
    {GAP "  targets: {\"1\": moz.com, \"2\": \"https://a.com/b/c\"}\n"
         "  exclude_targets: [\"https://a.com/b/*\", \"https://a.com/b/c/*\"]\n",
     "job.yaml:5:21: request.exclude_targets: \"https://a.com/b/*\" leaves out all that links to "
     "target 2, in line 4; take it out of one of them\n"},
    {TWO "  filters: [rank, \">\", 10]\n",
     "job.yaml:5:13: request.filters: rank: in front of a field stands the number of a target; did "
     "you mean 1.rank?\n"},
    {TWO "  filters: [2.ranks, \">\", 10]\n",
     "job.yaml:5:13: request.filters: domain_intersection has no field 2.ranks; did you mean "
     "2.rank?\n"},
    {TWO "  filters: [21.rank, \">\", 10]\n",
     "job.yaml:5:13: request.filters: 21.rank: the number is that of a target, from 1 to 20\n"},
    {TWO "  filters: [1.internal_links_count, \">\", 10]\n",
     "job.yaml:5:13: warning: request.filters: linkhaul knows no field 1.internal_links_count of "
     "domain_intersection; the API will judge it (a refusal is free)\n"},
    {TWO "  order_by: [\"backlinks,desc\"]\n",
     "job.yaml:5:14: request.order_by: backlinks: in front of a field stands the number of a "
     "target; did you mean 1.backlinks?\n"},
    {TWO "  backlinks_filters: [1.dofollow, \"=\", true]\n",
     "job.yaml:5:23: request.backlinks_filters: backlinks has no field 1.dofollow; did you mean "
     "dofollow?\n"},
    {TWO "  filters: [1.referring_links_tld, \"=\", 1]\n",
     "job.yaml:5:13: request.filters: 1.referring_links_tld cannot be filtered\n"},
};

Test(request, an_intersection_has_its_targets_and_fields_by_number)
{
    EXPECT_ALL(in_intersections, true);
}

Test(request, parameters_are_checked_by_the_table)
{
    EXPECT_ALL(in_params, true);
}

/* The filters stand from column 20. */
#define FILTERS REQ "{filters: "
#define C "[dofollow, \"=\", true]"

static const struct mistake in_filters[] = {
    {FILTERS C "}\n", ""},
    {FILTERS "[" C "]}\n", ""},
    {FILTERS "[" C ", and, " C "]}\n", ""},
    {FILTERS "[" C ", and, [" C ", or, " C "]]}\n", ""},
    {FILTERS "[" C ", and, " C ", and, " C ", and, " C ", and, " C ", and, " C ", and, " C
             ", and, " C "]}\n",
     ""},
    {FILTERS "[" C ", and, " C ", and, " C ", and, " C ", and, " C ", and, [" C ", or, " C
             "], and, " C ", and, " C "]}\n",
     "job.yaml:4:20: request.filters: found 9 conditions, the API takes at most 8\n"},
    {FILTERS "[" C ", and, " C ", or, " C "]}\n",
     "job.yaml:4:72: request.filters: \"and\" and \"or\" at one level; put one of them into a list "
     "of its own\n"},
    {FILTERS "[" C ", " C "]}\n",
     "job.yaml:4:44: request.filters: between two conditions stands \"and\" or \"or\"\n"},
    {FILTERS "[" C ", xor, " C "]}\n",
     "job.yaml:4:44: request.filters: between two conditions stands \"and\" or \"or\"\n"},
    {FILTERS "[" C ", and]}\n", "job.yaml:4:20: request.filters: ends with \"and\" or \"or\"\n"},
    {FILTERS "[]}\n",
     "job.yaml:4:20: request.filters: found an empty list, expected a condition "
     "such as [dofollow, \"=\", true]\n"},
    {FILTERS "dofollow}\n",
     "job.yaml:4:20: request.filters: found \"dofollow\", expected a "
     "condition such as [dofollow, \"=\", true]\n"},
    {FILTERS "[dofollow, true]}\n",
     "job.yaml:4:20: request.filters: a condition is [field, "
     "operator, value], such as [dofollow, \"=\", true]\n"},
    {FILTERS "[[" C ", and, x], and, " C "]}\n",
     "job.yaml:4:50: request.filters: found \"x\", expected a condition such as [dofollow, \"=\", "
     "true]\n"},
    {FILTERS "[dofolow, \"=\", true]}\n",
     "job.yaml:4:21: request.filters: backlinks has no field dofolow; did you mean dofollow?\n"},
    {FILTERS "[colour, \"=\", red]}\n",
     "job.yaml:4:21: warning: request.filters: linkhaul knows no field colour of backlinks; the API "
     "will judge it (a refusal is free)\n"},
    {FILTERS "[page_from_keywords_count_top_3, \"=\", 3]}\n",
     "job.yaml:4:21: request.filters: backlinks has no field page_from_keywords_count_top_3; did "
     "you mean ranked_keywords_info.page_from_keywords_count_top_3?\n"},
    {FILTERS "[ranked_keywords_info.page_from_keywords_count_top_3, \">\", 3]}\n", ""},
    {FILTERS "[indirect_link_path, \"=\", a]}\n",
     "job.yaml:4:21: request.filters: indirect_link_path cannot be filtered\n"},
    {FILTERS "[dofollow, \">\", true]}\n",
     "job.yaml:4:31: request.filters: dofollow: found \">\", expected one of: = <>\n"},
    {FILTERS "[dofollow, \"=\", \"true\"]}\n",
     "job.yaml:4:36: request.filters: dofollow: found \"true\", expected true or false, without "
     "quotes\n"},
    {FILTERS "[dofollow, \"=\", 1]}\n",
     "job.yaml:4:36: request.filters: dofollow: found 1, expected "
     "true or false, without quotes\n"},
    {FILTERS "[rank, \">=\", 80]}\n", ""},
    {FILTERS "[rank, \">=\", \"80\"]}\n",
     "job.yaml:4:33: request.filters: rank: found \"80\", expected a number, without quotes\n"},
    {FILTERS "[rank, in, [1, 2]]}\n", ""},
    {FILTERS "[rank, in, 1]}\n",
     "job.yaml:4:31: request.filters: in: found 1, expected a list of values\n"},
    {FILTERS "[rank, not_in, []]}\n",
     "job.yaml:4:35: request.filters: not_in: found a list, expected a list of values\n"},
    {FILTERS "[rank, in, [1, x]]}\n",
     "job.yaml:4:35: request.filters: rank: found \"x\", expected a number, without quotes\n"},
    {FILTERS "[rank, \"=\", [1]]}\n",
     "job.yaml:4:32: request.filters: rank: found a list, expected a number, without quotes\n"},
    {FILTERS "[rank, like, 1]}\n",
     "job.yaml:4:27: request.filters: rank: found \"like\", expected "
     "one of: < <= > >= = <> in not_in\n"},
    {FILTERS "[domain_from_country, \"=\", no]}\n", ""},
    {FILTERS "[anchor, \"=\", 5]}\n",
     "job.yaml:4:34: request.filters: anchor: found 5, expected a text; quote it\n"},
    {FILTERS "[anchor, \"=\", null]}\n",
     "job.yaml:4:34: request.filters: anchor: found nothing, expected a text; quote it\n"},
    {FILTERS "[first_seen, \">\", \"2026-01-31 00:00:00 +00:00\"]}\n", ""},
    {FILTERS "[first_seen, \">\", 2026-01-31 00:00:00 +00:00]}\n", ""},
    {FILTERS "[first_seen, \">\", 2026-01-31]}\n",
     "job.yaml:4:38: request.filters: first_seen: found \"2026-01-31\", expected a time such as "
     "\"2026-01-31 00:00:00 +00:00\"\n"},
    {FILTERS "[first_seen, \">\", \"2026-13-31 00:00:00 +00:00\"]}\n",
     "job.yaml:4:38: request.filters: first_seen: found \"2026-13-31 00:00:00 +00:00\", expected a "
     "time such as \"2026-01-31 00:00:00 +00:00\"\n"},
    {FILTERS "[first_seen, \">\", \"2026-01-31 00:00:00 +02:00\"]}\n",
     "job.yaml:4:38: request.filters: first_seen: found \"2026-01-31 00:00:00 +02:00\", expected a "
     "time such as \"2026-01-31 00:00:00 +00:00\"\n"},
    {FILTERS "[first_seen, \"=\", \"2026-01-31 00:00:00 +00:00\"]}\n",
     "job.yaml:4:33: request.filters: first_seen: found \"=\", expected one of: < >\n"},
    {FILTERS "[attributes, has, nofollow]}\n", ""},
    {FILTERS "[attributes, \"=\", nofollow]}\n",
     "job.yaml:4:33: request.filters: attributes: found \"=\", expected one of: has has_not\n"},
};

Test(request, filters_follow_their_grammar)
{
    EXPECT_ALL(in_filters, true);
}

Test(request, a_regex_has_a_thousand_characters_at_most)
{
    char regex[1002], text[2000];

    memset(regex, 'a', sizeof(regex) - 1);
    regex[1001] = '\0';
    snprintf(text, sizeof(text), FILTERS "[anchor, regex, %s]}\n", regex);
    expect_complaints(MAIN, text,
                      "job.yaml:4:36: request.filters: a regex is at most 1000 characters long\n");
    regex[1000] = '\0';
    snprintf(text, sizeof(text), FILTERS "[anchor, not_regex, %s]}\n", regex);
    expect_complaints(MAIN, text, "");
}

#define ORDER REQ "{order_by: "

static const struct mistake in_order_by[] = {
    {ORDER "[\"rank,desc\"]}\n", ""},
    {ORDER "[\"rank,desc\", \"first_seen,asc\", \"url_from,asc\"]}\n", ""},
    {ORDER "[rank,desc]}\n",
     "job.yaml:4:21: request.order_by: [rank,desc] is a list of two in YAML; "
     "quote the rule: [\"rank,desc\"]\n"},
    {ORDER "[rank,desc,first_seen,asc]}\n",
     "job.yaml:4:21: request.order_by: [rank,desc] is a list of two in YAML; quote the rule: "
     "[\"rank,desc\"]\n"},
    {ORDER "\"rank,desc\"}\n",
     "job.yaml:4:21: request.order_by: found \"rank,desc\", expected a "
     "list such as [\"rank,desc\"]\n"},
    {ORDER "[]}\n",
     "job.yaml:4:21: request.order_by: found an empty list, expected a list such as "
     "[\"rank,desc\"]\n"},
    {ORDER "[rank]}\n",
     "job.yaml:4:22: request.order_by: found \"rank\", expected \"field,asc\" or "
     "\"field,desc\"\n"},
    {ORDER "[\"rank, desc\"]}\n",
     "job.yaml:4:22: request.order_by: found \"rank, desc\", expected "
     "\"field,asc\" or \"field,desc\"\n"},
    {ORDER "[\"rank,down\"]}\n",
     "job.yaml:4:22: request.order_by: found \"rank,down\", expected "
     "\"field,asc\" or \"field,desc\"\n"},
    {ORDER "[\"ranks,desc\"]}\n",
     "job.yaml:4:22: request.order_by: backlinks has no field ranks; did you mean rank?\n"},
    {ORDER "[\"attributes,asc\"]}\n",
     "job.yaml:4:22: request.order_by: attributes cannot be sorted by\n"},
    {ORDER "[\"indirect_link_path,asc\"]}\n",
     "job.yaml:4:22: request.order_by: indirect_link_path cannot be sorted by\n"},
    {ORDER "[\"rank,asc\", \"rank,asc\", \"rank,asc\", \"rank,asc\"]}\n",
     "job.yaml:4:21: request.order_by: found 4 rules, the API takes at most 3\n"},
};

Test(request, order_by_holds_rules)
{
    EXPECT_ALL(in_order_by, true);
}

/* Every operator of every type is taken with a fitting value. */
Test(request, takes_every_operator_of_every_field)
{
    static const char *const values[] = {[FILTER_BOOL] = "true",
                                         [FILTER_NUM] = "1",
                                         [FILTER_STR] = "a",
                                         [FILTER_TIME] = "\"2026-01-31 00:00:00 +00:00\"",
                                         [FILTER_ARRAY] = "a"};
    unsigned n_conditions = 0;

    for (size_t i = 0; endpoints[i] != NULL; i++)
        for (size_t j = 0; j < endpoints[i]->n_columns; j++) {
            const struct column *column = &endpoints[i]->columns[j];
            const char *const *operators = filter_operators(column->filter);

            for (; *operators != NULL; operators++) {
                bool is_list =
                    strstr(*operators, "in") == *operators || strcmp(*operators, "not_in") == 0;
                char text[512];

                snprintf(text, sizeof(text),
                         "job: a\nendpoint: %s\n%sfilters: [%s%s, \"%s\", %s%s%s]}\n",
                         endpoints[i]->name,
                         endpoints[i]->wrapper != NULL ? "request: {targets: {\"1\": moz.com}, "
                                                       : "targets: [moz.com]\nrequest: {",
                         endpoints[i]->wrapper != NULL ? "1." : "", column->path, *operators,
                         is_list ? "[" : "", values[column->filter], is_list ? "]" : "");
                expect_complaints(MAIN, text, "");
                n_conditions++;
            }
        }
    cr_expect(gt(uint, n_conditions, 200));
}
