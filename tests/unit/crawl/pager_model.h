/*
 * A pager, driven against a model of the server whose pages are answered in any order by a seed.
 * What the server was asked for is counted per item and per call, and what it would refuse (an
 * offset out of reach, two calls in a chain) fails the test at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/pager.h"

#define REACH 20000
#define ITEMS_MAX 50000
#define OPEN_MAX 32

/* What the server does with its tokens once nothing follows any more. */
enum last_token { TOKEN_NEW, TOKEN_NONE, TOKEN_EMPTY, TOKEN_REPEATED };

struct model_server {
    int64_t n_items, limit, max_rows;
    bool has_no_token, tells_no_total;
    enum last_token last_token;
    int64_t total_step;  /* added to total_count at each call; up to n_items where it grows */
    int64_t short_at;    /* the page there lacks its last item; 0: none */
    int64_t empty_from;  /* pages from there on have no items; 0: none */
    int64_t no_token_at; /* the page there comes without a token; 0: none */
};

struct model_page {
    int64_t position;
    char token[32];
};

/* A global is fine here: Criterion runs each test in a process of its own. */
struct pager_model {
    struct model_server server;
    struct pager pager;
    unsigned char times[ITEMS_MAX]; /* how often each item was received */
    struct model_page open[OPEN_MAX];
    size_t n_open, n_calls;
    int64_t total_count; /* what the next answer tells */
    uint64_t random;
};

extern struct pager_model model;

size_t model_random(size_t n);

/* A new pager in front of `server`. */
void model_serve(struct model_server server, uint64_t seed);

/* Takes up what is asked for, and checks that the server would take it. */
void model_open(const struct pager_ask *ask);

/* Answers the open page number `i`. */
void model_answer(size_t i);

/* Asks and answers at random until `n_answers` were given, or nothing is wanted any more. */
void model_walk(size_t n_answers);
void model_walk_to_the_end(void);

/* How many items the server has on the page at `position`. */
int64_t model_items_at(int64_t position);

/* Items below `n` came once each, and none behind them. */
void model_check_items(int64_t n, const char *what);

/* How the listing is said to have ended. */
void model_expect_word(const char *word);
