/*
 * The AIsa gateway in front of the same data (aisa.one/docs): its paths, keys, errors and prices.
 * What it charges is the vendor's price and a mark-up, and stands in a header of the answer.
 */
#pragma once

#include <stdbool.h>

struct paid;
struct reply;
struct request;
struct sandbox;

/* Whether the path is one of the gateway's. */
bool aisa_has_path(const char *path);

/* Answers such a request. */
void aisa_answer(struct sandbox *sandbox, struct request *request, struct reply *reply);

/*
 * A paid call that came through the gateway is over: refusals and faults become the gateway's own
 * errors, and the call's charge takes the place of its cost. Before it is waited for and booked.
 */
void aisa_finish(struct paid *paid, struct reply *reply);
