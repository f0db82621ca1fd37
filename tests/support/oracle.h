/*
 * What a sandbox knows of its links on a night (linkhaul-sandbox --print), held against what
 * linkhaul has made of its answers in linkhaul.link.
 *
 *     oracle_begin(&oracle, &story, arguments);
 *     for (int64_t night = 0; night < 14; night++) {
 *         oracle_go_to(&oracle, night);
 *         cr_assert(eq(int, story_run(&story, "run", "--night", oracle.date, "walk"), 0));
 *         oracle_expect_state(&oracle, "example.com", ORACLE_LISTED);
 *     }
 *
 * Whatever is not as it has to be fails the test and is named with a link that shows it.
 */
#pragma once

#include <stdint.h>

#include "support/story.h"

struct oracle {
    struct story *story;
    const char *const *arguments; /* of the sandbox, without a night; NULL-terminated */
    char date[11];                /* of the night it stands at */
};

/* How a link that is gone is known to be. */
enum oracle_way {
    ORACLE_LISTED, /* by live listings that do not have it: `missing`, from the second on `lost` */
    ORACLE_TOLD,   /* by the vendor's list of lost links: `lost` */
    ORACLE_EITHER, /* by what each night took: `missing` on the night it goes, `lost` behind it */
};

/* Starts the sandbox at its first night; `arguments` must last. */
void oracle_begin(struct oracle *oracle, struct story *story, const char *const *arguments);

/* Starts the sandbox anew, so many nights behind its first. */
void oracle_go_to(struct oracle *oracle, int64_t night);

/*
 * Puts what is really so tonight, joined with the links of the feed of `target`, into
 * public.joined: url (the referring page), has (the link's state; null: it is not known),
 * missing_since, really (live, lost; null: there is none), has_val and val ("true 17 3": follow,
 * rank, spam score), odd (not null: answers may have other values), for what oracle_expect_state()
 * does not ask.
 */
void oracle_look(struct oracle *oracle, const char *target);

/*
 * Expects of the one feed of `target`, which has been brought up to tonight and to each night with
 * such a call before: live is exactly what is live; what was live on such a night and is not now is
 * gone in that way; and there is no other link, except what really is lost where it may be told.
 */
void oracle_expect_state(struct oracle *oracle, const char *target, enum oracle_way way);

/* How far values (follow, rank, spam score) of live links are behind; odd answers do not count. */
struct oracle_drift {
    int64_t n_live, n_drifted; /* that are not as they are tonight */
    int64_t n_never;           /* of these, as they were on none of the nights looked at */
    int64_t
        oldest; /* the others: nights since the last one on which the oldest was as it is told */
};

/* Of the target that oracle_expect_state() looked at last. */
struct oracle_drift oracle_drift(struct oracle *oracle);
