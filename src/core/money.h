/*
 * Money: US dollars as integer nano-dollars ($0.000036, the price of an item, is 36,000 of them).
 * An int64 holds nine billion dollars. No floating point touches money.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NANOUSD_PER_USD INT64_C(1000000000)

/*
 * Reads a decimal number of dollars as JSON and YAML write it ("0.02015", "3.6e-05", "5"). False
 * where it is none, is negative, or is out of range. Digits below a nano-dollar round up, so that a
 * charge is never booked for less than it was.
 */
bool money_parse(const char *text, size_t length, int64_t *ret_nanousd);

#define MONEY_TEXT_MAX 32

/* "$0.02015": at least two decimals, as many as needed. Returns `text`. */
const char *money_format(int64_t nanousd, char text[MONEY_TEXT_MAX]);

/* "$0.02": rounded to cents, for a glance; "<$0.01" where there is less of it. Returns `text`. */
const char *money_format_cents(int64_t nanousd, char text[MONEY_TEXT_MAX]);

/* The same without the sign, for other programs: "0.02015". */
const char *money_format_plain(int64_t nanousd, char text[MONEY_TEXT_MAX]);
