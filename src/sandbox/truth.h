/* The links to one target as they are, for whoever has to judge what has come of the answers. */
#pragma once

#include <stdio.h>

struct options;

/*
 * One line per link, live or lost, in the order of their numbers; between its values are tabs:
 * "live" or "lost", url_from, url_to, dofollow (true or false), rank, backlink_spam_score ("" for
 * null), first_seen, last_seen, the time of the loss ("" where it is live), and "odd" where an
 * answer may have other values than these, as one in five hundred rows does on purpose (print.h);
 * but not another url_from, url_to or first_seen. Times are "2026-03-14 02:03:04 +00:00".
 */
void truth_print(FILE *file, const struct options *options, const char *target);
