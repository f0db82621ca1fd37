/* What holds for every body that was decoded without an error, whatever stood in it. */
#pragma once

struct decoded;

/*
 * NULL, or what does not hold: every item is a row or a reject, texts are what PostgreSQL stores,
 * arrays and jsonb are well-formed, ordinals rise. A body that was refused has to say why.
 */
const char *decoded_complaint(const struct decoded *decoded);
