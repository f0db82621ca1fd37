/* CRC-32C (Castagnoli), which finds torn and flipped bytes in our files. Not against forgery. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` covers and the `size` bytes that follow it; `crc` is 0 at first. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
