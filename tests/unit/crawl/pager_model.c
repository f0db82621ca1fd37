#include "unit/crawl/pager_model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pager_model model;

size_t model_random(size_t n)
{
    model.random = model.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(model.random >> 33) % n;
}

void model_serve(struct model_server server, uint64_t seed)
{
    pager_deinit(&model.pager);
    memset(&model, 0, sizeof(model));
    model.server = server;
    model.random = seed;
    model.total_count = server.n_items;
    pager_init(&model.pager, &(struct pager_settings){.limit = server.limit,
                                                      .offset_reach = REACH,
                                                      .has_token = !server.has_no_token,
                                                      .max_rows = server.max_rows});
}

void model_open(const struct pager_ask *ask)
{
    struct model_page *page = &model.open[model.n_open++];

    model.n_calls++;
    page->position = ask->position;
    snprintf(page->token, sizeof(page->token), "%s", ask->token != NULL ? ask->token : "");
    if (ask->token != NULL) {
        cr_assert(eq(i64, strtoll(ask->token, NULL, 10), ask->position));
        cr_assert(eq(sz, model.n_open, 1), "a chain has one call at a time");
    } else {
        cr_assert(le(i64, ask->position + model.server.limit, REACH));
    }
}

int64_t model_items_at(int64_t position)
{
    const struct model_server *server = &model.server;
    int64_t n = server->n_items - position;

    if (n <= 0 || (server->empty_from > 0 && position >= server->empty_from))
        return 0;
    if (n > server->limit)
        n = server->limit;
    return server->short_at > 0 && position == server->short_at ? n - 1 : n;
}

static const char *token_at(int64_t position, int64_t n, const char *asked, char text[32])
{
    bool is_last = position + n >= model.server.n_items;

    if (model.server.has_no_token ||
        (model.server.no_token_at > 0 && position == model.server.no_token_at) ||
        (is_last && model.server.last_token == TOKEN_NONE))
        return NULL;
    if (is_last && model.server.last_token == TOKEN_EMPTY)
        return "";
    if (is_last && model.server.last_token == TOKEN_REPEATED)
        return asked[0] != '\0' ? asked : NULL;
    snprintf(text, 32, "%" PRId64, position + n);
    return text;
}

void model_answer(size_t i)
{
    struct model_page page = model.open[i];
    int64_t n = model_items_at(page.position);
    char token[32];

    model.open[i] = model.open[--model.n_open];
    for (int64_t item = page.position; item < page.position + n; item++)
        model.times[item]++;
    model.total_count += model.server.total_step;
    if (model.server.total_step > 0 && model.total_count > model.server.n_items)
        model.total_count = model.server.n_items;
    pager_answer(
        &model.pager,
        &(struct pager_answer){.position = page.position,
                               .asked_token = page.token[0] != '\0' ? page.token : NULL,
                               .n_items = n,
                               .total_count = model.server.tells_no_total ? -1 : model.total_count,
                               .token = token_at(page.position, n, page.token, token)});
}

void model_walk(size_t n_answers)
{
    struct pager_ask ask;

    while (n_answers > 0) {
        while (model.n_open < OPEN_MAX && (model.n_open == 0 || model_random(4) > 0) &&
               pager_next(&model.pager, &ask))
            model_open(&ask);
        if (model.n_open == 0)
            return;
        cr_assert(not(pager_is_done(&model.pager)), "done while %zu are open", model.n_open);
        model_answer(model_random(model.n_open));
        n_answers--;
    }
}

void model_walk_to_the_end(void)
{
    model_walk(SIZE_MAX);
    cr_assert(pager_is_done(&model.pager));
    cr_expect(not(pager_is_stuck(&model.pager)));
}

void model_check_items(int64_t n, const char *what)
{
    for (int64_t item = 0; item < ITEMS_MAX; item++)
        cr_assert(eq(int, model.times[item], item < n), "%s: item %" PRId64 " came %d times", what,
                  item, model.times[item]);
    cr_expect(eq(i64, model.pager.n_items, n), "%s", what);
}

void model_expect_word(const char *word)
{
    const char *actual = pager_completeness(&model.pager);

    cr_expect(zero(int, strcmp(actual, word)), "%s, not %s", actual, word);
}
