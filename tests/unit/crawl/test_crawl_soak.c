#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "unit/crawl/rig.h"

/*
 * Random scripts: sizes, faults, caps, orders, stops and kills, each by its seed. The rig checks at
 * every event what must never happen; here only the end is looked at. LINKHAUL_SOAK_SEEDS sets how
 * many are played, LINKHAUL_SOAK_SEED plays one alone; --verbose tells which one is at work.
 */

TestSuite(crawl_soak, .timeout = 600);

static unsigned fault_percent;
static bool is_passing_only;

static enum rig_fault at_random(const struct rig_attempt *attempt)
{
    (void)attempt;
    if (rig_random(100) >= fault_percent)
        return RIG_OK;
    return is_passing_only ? RIG_RETRY + (enum rig_fault)rig_random(RIG_UNSENT - RIG_RETRY + 1)
                           : RIG_RETRY + (enum rig_fault)rig_random(N_RIG_FAULTS - RIG_RETRY);
}

static void begin(uint64_t seed)
{
    rig_begin(seed);
    rig.fault = at_random;
    fault_percent = (unsigned)rig_random(30);
    is_passing_only = rig_random(2) == 0;
    rig.settings.in_flight = 1 + rig_random(6);
    rig.settings.calls_per_minute = 1 + rig_random(100);
    rig.settings.backlog_max = 1 + rig_random(6);
    rig.settings.unknown_retries = (unsigned)rig_random(3);
    rig.settings.tries_max = 1 + (unsigned)rig_random(6);
    for (size_t n = 1 + rig_random(3); rig.n_runs < n;) {
        size_t run = rig_add_run(rig_random(2) == 0 ? 0 : (int64_t)rig_random(2000) * 1000000);

        for (size_t i = rig_random(3); i > 0; i--) {
            bool is_chain = rig_random(4) == 0;
            struct rig_listing *listing = rig_add_listing(
                run, is_chain ? 19990 + (int64_t)rig_random(3000) : (int64_t)rig_random(1200),
                rig_random(3) == 0 ? 1 + (int64_t)rig_random(22000) : 0);

            listing->latency_ms = rig_random(2) == 0 ? 0 : (int64_t)rig_random(20000);
            listing->last_total_count = (int64_t)rig_random(3000) - 1;
            listing->request = is_chain && rig_random(2) == 0   ? RIG_CHAIN
                               : is_chain || rig_random(2) == 0 ? "{}"
                                                                : "{\"limit\": 100}";
        }
    }
}

static void soak(uint64_t seed)
{
    begin(seed);
    for (size_t process = 0; process < 4; process++) {
        size_t at = 1 + rig_random(300);

        rig.settings.has_list = rig_random(8) > 0;
        rig.list = rig_random(5) == 0 ? RIG_LIST_BLIND : RIG_LIST_TRUE;
        rig.n_failing_looks = rig_random(5) == 0 ? rig_random(8) : 0;
        rig.stop_at = rig.fail_at = rig.kill_at = 0;
        switch (rig_random(4)) {
        case 0:
            rig.stop_at = at;
            break;
        case 1:
            rig.fail_at = at;
            break;
        case 2:
            rig.kill_at = at;
            break;
        default:
            break;
        }
        rig_play();
    }
    /* With money enough and a server that behaves everything stands at last; the first of the two
     * runs may still find a refusal in the spool. */
    rig.stop_at = rig.fail_at = rig.kill_at = 0;
    fault_percent = 0;
    rig.settings.has_list = true;
    rig.list = RIG_LIST_TRUE;
    rig.n_failing_looks = 0;
    rig.settings.tries_max = 5; /* what an earlier process asked for in vain is a try, too */
    for (size_t i = 0; i < rig.n_runs; i++)
        rig.runs[i].cap_nanousd = 0;
    cr_assert(rig_play());
    cr_assert(rig_play());
    for (size_t i = 0; i < rig.n_listings; i++)
        rig_expect_published(&rig.listings[i]);
}

Test(crawl_soak, keeps_its_word_in_thousands_of_random_runs)
{
    const char *one = getenv("LINKHAUL_SOAK_SEED");
    const char *many = getenv("LINKHAUL_SOAK_SEEDS");
    uint64_t n_seeds = many != NULL ? strtoull(many, NULL, 10) : 1500;

    if (one != NULL) {
        soak(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        cr_log_info("seed %d", (int)seed);
        soak(seed);
    }
}
