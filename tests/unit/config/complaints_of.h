/* For the tests of complaints: everything that is complained about, as it is printed. */
#pragma once

#include "config/config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define API "api: {login: me, password: hunter2}\n"
#define MAIN API "budget: 5.00\n"
#define JOB "job: a\nendpoint: backlinks\n"
#define FULL JOB "targets: [moz.com]\n"

struct mistake {
    const char *text;
    const char *complaints; /* as printed */
};

static inline char *complaints_of(const char *main_text, const char *job_text)
{
    CLEANUP(config_free) struct config *config = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct err err = {.kind = ERR_NONE};
    bool is_loaded =
        config_load_text(main_text, main_text == NULL ? 0 : strlen(main_text), job_text,
                         job_text == NULL ? 0 : strlen(job_text), &config, &err);

    config_print_complaints(config, out);
    config_print_notes(config, out);
    fclose(out);
    cr_expect(eq(int, is_loaded, config->complaints.n_errors == 0), "%s", text);
    cr_expect(eq(int, err.kind, is_loaded ? ERR_NONE : ERR_CONFIG), "%s", text);
    return text;
}

static inline void expect_complaints(const char *main_text, const char *job_text,
                                     const char *expected)
{
    CLEANUP(mem_free_string) char *text = complaints_of(main_text, job_text);

    cr_expect_str_eq(text, expected, "%s\n--- gives\n%s--- but should\n%s",
                     job_text == NULL ? main_text : job_text, text, expected);
}

/* The text of each mistake is a main file, or a job file beside one that is right. */
#define EXPECT_ALL(mistakes, is_job)                                                               \
    for (size_t i = 0; i < sizeof(mistakes) / sizeof((mistakes)[0]); i++)                          \
    expect_complaints((is_job) ? MAIN : (mistakes)[i].text, (is_job) ? (mistakes)[i].text : NULL,  \
                      (mistakes)[i].complaints)
