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
};

/* Starts the sandbox at its first night; `arguments` must last. */
void oracle_begin(struct oracle *oracle, struct story *story, const char *const *arguments);

/* Starts the sandbox anew, so many nights behind its first. */
void oracle_go_to(struct oracle *oracle, int64_t night);

/*
 * Expects of the one feed of `target`, which has been brought up to tonight and to each night with
 * such a call before: live is exactly what is live; what was live on such a night and is not now is
 * gone in that way; and there is no other link, except with ORACLE_TOLD what really is lost.
 */
void oracle_expect_state(struct oracle *oracle, const char *target, enum oracle_way way);

/* Expects follow, rank and spam score of its live links to be tonight's; odd answers do not count.
 */
void oracle_expect_values(struct oracle *oracle, const char *target);
