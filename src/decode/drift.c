#include "decode/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "core/text.h"
#include "decode/clean.h"
#include "decode/fields.h"

#define SHOWN_MAX 96
#define LISTED_MAX 5

void drift_init(struct drift *drift, const struct endpoint *endpoint)
{
    *drift = (struct drift){.endpoint = endpoint,
                            .has_come = mem_new_array(endpoint->n_columns, sizeof(bool))};
}

void drift_deinit(struct drift *drift)
{
    free(drift->has_come);
    *drift = (struct drift){.endpoint = NULL};
}

static bool is_noted(const struct drift *drift, enum drift_kind kind, const char *name)
{
    for (size_t i = 0; i < drift->n_notes; i++)
        if (drift->notes[i].kind == kind && strcmp(drift->notes[i].name, name) == 0)
            return true;
    return false;
}

/* As much of it as fits, for one line of a log. */
static void show(const char *text, size_t size, char *shown, size_t room)
{
    char clean[CLEAN_SIZE(SHOWN_MAX) + 1];
    bool is_changed = false;
    size_t n = size < SHOWN_MAX ? size : SHOWN_MAX;
    bool is_cut;

    clean[clean_text(text, n, clean, &is_changed)] = '\0';
    for (char *c = clean; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    is_cut = size > n || strlen(clean) >= room;
    snprintf(shown, is_cut ? room - 3 : room, "%s", clean);
    text_end_torn(shown);
    if (is_cut)
        snprintf(shown + strlen(shown), 4, "...");
}

void drift_note(struct drift *drift, enum drift_kind kind, const char *outer,
                const struct field *field)
{
    struct drift_note note = {.kind = kind};
    char name[sizeof(note.name)];

    show(field->key, field->key_size, name, sizeof(name));
    snprintf(note.name, sizeof(note.name), "%s%s%s", outer != NULL ? outer : "",
             outer != NULL ? "." : "", name);
    text_end_torn(note.name);
    if (drift->n_notes == DRIFT_NOTES_MAX || is_noted(drift, kind, note.name))
        return;
    show(field->value.text, field->value.size, note.sample, sizeof(note.sample));
    drift->notes[drift->n_notes++] = note;
}

void drift_join(struct drift *drift, const struct drift *more)
{
    for (size_t i = 0; i < more->n_notes && drift->n_notes < DRIFT_NOTES_MAX; i++)
        if (!is_noted(drift, more->notes[i].kind, more->notes[i].name))
            drift->notes[drift->n_notes++] = more->notes[i];
    for (size_t i = 0; i < drift->endpoint->n_columns; i++)
        drift->has_come[i] = drift->has_come[i] || more->has_come[i];
    drift->n_rows += more->n_rows;
}

/* The n-th of a list, from 1: told up to LISTED_MAX, then counted. */
static void put_listed(struct buf *out, size_t n, const char *name, const char *sample)
{
    if (n > LISTED_MAX)
        return;
    buf_printf(out, "%s%s", n > 1 ? ", " : "", name);
    if (sample != NULL)
        buf_printf(out, " (%s)", sample);
}

static void end_list(struct buf *out, size_t n)
{
    if (n > LISTED_MAX)
        buf_printf(out, " and %zu more", n - LISTED_MAX);
}

void drift_list(const struct drift *drift, enum drift_kind kind, struct buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < drift->n_notes; i++)
        if (drift->notes[i].kind == kind)
            put_listed(out, ++n, drift->notes[i].name, drift->notes[i].sample);
    end_list(out, n);
}

void drift_list_gone(const struct drift *drift, struct buf *out)
{
    size_t n = 0;

    for (size_t i = 0; drift->n_rows > 0 && i < drift->endpoint->n_columns; i++)
        if (!drift->has_come[i] && !drift->endpoint->columns[i].may_lack)
            put_listed(out, ++n, drift->endpoint->columns[i].path, NULL);
    end_list(out, n);
}
