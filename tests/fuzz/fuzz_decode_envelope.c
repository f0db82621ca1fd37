/* Any bytes as a body, plain or gzip, through both passes of the decoder. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/decode/decoded.h"
#include "unit/decode/invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes again in small pieces: whatever comes of them must not depend on that. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory memory = {.data = (const char *)data, .size = size, .piece = 1 + size % 11};
    struct decoded decoded = decode((const char *)data, size);
    struct decoded again = decode_memory(&memory);
    const char *complaint = decoded_complaint(&decoded);

    if (complaint == NULL &&
        (again.is_fine != decoded.is_fine || again.rows_bytes.size != decoded.rows_bytes.size ||
         again.rejects_bytes.size != decoded.rejects_bytes.size))
        complaint = "in small pieces something else comes of it";
    if (complaint != NULL) {
        fprintf(stderr, "%s\n", complaint);
        abort();
    }
    decoded_deinit(&decoded);
    decoded_deinit(&again);
    return 0;
}
