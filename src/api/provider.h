/*
 * Who answers: DataForSEO itself, or a gateway in front of it. What differs between them is one
 * constant table; nothing else asks for a provider's name.
 *
 * Source of the facts: docs.dataforseo.com/v3/auth/ and docs.dataforseo.com/v3/backlinks/overview/;
 * aisa.one/docs, "API reference", "Errors" and "Rate limits".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct endpoint;

struct provider {
    const char *name; /* as the configuration writes it */
    const char *base_url;
    const char *path_front; /* stands where DataForSEO's own paths have /v3 */
    bool is_bearer;       /* a token in the Authorization header; else Basic, login and password */
    bool is_body_object;  /* a body is one task, by default; else an array of one */
    bool has_body_choice; /* the configuration may say otherwise */
    bool has_list;        /* calls can be looked up in the vendor's id_list */
    bool has_user_data;   /* tells an account's prices, limits and balance */
    bool is_gateway;      /* errors of its own, in front of the vendor's envelope */
    const char *charge_header; /* says what a call cost, in dollars; NULL: the answer's cost does */
    int64_t in_flight, in_flight_max; /* the default, and what the configuration may ask for */
    int64_t calls_per_minute, calls_per_minute_max;
};

/* All of them, NULL-terminated; the first is the default. */
extern const struct provider *const providers[];

/* The names of all of them, NULL-terminated, in the same order. */
extern const char *const provider_names[];

/* NULL where there is none of that name. */
const struct provider *provider_find(const char *name);

/* Where the endpoint is asked for, behind the base URL. free() it. */
char *provider_path(const struct provider *provider, const struct endpoint *endpoint);
