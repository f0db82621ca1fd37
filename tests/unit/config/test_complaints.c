/*
 * One mistake each, with the place and the whole text of the complaint. A file is right but for the
 * line under test, so any other complaint fails the test too.
 */
#include "unit/config/complaints_of.h"

TestSuite(complaints, .timeout = 20);

/* The password must not be quoted here, nor get to libpq, which would quote a piece of it. */
#define UNTIL "expected until and a time of the day, such as until 09:00\n"
#define BUDGET                                                                                     \
    "expected US dollars above 0, such as 5.00, or a map of per_run, per_day, per_month\n"
#define STRAY_AT                                                                                   \
    "main.yaml:3:17: database.url: in the user or password of a URL, write @ as %40, / as %2F, "   \
    "? as %3F, # as %23 and % as %25\n"

static const struct mistake in_main[] = {
    {MAIN, ""},
    {"", "main.yaml: is empty; it names at least login and password under api, and a budget\n"},
    {"# only this\n",
     "main.yaml: is empty; it names at least login and password under api, and a budget\n"},
    {"[a]", "main.yaml:1:1: found a list, expected a map: api, database, budget, jobs\n"},
    {"hunter2", "main.yaml:1:1: found \"hunter2\", expected a map: api, database, budget, jobs\n"},
    {MAIN "---\n" MAIN,
     "main.yaml:4:1: a second document; a main file has one (job files may have several)\n"},
    {"budget: 1", "main.yaml:1:1: api or accounts is missing\n"},
    {"api: {}\nbudget: 1",
     "main.yaml:1:6: api.login or login_file is missing\n"
     "main.yaml:1:6: api.password or password_file is missing\n"},
    {"api: x\nbudget: 1",
     "main.yaml:1:6: api: found \"x\", expected a map with login and password_file, or with "
     "provider: aisa and token_file\n"},
    {"api:\n  login: me\n  password: [hunter2]\nbudget: 1",
     "main.yaml:3:13: api.password: found a list, expected a text\n"},
    {"api:\n  login: me\n  password:\nbudget: 1",
     "main.yaml:3:12: api.password: found nothing, expected a text\n"},
    {"api:\n  login: me\n  password: \"\"\nbudget: 1",
     "main.yaml:3:13: api.password: expected a text\n"},
    {"api:\n  login: me\n  password: hunter2\n  password_file: x\nbudget: 1",
     "main.yaml:4:18: api.password_file and password are both there; keep one\n"},
    {"api:\n  login: me\n  pasword: hunter2\nbudget: 1",
     "main.yaml:2:3: api.password or password_file is missing\n"
     "main.yaml:3:3: api.pasword: unknown key; did you mean password?\n"},
    {MAIN "colour: red\n",
     "main.yaml:3:1: colour: unknown key; known are api, accounts, database, budget, spool, "
     "spool_free_min, archive, archive_max, missing_ok, jobs, projects, drain, log, "
     "log_level, http, on_night\n"},
    {MAIN "log: xml\nlog_level: loud\n",
     "main.yaml:3:6: log: found \"xml\", expected text or json\n"
     "main.yaml:4:12: log_level: found \"loud\", expected error, warning, info or debug\n"},
    {"api: {login: me, password: x, provider: aisa}\nbudget: 1",
     "main.yaml:1:6: api.token or token_file is missing\n"
     "main.yaml:1:7: api.login: aisa takes no login and password; write its key to token_file, or "
     "to token\n"
     "main.yaml:1:18: api.password: aisa takes no login and password; write its key to token_file, "
     "or to token\n"},
    {"api: {login: me, password: x, provider: google}\nbudget: 1",
     "main.yaml:1:41: api.provider: found \"google\", expected dataforseo or aisa\n"},
    {"api: {login: me, password: x, in_flight: 31}\nbudget: 1",
     "main.yaml:1:42: api.in_flight: found 31, dataforseo allows 30 at most\n"},
    {"api: {login: me, password: x, in_flight: 0}\nbudget: 1",
     "main.yaml:1:42: api.in_flight: found 0, expected a whole number from 1 to 50\n"},
    {"api: {login: me, password: x, in_flight: \"5\"}\nbudget: 1",
     "main.yaml:1:42: api.in_flight: found \"5\", expected a whole number from 1 to 50\n"},
    {"api: {login: me, password: x, in_flight: 2.5}\nbudget: 1",
     "main.yaml:1:42: api.in_flight: found 2.5, expected a whole number from 1 to 50\n"},
    {"api: {login: me, password: x, calls_per_minute: 100001}\nbudget: 1",
     "main.yaml:1:49: api.calls_per_minute: found 100001, expected a whole number from 1 to "
     "100000\n"},
    {"api: {login: me, password: x, calls_per_minute: 99999999999999999999}\nbudget: 1",
     "main.yaml:1:49: api.calls_per_minute: found 99999999999999999999, expected a whole number "
     "from 1 to 100000\n"},
    {"api: {login: me, password: x, base_url: \"http://api.dataforseo.com\"}\nbudget: 1",
     "main.yaml:1:41: api.base_url: is plain http:// to another machine, which would send the "
     "password in the open; write https://\n"},
    {"api: {login: me, password: x, base_url: \"https://me:hunter2@api.dataforseo.com\"}\n"
     "budget: 1",
     "main.yaml:1:41: api.base_url: holds credentials; write them to login and password_file\n"},
    {"api: {login: me, password: x, base_url: api.dataforseo.com}\nbudget: 1",
     "main.yaml:1:41: api.base_url: is not an https:// URL\n"},
    {"api: {login: me, password: x, base_url: \"https://api.dataforseo.com:99999\"}\nbudget: 1",
     "main.yaml:1:41: api.base_url: has no valid host and port; write it as "
     "https://api.dataforseo.com\n"},
    {"api: {login: me, password: x, base_url: \"https://api.dataforseo.com?a=b\"}\nbudget: 1",
     "main.yaml:1:41: api.base_url: holds a '?', '#' or '@'; it ends with the path in front of "
     "/v3\n"},
    {MAIN "database: {url: \"postgresql://me:hunter@2@host/name\"}\n", STRAY_AT},
    {MAIN "database: {url: \"postgresql://me:hunter/2@host/name\"}\n", STRAY_AT},
    {MAIN "database: {url: \"postgresql://me:hunter?2@host/name\"}\n", STRAY_AT},
    {MAIN "database: {url: \"postgresql://me:hunter#2@host/name\"}\n", STRAY_AT},
    {MAIN "database: {url: \"postgresql://me:hunter%402@host/name?options=a@b\"}\n", ""},
    {MAIN "database: {url: \"postgresql:///name?host=/tmp&user=me@host\"}\n", ""},
    {MAIN "database: {url: hunter2}\n",
     "main.yaml:3:17: database.url: expected a connection URL such as postgresql:///linkhaul\n"},
    {API "budget: -1", "main.yaml:2:9: budget: found -1, " BUDGET},
    {API "budget: 0", "main.yaml:2:9: budget: found 0, " BUDGET},
    {API "budget: $5", "main.yaml:2:9: budget: found \"$5\", " BUDGET},
    {API "budget: {per_run: x}",
     "main.yaml:2:19: budget.per_run: found \"x\", expected US dollars above 0, such as 5.00\n"},
    {API "budget: {}", "main.yaml:2:9: budget: found an empty map, " BUDGET},
    {API "budget: {per_run: 1, per_dya: 2}",
     "main.yaml:2:22: budget.per_dya: unknown key; did you mean per_day?\n"},
    {API "budget: {per_run: 9, per_day: 8, per_month: 7}",
     "main.yaml:2:19: warning: budget.per_run: $9.00 is more than the $8.00 of budget.per_day, and "
     "can never be spent\n"
     "main.yaml:2:19: warning: budget.per_run: $9.00 is more than the $7.00 of budget.per_month, "
     "and can never be spent\n"
     "main.yaml:2:31: warning: budget.per_day: $8.00 is more than the $7.00 of budget.per_month, "
     "and can never be spent\n"},
    {API "budget: {per_run: 9, per_month: 9}", ""},
    {API "budget: {per_run: {per_run: 1}}",
     "main.yaml:2:19: budget.per_run: found a map, expected US dollars above 0, such as 5.00\n"},
    {MAIN "jobs: [a, b]\n", "main.yaml:3:7: jobs: found a list, expected a text\n"},
    {MAIN "spool:\n", "main.yaml:3:7: spool: found nothing, expected a path\n"},
    {"api: {login: me, password: x, prices: {per_call: 1}}\nbudget: 1",
     "main.yaml:1:39: api.prices.per_item is missing; it is US dollars above 0, such as 5.00\n"},
    {"api: {login: me, password: x, timezone: Europe/Berlim}\nbudget: 1",
     "main.yaml:1:41: api.timezone: there is no time zone Europe/Berlim; did you mean "
     "Europe/Berlin?\n"},
    {"api: {login: me, password: x, unknown_retries: 11}\nbudget: 1",
     "main.yaml:1:48: api.unknown_retries: found 11, expected a whole number from 0 to 10\n"},
    {MAIN "spool_free_min: 5 gb\n",
     "main.yaml:3:17: spool_free_min: found \"5 gb\", expected a size such as 500MB or 1GiB\n"},
    {MAIN "archive: 30\n",
     "main.yaml:3:10: archive: found 30, expected a duration such as 12h or 30d (s, m, h, d, w)\n"},
    {MAIN "archive_max: 0\n",
     "main.yaml:3:14: archive_max: found 0, expected a size such as 500MB or 1GiB\n"},
    {MAIN "missing_ok: 100.01%\n",
     "main.yaml:3:13: missing_ok: found \"100.01%\", expected a percentage from 0% to 100%, such "
     "as 0.1%\n"},
    {MAIN "on_night: curl https://example.com\n",
     "main.yaml:3:11: on_night: found \"curl https://example.com\", expected a program's absolute "
     "path and its arguments, such as [/usr/bin/touch, /run/x]\n"},
    {MAIN "on_night: [curl, -s]\n",
     "main.yaml:3:11: on_night: found a list, expected a program's absolute path and its "
     "arguments, such as [/usr/bin/touch, /run/x]\n"},
    {MAIN "on_night: []\n",
     "main.yaml:3:11: on_night: found a list, expected a program's absolute path and its "
     "arguments, such as [/usr/bin/touch, /run/x]\n"},
    {MAIN "on_night: [/bin/sh, [x]]\n",
     "main.yaml:3:11: on_night: found a list, expected a program's absolute path and its "
     "arguments, such as [/usr/bin/touch, /run/x]\n"},
    {MAIN "on_night: [/bin/sh, \"a\\nb\"]\n",
     "main.yaml:3:11: on_night: found a list, expected a program's absolute path and its "
     "arguments, such as [/usr/bin/touch, /run/x]\n"},
    {MAIN "missing_ok: 0.001\n",
     "main.yaml:3:13: missing_ok: found 0.001, expected a percentage from 0% to 100%, such as "
     "0.1%\n"},
};

Test(complaints, name_what_is_wrong_in_the_main_file)
{
    EXPECT_ALL(in_main, false);
}

static const struct mistake in_yaml[] = {
    {"job: a\njob: b\nendpoint: backlinks\ntargets: [moz.com]\n",
     "job.yaml:2:1: the key job stands twice; the first is in line 1\n"},
    {JOB "targets: &t [moz.com]\n",
     "job.yaml:3:10: anchors (&t) are not supported; write the value where it is needed\n"},
    {JOB "targets: *t\n",
     "job.yaml:3:10: aliases (*t) are not supported; write the value out, or "
     "quote it where it is meant as a text\n"},
    {FULL "labels: {<<: {a: b}}\n",
     "job.yaml:4:10: merge keys (<<) are not supported; write the keys out\n"},
    {FULL "max_rows: !!int \"5\"\n",
     "job.yaml:4:11: tags (tag:yaml.org,2002:int) are not supported; quote a value to make it a "
     "text\n"
     "job.yaml:4:11: max_rows: found \"5\", expected a whole number from 1 to 1000000000000\n"},
    {FULL "? [a, b]\n: c\n", "job.yaml:4:3: a key must be a text\n"},
    {FULL "\"\": c\n", "job.yaml:4:1: a key must be a text, not empty\n"},
    {FULL "schedule: * * * * *\n",
     "job.yaml:4:11: not YAML: while scanning an alias, did not find expected alphabetic or "
     "numeric character; `*` begins an alias in YAML: quote the value, as in \"* * * * *\"\n"},
    {FULL "schedule: @daily\n",
     "job.yaml:4:11: not YAML: while scanning for the next token, found character that cannot "
     "start any token; a value cannot begin with this character in YAML: quote it\n"},
    {JOB "targets:\n\t- moz.com\n",
     "job.yaml:4:1: not YAML: while scanning for the next token, found character that cannot start "
     "any token; a tab cannot indent in YAML: use spaces\n"},
    {FULL "request: {filters: [[rank, >, 5]]}\n",
     "job.yaml:4:28: not YAML: while scanning for the next token, found character that cannot "
     "start any token; a value cannot begin with this character in YAML: quote it\n"},
    {FULL "labels: {a: \xe4}\n", "job.yaml:4:13: byte 0xE4 is not UTF-8; save the file as UTF-8\n"},
    {FULL "labels: {a: \"\x01\"}\n",
     "job.yaml:4:14: control character U+0001; take it out, or "
     "write it as an escape in double quotes\n"},
    {FULL "labels: {a: \"\\0\"}\n",
     "job.yaml:4:13: the character U+0000 cannot stand in a value\n"},
    {"\xff\xfej\0", "job.yaml: is UTF-16; save it as UTF-8\n"},
    {"\xef\xbb\xbf" FULL, ""},
    {"", "job.yaml: warning: is empty; it holds no job\n"},
    {FULL "---\n", "job.yaml:5:1: warning: an empty document; it holds no job\n"},
    {"- job: a\n- job: b\n",
     "job.yaml:1:1: found a list, expected a job; write one job per "
     "document, with a line --- between two\n"},
    {"a", "job.yaml:1:1: found \"a\", expected a job: job, endpoint, targets, ...\n"},
};

Test(complaints, help_with_yaml)
{
    EXPECT_ALL(in_yaml, true);
}

static const struct mistake in_jobs[] = {
    {FULL, ""},
    {"targets: [moz.com]\n",
     "job.yaml:1:1: job is missing; it is a name of lower-case letters, digits, _ . - (63 at "
     "most), beginning with a letter or digit\n"
     "job.yaml:1:1: endpoint is missing; it is the name of an endpoint\n"},
    {JOB,
     "job.yaml:1:1: targets is missing; it is a list of 1 to 1000 targets, such as [moz.com, "
     "ahrefs.com]\n"},
    {"job: Big Job\nendpoint: backlinks\ntargets: [moz.com]\n",
     "job.yaml:1:6: job: found \"Big Job\", expected a name of lower-case letters, digits, _ . - (63 "
     "at most), beginning with a letter or digit\n"},
    {"job: a\nendpoint: backlink\ntargets: [moz.com]\n",
     "job.yaml:2:11: endpoint: found \"backlink\"; did you mean backlinks?\n"},
    {"job: a\nendpoint: anchors\ntargets: [moz.com]\n",
     "job.yaml:2:11: endpoint: found \"anchors\", expected one of the endpoints: backlinks, bulk_new_lost_backlinks, domain_intersection, page_intersection, referring_domains\n"},
    {FULL "timezone: Europe/Berlim\n",
     "job.yaml:4:11: timezone: there is no time zone Europe/Berlim; did you mean Europe/Berlin?\n"},
    {FULL "timezone: europe/berlin\n",
     "job.yaml:4:11: timezone: there is no time zone europe/berlin; did you mean Europe/Berlin?\n"},
    {FULL "timezone: ../../etc/passwd\n",
     "job.yaml:4:11: timezone: is not the name of a time zone; write an IANA name such as "
     "Europe/Berlin\n"},
    {FULL "timezone: /etc/localtime\n",
     "job.yaml:4:11: timezone: is not the name of a time zone; write an IANA name such as "
     "Europe/Berlin\n"},
    {FULL "timezone: Moon/Crater\n",
     "job.yaml:4:11: timezone: there is no time zone Moon/Crater; "
     "write an IANA name such as Europe/Berlin\n"},
    {FULL "max_rows: 0\n",
     "job.yaml:4:11: max_rows: found 0, expected a whole number from 1 to 1000000000000\n"},
    {FULL "maxrows: 5\n", "job.yaml:4:1: maxrows: unknown key; did you mean max_rows?\n"},
    {FULL "budget: cheap\n", "job.yaml:4:9: budget: found \"cheap\", " BUDGET},
    {FULL "budget: {per_day: 0.05}\n",
     "job.yaml:4:9: warning: budget: $0.05 is less than one page may cost at "
     "list price ($0.06 for 1000 items), so no call would be made\n"},
    {FULL "resume_within: 0\n",
     "job.yaml:4:16: resume_within: found 0, expected a duration such as 12h or 30d (s, m, h, d, "
     "w)\n"},
    {FULL "budget: 0.05\n",
     "job.yaml:4:9: warning: budget: $0.05 is less than one page may cost at "
     "list price ($0.06 for 1000 items), so no call would be made\n"},
    {FULL "budget: 0.05\nmax_rows: 100\n",
     "job.yaml:5:11: note: max_rows: a listing that it cuts is `limited`: what is not in it is never told as lost\n"},
    {FULL "request: {limit: 100}\n",
     "job.yaml:4:18: warning: request.limit: in pages of 100 items 1000 of them cost $0.276 at "
     "list price, in one page $0.06; leave limit out, and bound a listing by max_rows\n"},
    {FULL "request: {limit: 100}\nmax_rows: 100\n",
     "job.yaml:5:11: note: max_rows: a listing that it cuts is `limited`: what is not in it is never told as lost\n"},
    {FULL "request: {limit: 1000}\n", ""},
    {FULL "catch_up: \"24:00\"\njitter: 13h\nmax_duration: long\n",
     "job.yaml:4:11: catch_up: found \"24:00\", " UNTIL
     "job.yaml:5:9: jitter: found \"13h\", expected a duration of 1s to 12h (s, m, h, d, w)\n"
     "job.yaml:6:15: max_duration: found \"long\", expected a duration such as 12h or 30d (s, m, h, d, w)\n"},
    {FULL "catch_up: until 24:00\n", "job.yaml:4:11: catch_up: found \"until 24:00\", " UNTIL},
    {FULL "catch_up: until 09:60\n", "job.yaml:4:11: catch_up: found \"until 09:60\", " UNTIL},
    {FULL "catch_up: until 9:00\n", "job.yaml:4:11: catch_up: found \"until 9:00\", " UNTIL},
    {FULL "catch_up: until 09:000\n", "job.yaml:4:11: catch_up: found \"until 09:000\", " UNTIL},
    {FULL "catch_up: true\n", "job.yaml:4:11: catch_up: found true, " UNTIL},
    {FULL "catch_up: until 09:00\njitter: 20m\nmax_duration: 6h\n",
     "job.yaml:4:11: warning: catch_up: without schedule it says nothing: a run by hand starts at once\n"
     "job.yaml:5:9: warning: jitter: without schedule it says nothing: a run by hand starts at once\n"},
    {FULL "labels: [a]\n",
     "job.yaml:4:9: labels: found a list, expected a map of up to 16 labels\n"},
    {FULL "labels: {Team: a}\n",
     "job.yaml:4:10: labels: Team is no name; write lower-case letters, "
     "digits and _, a letter first\n"},
    {FULL "labels: {team: [a]}\n",
     "job.yaml:4:16: labels.team: found a list, expected a text of at "
     "most 255 bytes, a number, or true or false\n"},
    {FULL "labels: {team: }\n",
     "job.yaml:4:16: labels.team: found nothing, expected a text of at "
     "most 255 bytes, a number, or true or false\n"},
    {FULL "labels: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1, l: 1, m: 1, "
          "n: 1, o: 1, p: 1, q: 1}\n",
     "job.yaml:4:9: labels: found 17 labels, expected a map of up to 16 labels\n"},
    {FULL "---\n" FULL, "job.yaml:5:6: job: a is the name of another job too, at job.yaml:1:6\n"},
    {FULL "schedule: \"15 2 * * *\"\n", ""},
    {FULL "max_rows: 5000\n",
     "job.yaml:4:11: note: max_rows: a listing that it cuts is `limited`: what is not in it is never "
     "told as lost\n"},
    {FULL "request: {mode: one_per_anchor}\n",
     "job.yaml:4:17: note: request.mode: other links stand for a group every night: none of them is "
     "ever told as lost, unless the vendor says so\n"},
    {FULL "request: {mode: one_per_domain}\n", ""},
    {FULL "feeds: [{mode: as_is}, {mode: one_per_anchor}]\n",
     "job.yaml:4:31: note: feeds.mode: other links stand for a group every night: none of them is "
     "ever told as lost, unless the vendor says so\n"},
    {FULL "request: {custom_mode: {field: tld_from, value: 5}}\n",
     "job.yaml:4:24: note: request.custom_mode: other links stand for a group every night: none of "
     "them is ever told as lost, unless the vendor says so\n"},
    {FULL "request: {custom_mode: {field: domain_from, value: 5}}\n", ""},
};

Test(complaints, name_what_is_wrong_in_a_job)
{
    EXPECT_ALL(in_jobs, true);
}

static const struct mistake in_targets[] = {
    {JOB "targets: []\n",
     "job.yaml:3:10: targets: found an empty list, expected a list of 1 to 1000 "
     "targets, such as [moz.com, ahrefs.com]\n"},
    {JOB "targets: moz.com\n",
     "job.yaml:3:10: targets: found \"moz.com\", expected a list of 1 to 1000 targets, such as "
     "[moz.com, ahrefs.com]\n"},
    {JOB "targets: [moz.com, ahrefs.com, moz.com]\n",
     "job.yaml:3:32: targets: \"moz.com\" stands twice; the first is in line 3\n"},
    {JOB "targets: [$mine]\n",
     "job.yaml:3:11: targets: found \"$mine\"; $own and $competitors are lists: targets: [$own], or "
     "in a request targets: $competitors\n"},
    {JOB "targets: [www.moz.com]\n",
     "job.yaml:3:11: targets: found \"www.moz.com\"; a domain is "
     "written without www.: moz.com\n"},
    {JOB "targets: [www.com]\n", ""},
    {JOB "targets: [Moz.com]\n",
     "job.yaml:3:11: targets: found \"Moz.com\"; a domain is written in lower case\n"},
    {JOB "targets: [moz.com/blog]\n",
     "job.yaml:3:11: targets: found \"moz.com/blog\"; a page is "
     "written with its scheme, as https://moz.com/blog\n"},
    {JOB "targets: [\"https://moz.com\"]\n",
     "job.yaml:3:11: warning: targets: \"https://moz.com\" is one page, the home page; for the whole "
     "domain write it without the scheme\n"},
    {JOB "targets: [\"https://www.moz.com/blog?a=b#c\", blog.moz.com, xn--mller-kva.de]\n", ""},
    {JOB "targets: [\"ftp://moz.com/\"]\n",
     "job.yaml:3:11: targets: found \"ftp://moz.com/\"; a page "
     "is written with http:// or https://\n"},
    {JOB "targets: [\"https://me:x@moz.com/\"]\n",
     "job.yaml:3:11: targets: found \"https://me:x@moz.com/\"; a page is written without "
     "credentials\n"},
    {JOB "targets: [m\xc3\xbcller.de]\n",
     "job.yaml:3:11: targets: found \"m\xc3\xbcller.de\"; a domain with letters beyond ASCII is "
     "written in punycode (xn--...)\n"},
    {JOB "targets: [localhost]\n",
     "job.yaml:3:11: targets: found \"localhost\"; a target is a domain "
     "such as moz.com, or a page such as https://moz.com/blog\n"},
    {JOB "targets: [93.184.216.34]\n",
     "job.yaml:3:11: targets: found \"93.184.216.34\"; a target is a domain such as moz.com, or a "
     "page such as https://moz.com/blog\n"},
    {JOB "targets: [\"moz.com \"]\n",
     "job.yaml:3:11: targets: found \"moz.com \"; a target holds no "
     "space and no control character\n"},
    {JOB "targets: [12]\n",
     "job.yaml:3:11: targets: found 12, expected a target such as moz.com\n"},
    {JOB "targets: [[moz.com]]\n",
     "job.yaml:3:11: targets: found a list, expected a target such as moz.com\n"},
};

Test(complaints, name_what_is_wrong_with_a_target)
{
    EXPECT_ALL(in_targets, true);
}

Test(complaints, require_a_cap_on_money)
{
    expect_complaints(API, FULL,
                      "job.yaml:1:1: budget is missing, here and in the main file; calls cost "
                      "money: write budget: 5.00, in US dollars per run\n");
    expect_complaints(API, FULL "budget: 1.00\n", "");
    expect_complaints(API, FULL "budget: {per_month: 1.00}\n", "");
    expect_complaints("api: {login: me, password: x, budget: {per_day: 2}}\n", FULL, "");
}

Test(complaints, go_by_the_prices_that_are_given)
{
    static const char cheap[] =
        "api: {login: me, password: x, prices: {per_call: 0.01, per_item: 0.00001}}\nbudget: 1\n";

    expect_complaints(cheap, FULL "budget: 0.02\n", "");
    expect_complaints(
        cheap, FULL "budget: 0.019\nrequest: {limit: 500}\n",
        "job.yaml:5:18: warning: request.limit: in pages of 500 items 1000 of them "
        "cost $0.03 at the account's prices, in one page $0.02; leave limit out, and bound a "
        "listing by max_rows\n");
    expect_complaints(cheap, FULL "budget: 0.019\n",
                      "job.yaml:4:9: warning: budget: $0.019 is less than one page may cost at the "
                      "account's prices ($0.02 for 1000 items), so no call would be made\n");
}

Test(complaints, of_all_documents_come_at_once_and_in_order)
{
    expect_complaints(
        "api: {login: me, password: x, in_flight: 99}\nbudget: x\n",
        JOB "targets: [Moz.com]\nmax_rows: x\n---\njob: b\nendpoint: c\n",
        "main.yaml:1:42: api.in_flight: found 99, expected a whole number from 1 to "
        "50\n"
        "main.yaml:2:9: budget: found \"x\", " BUDGET
        "job.yaml:3:11: targets: found \"Moz.com\"; a domain is written in lower "
        "case\n"
        "job.yaml:4:11: max_rows: found \"x\", expected a whole number from 1 to "
        "1000000000000\n"
        "job.yaml:7:11: endpoint: found \"c\", expected one of the endpoints: "
        "backlinks, bulk_new_lost_backlinks, domain_intersection, page_intersection, referring_domains\n");
}

Test(complaints, stop_at_a_ceiling_and_say_so)
{
    CLEANUP(mem_free_string) char *job = mem_new(100000);
    CLEANUP(mem_free_string) char *text = NULL;
    size_t n_lines = 0, used;

    used = (size_t)snprintf(job, 100000, "%s", FULL);
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(job + used, 100000 - used, "zzzzzzzz%d: 1\n", i);
    text = complaints_of(MAIN, job);
    for (const char *at = text; *at != '\0'; at++)
        n_lines += *at == '\n';
    cr_expect(eq(sz, n_lines, COMPLAINTS_PER_FILE_MAX + 1));
    cr_expect(ne(ptr, strstr(text, "too many complaints about this file"), NULL));
}
