#include "core/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log_private.h"

/*
 * Repeats are folded in a table of a few places, one for each kind of failure of a job. The first
 * is written and takes a place; those that follow within its time are counted there. At the end of
 * that time, which the next event or a timer finds out, their number is told with the last of them,
 * and the time begins anew; one without any frees the place. Where all are taken the oldest is told
 * and makes room.
 */

#define MESSAGE_MAX 4096
#define LAST_MAX 1024
#define FOLDS_MAX 32

const char *const log_level_words[] = {[LOG_ERROR] = "error",
                                       [LOG_WARNING] = "warning",
                                       [LOG_INFO] = "info",
                                       [LOG_DEBUG] = "debug",
                                       NULL};
enum form { FORM_TEXT, FORM_JSON };
const char *const log_form_words[] = {[FORM_TEXT] = "text", [FORM_JSON] = "json", NULL};

struct fold {
    const char *format; /* NULL: the place is free */
    enum log_level level;
    char job[160];
    bool has_job;
    int64_t run; /* of the last */
    int code, http;
    int64_t since_ms, window_ms; /* monotonic */
    int64_t n;                   /* since then, beyond the one that was written */
    char last[LAST_MAX];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static enum log_level level_max = LOG_INFO;
static enum form form = FORM_TEXT;
static bool is_placed, is_journal, is_terminal; /* what stderr is, once it was looked at */
static bool is_configured;
static struct fold folds[FOLDS_MAX];
static void (*interlude_fn)(bool is_before, void *data);
static void *interlude_data;
static int64_t (*wall_clock)(void) = clock_wall_ms;
static int64_t (*mono_clock)(void) = clock_mono_ms;

/* --- one line -------------------------------------------------------------------------------- */

/* systemd names the journal's socket as DEVICE:INODE (systemd.exec(5), JOURNAL_STREAM). */
static void look_at_stderr(void)
{
    const char *journal = getenv("JOURNAL_STREAM");
    struct stat status;
    char stream[64];

    is_placed = true;
    is_journal = false;
    if (journal != NULL && fstat(STDERR_FILENO, &status) == 0) {
        snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
                 (uintmax_t)status.st_ino);
        is_journal = strcmp(journal, stream) == 0;
    }
    is_terminal = isatty(STDERR_FILENO) != 0;
}

static void write_line(enum log_level level, const struct log_fields *fields, const char *message)
{
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"}; /* sd-daemon(3) */
    struct buf line = BUF_WITH_CEILING(LOG_LINE_MAX);

    if (!is_placed)
        look_at_stderr();
    if (is_journal)
        buf_append_string(&line, priorities[level]);
    if (form == FORM_JSON && !is_terminal) {
        log_line_json(&line, level, fields, message, wall_clock());
    } else {
        if (is_configured && !is_journal && !is_terminal) {
            log_line_time(&line, wall_clock());
            buf_append_char(&line, ' ');
        }
        log_line_text(&line, level, fields, message);
    }
    buf_append_char(&line, '\n');
    if (interlude_fn != NULL)
        interlude_fn(true, interlude_data);
    fputs(buf_text(&line), stderr);
    if (interlude_fn != NULL)
        interlude_fn(false, interlude_data);
    buf_deinit(&line);
}

/* --- repeats --------------------------------------------------------------------------------- */

static void tell(struct fold *fold, int64_t now_ms)
{
    char message[MESSAGE_MAX];
    struct log_fields fields = {.job = fold->has_job ? fold->job : NULL,
                                .run = fold->run,
                                .code = fold->code,
                                .http = fold->http,
                                .numbers = LOG_NUMBERS({"repeats", fold->n})};

    if (fold->n > 0) {
        snprintf(message, sizeof(message),
                 "%" PRId64 " more like this in %" PRId64 " s; the last: %s", fold->n,
                 (now_ms - fold->since_ms + 999) / 1000, fold->last);
        write_line(fold->level, &fields, message);
    }
    fold->n = 0;
    fold->since_ms = now_ms;
}

static void tell_due(int64_t now_ms)
{
    for (size_t i = 0; i < FOLDS_MAX; i++) {
        bool is_idle = folds[i].n == 0;

        if (folds[i].format == NULL || now_ms - folds[i].since_ms < folds[i].window_ms)
            continue;
        tell(&folds[i], now_ms);
        if (is_idle)
            folds[i].format = NULL;
    }
}

static bool is_of_job(const struct fold *fold, const char *job)
{
    return job == NULL ? !fold->has_job
                       : fold->has_job && strncmp(fold->job, job, sizeof(fold->job) - 1) == 0;
}

static struct fold *find_fold(const struct log_fields *fields, const char *format)
{
    for (size_t i = 0; i < FOLDS_MAX; i++)
        if (folds[i].format == format && is_of_job(&folds[i], fields->job) &&
            folds[i].code == fields->code && folds[i].http == fields->http)
            return &folds[i];
    return NULL;
}

static struct fold *free_fold(int64_t now_ms)
{
    struct fold *oldest = &folds[0];

    for (size_t i = 0; i < FOLDS_MAX; i++) {
        if (folds[i].format == NULL)
            return &folds[i];
        if (folds[i].since_ms < oldest->since_ms)
            oldest = &folds[i];
    }
    tell(oldest, now_ms);
    return oldest;
}

/* Whether the event is one more of its kind, and counted instead of written. */
static bool count(enum log_level level, const struct log_fields *fields, const char *format,
                  const char *message, int64_t now_ms)
{
    struct fold *fold = find_fold(fields, format);
    struct buf place = BUF_WITH_CEILING(LOG_LINE_MAX);

    if (fold == NULL) {
        fold = free_fold(now_ms);
        *fold = (struct fold){.format = format,
                              .level = level,
                              .has_job = fields->job != NULL,
                              .code = fields->code,
                              .http = fields->http,
                              .since_ms = now_ms,
                              .window_ms = (int64_t)fields->fold_s * 1000};
        if (fields->job != NULL)
            snprintf(fold->job, sizeof(fold->job), "%s", fields->job);
        return false;
    }
    log_line_place(&place, fields);
    snprintf(fold->last, sizeof(fold->last), "%s%s", buf_text(&place), message);
    buf_deinit(&place);
    fold->run = fields->run;
    fold->n++;
    return true;
}

/* --- from outside ---------------------------------------------------------------------------- */

void log_event(enum log_level level, struct log_fields fields, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    int64_t now_ms;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&mutex);
    now_ms = mono_clock();
    tell_due(now_ms);
    if (level <= level_max &&
        (fields.fold_s == 0 || !count(level, &fields, format, message, now_ms)))
        write_line(level, &fields, message);
    pthread_mutex_unlock(&mutex);
}

void log_tick(void)
{
    pthread_mutex_lock(&mutex);
    tell_due(mono_clock());
    pthread_mutex_unlock(&mutex);
}

static void flush(const char *job)
{
    for (size_t i = 0; i < FOLDS_MAX; i++) {
        if (folds[i].format == NULL || (job != NULL && !is_of_job(&folds[i], job)))
            continue;
        tell(&folds[i], mono_clock());
        folds[i].format = NULL;
    }
}

void log_flush(const char *job)
{
    pthread_mutex_lock(&mutex);
    flush(job);
    pthread_mutex_unlock(&mutex);
}

static int place_of(const char *const words[], const char *word)
{
    int i = 0;

    while (words[i] != NULL && strcmp(words[i], word) != 0)
        i++;
    return words[i] != NULL ? i : 0;
}

void log_configure(const char *form_word, const char *level_word)
{
    pthread_mutex_lock(&mutex);
    flush(NULL);
    form = (enum form)place_of(log_form_words, form_word);
    level_max = (enum log_level)place_of(log_level_words, level_word);
    is_configured = true;
    is_placed = false;
    pthread_mutex_unlock(&mutex);
}

void log_set_level(enum log_level level)
{
    pthread_mutex_lock(&mutex);
    level_max = level;
    pthread_mutex_unlock(&mutex);
}

void log_set_interlude(void (*interlude)(bool is_before, void *data), void *data)
{
    pthread_mutex_lock(&mutex);
    interlude_fn = interlude;
    interlude_data = data;
    pthread_mutex_unlock(&mutex);
}

void log_set_clocks(int64_t (*wall_ms)(void), int64_t (*mono_ms)(void))
{
    wall_clock = wall_ms != NULL ? wall_ms : clock_wall_ms;
    mono_clock = mono_ms != NULL ? mono_ms : clock_mono_ms;
}
