#include "core/uuid.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "core/clock.h"

TestSuite(uuid, .timeout = 10);

static int64_t milliseconds_of(const struct uuid *uuid)
{
    int64_t value = 0;

    for (int i = 0; i < 6; i++)
        value = value << 8 | uuid->bytes[i];
    return value;
}

Test(uuid, is_of_version_7_and_tells_its_time)
{
    int64_t before_ms = clock_wall_ms();
    struct uuid uuid = uuid_new();
    int64_t after_ms = clock_wall_ms();
    char text[UUID_TEXT_MAX];

    uuid_format(&uuid, text);
    cr_expect(eq(sz, strlen(text), 36));
    cr_expect(eq(chr, text[14], '7'), "%s", text);
    cr_expect(ne(ptr, strchr("89ab", text[19]), NULL), "%s", text);
    cr_expect(le(i64, before_ms, milliseconds_of(&uuid)));
    cr_expect(ge(i64, after_ms, milliseconds_of(&uuid)));
}

Test(uuid, is_another_each_time)
{
    enum { N = 2000 };
    static struct uuid uuids[N];

    for (int i = 0; i < N; i++) {
        uuids[i] = uuid_new();
        for (int j = 0; j < i; j++)
            cr_assert(not(uuid_is_equal(&uuids[i], &uuids[j])));
    }
}

Test(uuid, reads_what_it_writes)
{
    struct uuid uuid = uuid_new(), again;
    char text[UUID_TEXT_MAX];

    cr_assert(uuid_parse(uuid_format(&uuid, text), &again));
    cr_expect(uuid_is_equal(&uuid, &again));
    cr_assert(uuid_parse("00112233-4455-6677-8899-AaBbCcDdEeFf", &again));
    cr_expect_str_eq(uuid_format(&again, text), "00112233-4455-6677-8899-aabbccddeeff");
}

Test(uuid, refuses_every_other_form)
{
    static const char *const texts[] = {
        "",
        "0",
        "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "00112233-4455-6677-8899-aabbccddeeff ",
        "00112233-4455-6677-8899-aabbccddeefg",
        "0011223-34455-6677-8899-aabbccddeeff",
        "{00112233-4455-6677-8899-aabbccddeeff}",
    };
    struct uuid uuid = uuid_new(), before = uuid;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect(not(uuid_parse(texts[i], &uuid)), "%s", texts[i]);
        cr_expect(uuid_is_equal(&uuid, &before), "%s", texts[i]);
    }
}

/* Cut anywhere, it is refused without a look behind the end (the sanitizer would tell). */
Test(uuid, refuses_a_text_that_is_cut)
{
    static const char whole[] = "00112233-4455-6677-8899-aabbccddeeff";
    struct uuid uuid;

    for (size_t length = 0; length < 36; length++) {
        char text[37];

        memcpy(text, whole, length);
        text[length] = '\0';
        cr_expect(not(uuid_parse(text, &uuid)), "%s", text);
    }
}
