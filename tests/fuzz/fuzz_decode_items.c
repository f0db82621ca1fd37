/* Any bytes as what stands between the brackets of an answer's items, through the decoder. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit/decode/decoded.h"
#include "unit/decode/invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char before[] = "{\"tasks\":[{\"result\":[{\"items\":[", behind[] = "]}]}]}";
    size_t body_size = size + strlen(before) + strlen(behind);
    char *body = mem_resize(NULL, body_size, 1);
    struct decoded decoded;
    const char *complaint;

    memcpy(body, before, strlen(before));
    if (size > 0)
        memcpy(body + strlen(before), data, size);
    memcpy(body + strlen(before) + size, behind, strlen(behind));
    decoded = decode(body, body_size);
    complaint = decoded_complaint(&decoded);
    if (complaint != NULL) {
        fprintf(stderr, "%s\n", complaint);
        abort();
    }
    decoded_deinit(&decoded);
    free(body);
    return 0;
}
