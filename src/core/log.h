/*
 * The log: one line per event on stderr. Only the place that decides what happens next writes one.
 *
 * As text a line is for people: "warning: walk: example.com: page at 300: ...". As JSON it is an
 * object for collectors: ts (RFC 3339, UTC), level, msg, and what is known of the event by the
 * names of struct log_fields. Where stderr is systemd's journal a line begins with its priority,
 * <3> to <7>, which the journal takes away. A text line has a time in front where neither the
 * journal nor somebody at a terminal sees when it comes, once log_configure() was called.
 *
 * Whatever a text holds, a line stays one line, and valid UTF-8. Any thread may write.
 *
 * A progress line that stands on the terminal is taken away before a log line and drawn again
 * behind it, by the function given to log_set_interlude.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uuid;

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Their names, as the configuration and JSON have them, and those of the two forms: text, json. */
extern const char *const log_level_words[];
extern const char *const log_form_words[];

struct log_number {
    const char *name; /* NULL behind the last */
    int64_t value;
};

#define LOG_NUMBERS(...) ((const struct log_number[]){__VA_ARGS__, {NULL, 0}})

/*
 * What is known of an event; what is not is left out, as NULL or 0. All is the caller's. As text a
 * line begins with job, target and page and has nothing else of them: the message says the rest.
 */
struct log_fields {
    const char *job;     /* its title; as JSON in two, project and job, where it has a project */
    const char *target;  /* what is asked for */
    const int64_t *page; /* its place in the slice */
    int64_t run, listing;
    const char *account;
    const struct uuid *attempt;
    int code, http;             /* the API's and HTTP's status */
    const char *charge;         /* what is known of it: settled, void or unknown */
    const int64_t *nanousd;     /* usd: charged; what it may be at most where that is unknown */
    const int64_t *cap_nanousd; /* cap_usd: what the run may cost */
    int64_t ms;                 /* how long it took */
    const char *result;         /* of a run or a listing: its word */
    const struct log_number *numbers;
    /*
     * A failure that may come a thousand times over: it is written at once the first time. Those of
     * the same format, job, code and status that come within so many seconds are counted, and told
     * in one line at the end of that time. 0: each is a line.
     */
    int fold_s;
};

/*
 * The form and the level by their words, from here on; a terminal gets text. What is folded is told
 * before. Without it: text, info.
 */
void log_configure(const char *form, const char *level);

/* Lines above `level` are not written; LOG_INFO at first. */
void log_set_level(enum log_level level);

/* Called with true before each line and with false behind it; NULL takes it away. */
void log_set_interlude(void (*interlude)(bool is_before, void *data), void *data);

/* For tests: clocks of their own, in milliseconds; NULL: those of core/clock.h. */
void log_set_clocks(int64_t (*wall_ms)(void), int64_t (*mono_ms)(void));

void log_event(enum log_level level, struct log_fields fields, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The fields of a failure that may come a thousand times over. */
static inline struct log_fields log_folded(struct log_fields fields)
{
    fields.fold_s = 60;
    return fields;
}

/* Those of a line about a job, or one that says all in its text. */
#define LOG_JOB(title) ((struct log_fields){.job = (title)})
#define LOG_PLAIN ((struct log_fields){.job = NULL})

/* Tells what was folded and whose time is over, which each event does, too: for a timer. */
void log_tick(void);

/* Tells what was folded of the job, or of all (NULL): at the end of a run, and of the process. */
void log_flush(const char *job);

#define log_error(...) log_event(LOG_ERROR, LOG_PLAIN, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, LOG_PLAIN, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, LOG_PLAIN, __VA_ARGS__)
#define log_debug(...) log_event(LOG_DEBUG, LOG_PLAIN, __VA_ARGS__)
