#include "core/tz.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/tz_rule.h"

/*
 * A file has everything twice: once with times of 32 bits, for readers of long ago, then with 64.
 * Each has a header, its changes, which type each of them brings, the types, and what we have no
 * use for. Behind the second stands the rule for all time after the last change, between newlines.
 */

#define FILE_MAX ((size_t)256 << 10)
#define HEADER_SIZE 44
#define TYPE_SIZE 6
#define OFFSET_MAX_S (26 * 3600)
#define RULE_MAX 128

struct change {
    int64_t at_s;
    int64_t offset_s; /* from then on */
};

struct tz {
    int64_t first_offset_s; /* before the first change */
    struct change *changes;
    size_t n_changes;
    bool has_rule; /* and it holds from the file's last change on */
    int64_t rule_from_s;
    struct tz_rule rule;
};

struct counts {
    uint64_t utc_marks, std_marks, leaps, changes, types, letters;
};

struct part {
    struct counts counts;
    const unsigned char *times, *indices, *types, *end;
};

bool tz_is_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > TZ_NAME_MAX || name[0] == '/' || name[length - 1] == '/' ||
        strstr(name, "//") != NULL || !isalpha((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("_+-/", name[i]) == NULL)
            return false;
    return true;
}

static uint32_t read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_i64(const unsigned char *at)
{
    return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

/* Finds the pieces of one of the two, whose times have `time_size` bytes. */
static bool find_part(const unsigned char *at, const unsigned char *end, size_t time_size,
                      struct part *part)
{
    struct counts *counts = &part->counts;
    uint64_t size = (uint64_t)(end - at), needed = HEADER_SIZE;

    if (size < needed || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
        return false;
    *counts = (struct counts){
        .utc_marks = read_u32(at + 20),
        .std_marks = read_u32(at + 24),
        .leaps = read_u32(at + 28),
        .changes = read_u32(at + 32),
        .types = read_u32(at + 36),
        .letters = read_u32(at + 40),
    };
    /* Each is below 2^32 and so is the file: nothing overflows. */
    needed += counts->changes * (time_size + 1) + counts->types * TYPE_SIZE + counts->letters +
              counts->leaps * (time_size + 4) + counts->std_marks + counts->utc_marks;
    if (counts->types == 0 || size < needed)
        return false;
    part->times = at + HEADER_SIZE;
    part->indices = part->times + counts->changes * time_size;
    part->types = part->indices + counts->changes;
    part->end = at + needed;
    return true;
}

static bool read_type(const struct part *part, uint64_t index, int64_t *ret_offset_s)
{
    if (index >= part->counts.types)
        return false;
    *ret_offset_s = (int32_t)read_u32(part->types + index * TYPE_SIZE);
    return *ret_offset_s >= -OFFSET_MAX_S && *ret_offset_s <= OFFSET_MAX_S;
}

/* Changes of the name alone are left out. */
static bool read_changes(struct tz *tz, const struct part *part)
{
    int64_t offset_s;

    tz->rule_from_s = INT64_MIN;
    if (!read_type(part, 0, &tz->first_offset_s))
        return false;
    offset_s = tz->first_offset_s;
    tz->changes = mem_new_array(part->counts.changes + 1, sizeof(*tz->changes));
    for (uint64_t i = 0; i < part->counts.changes; i++) {
        struct change change = {.at_s = read_i64(part->times + i * 8)};

        if (!read_type(part, part->indices[i], &change.offset_s) ||
            (i > 0 && change.at_s <= read_i64(part->times + (i - 1) * 8)))
            return false;
        if (change.offset_s != offset_s)
            tz->changes[tz->n_changes++] = change;
        offset_s = change.offset_s;
        tz->rule_from_s = change.at_s;
    }
    return true;
}

static bool read_rule(struct tz *tz, const unsigned char *at, const unsigned char *end)
{
    char text[RULE_MAX];
    const unsigned char *newline;
    size_t length;

    if (at == end || *at++ != '\n')
        return false;
    newline = memchr(at, '\n', (size_t)(end - at));
    if (newline == NULL)
        return false;
    length = (size_t)(newline - at);
    if (length == 0)
        return true; /* no rule: as it is after the last change */
    if (length >= sizeof(text))
        return false;
    memcpy(text, at, length);
    text[length] = '\0';
    tz->has_rule = tz_rule_parse(text, &tz->rule);
    return tz->has_rule;
}

struct tz *tz_parse(const void *data, size_t size, struct err *err)
{
    const unsigned char *at = data, *end = at + size;
    struct part old, part;
    struct tz *tz = mem_new(sizeof(*tz));

    if (find_part(at, end, 4, &old) && find_part(old.end, end, 8, &part) &&
        read_changes(tz, &part) && read_rule(tz, part.end, end)) {
        if (part.counts.leaps == 0)
            return tz;
        err_set(err, ERR_CONFIG, "counts leap seconds, which no schedule can follow");
    } else {
        err_set(err, ERR_CONFIG, "is no zone file of version 2 or later (RFC 8536)");
    }
    tz_free(tz);
    return NULL;
}

struct tz *tz_load(const char *name, struct err *err)
{
    char path[sizeof(TZ_DIRECTORY) + TZ_NAME_MAX + 2];
    CLEANUP(mem_free_string) char *data = NULL;
    FILE *file;
    size_t size;
    struct tz *tz;

    if (!tz_is_name(name)) {
        err_set(err, ERR_CONFIG, "%.80s is not the name of a time zone", name);
        return NULL;
    }
    snprintf(path, sizeof(path), TZ_DIRECTORY "/%s", name);
    file = fopen(path, "re");
    if (file == NULL) {
        err_set(err, ERR_CONFIG, "time zone %s: %s: %s; it comes with the package tzdata", name,
                path, strerror(errno));
        return NULL;
    }
    data = mem_new(FILE_MAX);
    size = fread(data, 1, FILE_MAX, file);
    fclose(file);
    tz = tz_parse(data, size, err);
    if (tz == NULL)
        err_wrap(err, "time zone %s: %s", name, path);
    return tz;
}

void tz_free(struct tz *tz)
{
    if (tz == NULL)
        return;
    free(tz->changes);
    free(tz);
}

void tz_destroy(struct tz **tz)
{
    tz_free(*tz);
}

/* How many changes are not after that time. */
static size_t count_changes(const struct tz *tz, int64_t at_s)
{
    size_t low = 0, high = tz->n_changes;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tz->changes[middle].at_s <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct tz_span tz_span(const struct tz *tz, int64_t at_s)
{
    size_t n = count_changes(tz, at_s);
    struct tz_span span = {
        .from_s = n > 0 ? tz->changes[n - 1].at_s : INT64_MIN,
        .to_s = n < tz->n_changes ? tz->changes[n].at_s : INT64_MAX,
        .offset_s = n > 0 ? tz->changes[n - 1].offset_s : tz->first_offset_s,
    };

    if (tz->has_rule && at_s >= tz->rule_from_s) {
        int64_t from_s;

        span.offset_s = tz_rule_at(&tz->rule, at_s, &from_s, &span.to_s);
        if (from_s > span.from_s)
            span.from_s = from_s;
    } else if (tz->has_rule && span.to_s > tz->rule_from_s) {
        span.to_s = tz->rule_from_s;
    }
    return span;
}

int64_t tz_local(const struct tz *tz, int64_t at_s)
{
    return at_s + tz_span(tz, at_s).offset_s;
}
