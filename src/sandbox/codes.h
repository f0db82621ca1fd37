/* The API's own status codes (docs.dataforseo.com/v3/appendix/errors), as far as they are used
 * here. */
#pragma once

#include <stddef.h>

enum code {
    CODE_OK = 20000,
    CODE_ONE_TASK = 40000,
    CODE_LOGIN = 40100,
    CODE_RATE = 40202,
    CODE_DAY_LIMIT = 40203,
    CODE_IN_FLIGHT = 40209,
    CODE_FUNDS = 40210,
    CODE_NOT_FOUND = 40400,
    CODE_PATH = 40402,
    CODE_FIELD = 40501,
    CODE_EMPTY = 40502,
    CODE_BODY = 40503,
    CODE_UNKNOWN_FIELDS = 40506,
    CODE_INTERNAL = 50000,
    CODE_TIMEOUT = 50401,
};

struct code_text {
    int code;
    const char *text;
};

extern const struct code_text code_texts[];
extern const size_t n_code_texts;

const char *code_text(int code);

/* Why a task is not executed. */
struct refusal {
    int code;
    char text[512];
};
