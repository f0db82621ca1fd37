/*
 * The vendor's sample answer of backlinks/live, byte for byte (docs.dataforseo.com/v3/backlinks/
 * backlinks/live, made in 2023). Built in from tests/data/backlinks/sample.json.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

extern const unsigned char sample_body[];
extern const size_t sample_body_size;

/* What stands in it: its task, its items and its price, which was that of 2023. */
#define SAMPLE_TASK_ID "04301435-1535-0269-0000-f29dcb15157f"
#define SAMPLE_ITEMS 5
#define SAMPLE_COST_NANOUSD INT64_C(20150000)
