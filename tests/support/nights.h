/*
 * Nights of feeds as a test tells them, in plain SQL and without the code that pages: a listing is
 * a text of links, it is published by linkhaul.publish(), and what became of the feed is a text
 * again.
 *
 * A link is its number, with what is not as usual behind it: `7` is link 7, of domain d0 (a domain
 * has ten), live and followed; `7!` the vendor calls it lost; `7~` is nofollow; `7@5` has rank 5
 * instead of its number; `7>2026-11-20` was first seen by the vendor in that night instead of long
 * ago.
 */
#pragma once

#include <stdint.h>

/* Makes a database with the schema, and gives its URL. */
const char *nights_begin(void);

/* A feed of job `job` for `target`, whose rows go to `facts` (a table). `request` is JSON. */
int64_t nights_feed(const char *job, const char *target, const char *facts, const char *request);

/* A listing that has come and is open; `replay_of`: whose answers it has, 0 for its own. */
int64_t nights_land(int64_t feed, const char *night, const char *kind, const char *links,
                    int64_t replay_of);

/* Publishes it as `word` ("complete", ...): gives "published", or "held", a text of nobody's to
 * free. And accepts what is held. */
const char *nights_publish(int64_t listing, const char *word);
void nights_accept(int64_t listing);

/* Both in one, of a full listing, which has to be published. */
int64_t nights_pass(int64_t feed, const char *night, const char *word, const char *links);

/*
 * "1 live, 2 missing, 3 lost": the feed's links by number, or its domains ("d0 live"), without
 * those whose state is `but` (NULL: all). And "2 lost, 3 new": the events of a listing, the
 * baseline as "baseline of 3". The caller's to free; "" where there is none.
 */
char *nights_state(int64_t feed, const char *but);
char *nights_domains(int64_t feed);
char *nights_events(int64_t listing);

/* Fails the test where the text is another one; frees it. */
void nights_expect(char *text, const char *wanted, int line);

#define EXPECT_STATE(of, wanted) nights_expect(nights_state(of, NULL), wanted, __LINE__)
#define EXPECT_GONE(of, wanted) nights_expect(nights_state(of, "live"), wanted, __LINE__)
#define EXPECT_DOMAINS(of, wanted) nights_expect(nights_domains(of), wanted, __LINE__)
#define EXPECT_EVENTS(of, wanted) nights_expect(nights_events(of), wanted, __LINE__)
