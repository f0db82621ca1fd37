/* Whether the disk has room for answers, before a call is paid for. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fixture.h"

TestSuite(room, .timeout = 20);

#define MIB (UINT64_C(1) << 20)

static struct err err;

static bool judge(const struct statvfs *disk, uint64_t free_min, uint64_t *ret_free)
{
    err = (struct err){.kind = ERR_NONE};
    return disk_has_room("/var/lib/linkhaul", disk, free_min, ret_free, &err);
}

Test(room, is_what_is_free_to_those_who_are_not_root)
{
    struct statvfs disk = {
        .f_bsize = 65536, .f_frsize = 4096, .f_bfree = 1000000, .f_bavail = 1024};
    uint64_t is_free = 0;

    cr_expect(judge(&disk, 4 * MIB, &is_free));
    cr_expect(eq(u64, is_free, 4 * MIB));
    cr_expect(not(judge(&disk, 4 * MIB + 1, &is_free)));
    cr_expect(eq(u64, is_free, 4 * MIB));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_str_eq(err.text,
                     "/var/lib/linkhaul has 4.0 MiB free, and `spool_free_min` is 4.0 MiB: free "
                     "some space, or let `spool` name another disk");
}

Test(room, is_never_missed_where_none_is_wanted)
{
    struct statvfs disk = {.f_frsize = 4096};
    uint64_t is_free = 1;

    cr_expect(judge(&disk, 0, &is_free));
    cr_expect(eq(u64, is_free, 0));
}

Test(room, is_none_on_a_disk_that_cannot_be_written)
{
    struct statvfs disk = {.f_frsize = 4096, .f_bavail = 1024, .f_flag = ST_RDONLY};
    uint64_t is_free = 0;

    cr_expect(not(judge(&disk, 0, &is_free)));
    cr_expect(eq(u64, is_free, 4 * MIB));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_not_null(strstr(err.text, "/var/lib/linkhaul cannot be written: read-only"), "%s",
                       err.text);
}

Test(room, of_a_disk_beyond_all_numbers_is_enough)
{
    struct statvfs disk = {.f_frsize = 1 << 20, .f_bavail = UINT64_C(1) << 60};
    uint64_t is_free = 0;

    cr_expect(judge(&disk, UINT64_C(1) << 60, &is_free));
    cr_expect(eq(u64, is_free, UINT64_MAX));
}

Test(room, is_asked_of_the_kernel)
{
    uint64_t is_free = 0;

    fixture_start();
    cr_expect(spool_has_room(f.dir, 1, &is_free, &err), "%s", err.text);
    cr_expect(gt(u64, is_free, 1));
    cr_expect(not(spool_has_room(f.dir, UINT64_MAX, &is_free, &err)));
    cr_expect(not(spool_has_room("/nonexistent/spool", 1, &is_free, &err)));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_not_null(strstr(err.text, "/nonexistent/spool cannot be looked at"), "%s", err.text);
    fixture_finish();
}
