/* The world with --night, as answers tell it; and that without it nothing has moved. */
#include "unit/sandbox/fixture.h"

#include "core/md5.h"
#include "sandbox/nights.h"
#include "sandbox/random.h"

TestSuite(nights, .timeout = 120);

/* The result of a call, which must be good, as text; json_object_put() `ret_json`. */
static const char *result_text(const char *endpoint, const char *body,
                               struct json_object **ret_json)
{
    *ret_json = ask_of(endpoint, body);
    cr_assert(eq(int, (int)int_at(*ret_json, TASK_CODE), 20000), "%s: %s", endpoint,
              text_at(*ret_json, "tasks.0.status_message"));
    return json_object_to_json_string_ext(at(*ret_json, "tasks.0.result"), JSON_C_TO_STRING_PLAIN);
}

/* Digests of answers from before there were nights. */
Test(nights, leave_the_world_without_them_as_it_was)
{
    static const struct {
        const char *endpoint, *body, *digest;
    } cases[] = {
        {"backlinks", "[{\"target\":\"a.com\",\"limit\":500}]",
         "c3efdfed-4d43-0fee-cde3-bc956de1cbd3"},
        {"backlinks",
         "[{\"target\":\"a.com\",\"limit\":1000,\"offset\":400,\"backlinks_status_type\":\"all\","
         "\"order_by\":[\"first_seen,asc\",\"url_from,asc\"]}]",
         "4c0e0c29-c6d2-3d46-4917-e815bdef41d3"},
        {"backlinks",
         "[{\"target\":\"b.org\",\"limit\":300,\"backlinks_status_type\":\"lost\","
         "\"rank_scale\":\"one_hundred\",\"order_by\":[\"last_seen,desc\"]}]",
         "3ba75b4a-40b5-6df3-be87-823bef077ac7"},
        {"backlinks",
         "[{\"target\":\"a.com\",\"mode\":\"one_per_domain\",\"limit\":200,\"filters\":"
         "[[\"dofollow\",\"=\",true],\"and\",[\"rank\",\">\",10]]}]",
         "9c3e371f-9fa5-8ed3-f072-c3e763eeb28d"},
        {"domain_intersection",
         "[{\"targets\":{\"1\":\"a.com\",\"2\":\"b.org\"},\"limit\":200,\"intersection_mode\":"
         "\"partial\",\"backlinks_status_type\":\"all\"}]",
         "00d763fb-bbf2-ee31-708f-c978ffc00546"},
        {"page_intersection",
         "[{\"targets\":{\"1\":\"https://a.com/x\",\"2\":\"b.org\"},\"limit\":200}]",
         "cc4d4276-650d-7e2f-2db7-39be44456c6c"},
        {"referring_domains",
         "[{\"target\":\"a.com\",\"limit\":900,\"backlinks_status_type\":\"all\"}]",
         "58dcc730-13ce-39a1-ee50-e8dac7cc5b42"},
        {"bulk_new_lost_backlinks",
         "[{\"targets\":[\"a.com\",\"b.org\",\"c.net\"],\"date_from\":\"2025-03-01\"}]",
         "5251452f-ecb9-96f9-9667-c704ab19d9f6"},
    };

    START("--seed", "11", "--items", "a.com=3000");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_object *json;
        const char *text = result_text(cases[i].endpoint, cases[i].body, &json);
        struct uuid md5 = md5_uuid(text, strlen(text));
        char digest[UUID_TEXT_MAX];

        uuid_format(&md5, digest);
        cr_expect_str_eq(digest, cases[i].digest, "%zu: %s", i, digest);
        json_object_put(json);
    }
    stop();
}

#define DAY_S 86400
#define FIRST_NIGHT INT64_C(1767225600) /* 2026-01-01 */
#define N_FIRST 20000
#define N_NIGHTS 30

static struct night_terms terms_of(int64_t night, int64_t move_ppm)
{
    return (struct night_terms){.are_asked = true,
                                .night = night,
                                .move_ppm = move_ppm,
                                .doubles_on = NIGHT_NEVER,
                                .vanishes_on = NIGHT_NEVER};
}

static struct nights nights_of(int64_t night, int64_t move_ppm)
{
    struct night_terms terms = terms_of(night, move_ppm);
    struct nights nights;

    nights_init(&nights, &terms, 77, N_FIRST);
    return nights;
}

static void expect_same_life(const struct life *a, const struct life *b)
{
    cr_assert(a->state == b->state && a->is_new == b->is_new && a->night == b->night);
    cr_assert(a->first_seen == b->first_seen && a->last_seen == b->last_seen);
    cr_assert(a->prev_seen == b->prev_seen && a->back_at == b->back_at && a->lost_at == b->lost_at);
}

Test(nights, are_the_same_however_often_they_are_asked_for)
{
    struct nights once = nights_of(40, 20000), again = nights_of(40, 20000);

    for (uint64_t number = 0; number < once.n_numbers; number++) {
        struct life a, b;

        if (nights_state(&once, number) == LIFE_AHEAD)
            continue;
        a = nights_life(&once, number);
        b = nights_life(&again, number);
        expect_same_life(&a, &b);
    }
}

/* What one night has brought. */
struct changes {
    uint64_t n_new, n_late, n_back, n_lost;
};

static void expect_found(const struct life *life, int64_t night_s, struct changes *changes)
{
    bool is_late = life->first_seen < night_s - DAY_S;

    cr_assert(life->first_seen < night_s && life->first_seen >= night_s - 3 * DAY_S);
    cr_assert(life->is_new && life->prev_seen == -1 && life->last_seen == life->first_seen);
    *(is_late ? &changes->n_late : &changes->n_new) += 1;
}

static void expect_back(const struct life *life, const struct life *before, int64_t night_s,
                        struct changes *changes)
{
    cr_assert(life->is_new && life->prev_seen == -1 && life->first_seen == before->first_seen);
    cr_assert(life->last_seen == life->back_at && life->back_at > before->lost_at);
    cr_assert(life->back_at >= night_s - DAY_S && life->back_at < night_s);
    changes->n_back++;
}

static void expect_lost(const struct life *life, const struct life *before, int64_t night_s,
                        struct changes *changes)
{
    cr_assert(life->first_seen == before->first_seen && !life->is_new);
    cr_assert(life->lost_at >= night_s - DAY_S && life->lost_at < night_s);
    cr_assert(life->last_seen >= before->last_seen && life->last_seen <= life->lost_at);
    cr_assert(life->prev_seen >= life->first_seen && life->prev_seen <= life->last_seen);
    changes->n_lost++;
}

/* A link that was there the night before. */
static void look_at(const struct life *life, const struct life *before, int64_t night_s,
                    struct changes *changes)
{
    cr_assert(life->state != LIFE_AHEAD);
    if (life->state == before->state) {
        cr_assert(life->first_seen == before->first_seen && life->last_seen >= before->last_seen);
        cr_assert(life->state == LIFE_LIVE || life->last_seen == before->last_seen);
    } else if (life->state == LIFE_LIVE) {
        expect_back(life, before, night_s, changes);
    } else {
        expect_lost(life, before, night_s, changes);
    }
}

Test(nights, differ_by_what_is_new_late_back_and_lost_alone)
{
    struct nights before = nights_of(0, 10000);
    struct changes all = {0};

    for (int64_t night = 1; night <= N_NIGHTS; night++) {
        struct nights now = nights_of(night, 10000);
        struct changes changes = {0};
        int64_t night_s = FIRST_NIGHT + night * DAY_S;
        uint64_t n_new, n_lost;

        cr_assert(ge(u64, now.n_numbers, before.n_numbers));
        for (uint64_t number = 0; number < now.n_numbers; number++) {
            enum life_state old = LIFE_AHEAD;
            struct life life, life_before;

            if (number < before.n_numbers)
                old = nights_state(&before, number);
            if (nights_state(&now, number) == LIFE_AHEAD) {
                cr_assert(old == LIFE_AHEAD);
                continue;
            }
            life = nights_life(&now, number);
            cr_assert(life.state == nights_state(&now, number));
            if (old == LIFE_AHEAD) {
                expect_found(&life, night_s, &changes);
                continue;
            }
            life_before = nights_life(&before, number);
            look_at(&life, &life_before, night_s, &changes);
        }
        cr_expect(eq(u64, changes.n_new + changes.n_late, N_FIRST / 100));
        nights_count(&now, night_s - DAY_S, &n_new, &n_lost);
        cr_expect(eq(u64, n_new, changes.n_new + changes.n_back));
        cr_expect(eq(u64, n_lost, changes.n_lost));
        all.n_late += changes.n_late;
        all.n_back += changes.n_back;
        all.n_lost += changes.n_lost;
        before = now;
    }
    cr_expect(all.n_late > 400 && all.n_late < 800, "%d", (int)all.n_late);
    cr_expect(all.n_lost > 5000 && all.n_lost < 7000, "%d", (int)all.n_lost);
    cr_expect(all.n_back > 700 && all.n_back < 1200, "%d", (int)all.n_back);
}

/* How many of twenty nights bring anything, and how many links there are that are new. */
static size_t n_lively_nights(uint64_t seed, uint64_t *ret_n_new)
{
    size_t n_lively = 0;

    *ret_n_new = 0;
    for (int64_t night = 1; night <= 20; night++) {
        struct night_terms terms = terms_of(night, -1);
        struct nights nights;
        uint64_t n_new, n_lost;

        nights_init(&nights, &terms, seed, 5000);
        nights_count(&nights, FIRST_NIGHT + (night - 1) * DAY_S, &n_new, &n_lost);
        n_lively += n_new + n_lost > 0;
        *ret_n_new += n_new;
    }
    return n_lively;
}

Test(nights, have_calm_and_lively_targets)
{
    size_t n_calm = 0, n_lively = 0;

    for (uint64_t seed = 0; seed < 64; seed++) {
        uint64_t n_new;

        if (n_lively_nights(random_mix(seed), &n_new) < 20)
            n_calm++;
        else if (n_new > 1500)
            n_lively++;
    }
    cr_expect(n_calm >= 8 && n_calm <= 24, "%zu", n_calm);
    cr_expect(n_lively >= 3 && n_lively <= 14, "%zu", n_lively);
}

/* Ranks, spam score and follow of most links are the same on the next night, of all after years. */
Test(nights, change_values_of_a_few_links_only)
{
    size_t n_drifted = 0, n_flipped = 0, n_ever = 0;

    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t bits = random_mix(i), value = random_below(bits, 101);
        uint64_t now = night_drift(50, bits, value, 100, 3);

        cr_assert(now <= 100 && now + 3 >= value && now <= value + 3);
        n_drifted += now != night_drift(51, bits, value, 100, 3);
        n_flipped += night_is_flipped(50, bits) != night_is_flipped(51, bits);
        n_ever += now != night_drift(400, bits, value, 100, 3);
        cr_assert(eq(u64, night_drift(-1, bits, value, 100, 3), value));
    }
    cr_expect(n_drifted > 100 && n_drifted < 300, "%zu", n_drifted);
    cr_expect(n_flipped > 5 && n_flipped < 40, "%zu", n_flipped);
    cr_expect(gt(sz, n_ever, 7000));
}
