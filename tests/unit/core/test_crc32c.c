#include "core/crc32c.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

TestSuite(crc32c, .timeout = 10);

Test(crc32c, gives_the_values_of_rfc_3720)
{
    unsigned char bytes[32] = {0};

    cr_expect(eq(u32, crc32c(0, "123456789", 9), 0xe3069283));
    cr_expect(eq(u32, crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa));
    memset(bytes, 0xff, sizeof(bytes));
    cr_expect(eq(u32, crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43));
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    cr_expect(eq(u32, crc32c(0, bytes, sizeof(bytes)), 0x46dd794e));
}

Test(crc32c, is_the_same_in_pieces)
{
    const char *text = "the quick brown fox";

    for (size_t cut = 0; cut <= strlen(text); cut++)
        cr_expect(eq(u32, crc32c(crc32c(0, text, cut), text + cut, strlen(text) - cut),
                     crc32c(0, text, strlen(text))));
}

Test(crc32c, of_nothing_is_nothing)
{
    cr_expect(eq(u32, crc32c(0, NULL, 0), 0));
}
