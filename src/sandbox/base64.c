#include "sandbox/base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_encode(struct buf *buf, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        unsigned three = (unsigned)at[i] << 16 | (n > 1 ? (unsigned)at[i + 1] << 8 : 0) |
                         (n > 2 ? (unsigned)at[i + 2] : 0);
        char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                        n > 1 ? letters[three >> 6 & 63] : '=', n > 2 ? letters[three & 63] : '='};

        if (!buf_append(buf, four, sizeof(four)))
            return false;
    }
    return true;
}

bool base64_decode(struct buf *buf, const char *text, size_t size)
{
    size_t n_padding = size > 0 && text[size - 1] == '=';

    if (size % 4 != 0)
        return false;
    if (n_padding == 1 && text[size - 2] == '=')
        n_padding = 2;
    for (size_t i = 0; i < size; i += 4) {
        size_t n = i + 4 == size ? 3 - n_padding : 3;
        uint32_t three = 0;
        char bytes[3];

        for (size_t j = 0; j < 4; j++) {
            const char *letter =
                j <= n && text[i + j] != '\0' ? strchr(letters, text[i + j]) : NULL;

            if (j <= n && letter == NULL)
                return false;
            three = three << 6 | (letter == NULL ? 0 : (uint32_t)(letter - letters));
        }
        for (size_t j = 0; j < 3; j++)
            bytes[j] = (char)(three >> (16 - 8 * j) & 0xff);
        if (!buf_append(buf, bytes, n))
            return false;
    }
    return true;
}
