/* Numbers with a unit, as people write them: "1.5 GiB", "30d", "0.1 %". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit {
    const char *name;
    int64_t factor; /* of what is counted: bytes, seconds, millionths */
};

/* Ends with a name of NULL; in the order in which quantity_format() tries them. */
extern const struct unit size_units[];     /* to bytes */
extern const struct unit duration_units[]; /* to seconds */
extern const struct unit day_units[];      /* to days */
extern const struct unit percent_units[];  /* to parts per million */

/*
 * Reads a decimal number and its unit, a space between them or none. A number without a unit is
 * right where it is 0 or the table has a unit without a name. False for anything else, and where
 * the value is out of range or does not come out whole.
 */
bool quantity_parse(const char *text, const struct unit *units, int64_t *ret_value);

#define QUANTITY_TEXT_MAX 32

/* The same in the first unit that gives a short number: "1GiB". Returns `text`. */
const char *quantity_format(int64_t value, const struct unit *units, char text[QUANTITY_TEXT_MAX]);
