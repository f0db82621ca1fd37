/* Every file of the fuzz targets' corpora, as an ordinary test. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit/decode/decoded.h"
#include "unit/decode/invariants.h"

TestSuite(corpus, .timeout = 100);

#define CORPUS SOURCE_DIR "/tests/fuzz/corpus/"
#define FILE_SIZE_MAX ((size_t)1 << 20)

static char *read_file(const char *folder, const char *name, size_t *ret_size)
{
    CLEANUP(mem_free_string) char *path = mem_printf("%s%s/%s", CORPUS, folder, name);
    FILE *file = fopen(path, "rb");
    char *data = mem_new(FILE_SIZE_MAX);

    cr_assert(file != NULL, "%s", path);
    *ret_size = fread(data, 1, FILE_SIZE_MAX, file);
    fclose(file);
    return data;
}

static void check_body(const char *name, const char *body, size_t size)
{
    static const size_t pieces[] = {0, 1, 5};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct memory memory = {.data = body, .size = size, .piece = pieces[i]};
        struct decoded decoded = decode_memory(&memory);
        const char *complaint = decoded_complaint(&decoded);

        cr_expect(complaint == NULL, "%s: %s", name, complaint);
        decoded_deinit(&decoded);
    }
}

static void check_folder(const char *folder, bool is_items)
{
    CLEANUP(mem_free_string) char *path = mem_printf("%s%s", CORPUS, folder);
    DIR *directory = opendir(path);
    unsigned n_files = 0;

    cr_assert(directory != NULL, "%s", path);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t size;
        char *data;

        if (entry->d_name[0] == '.')
            continue;
        data = read_file(folder, entry->d_name, &size);
        if (is_items) {
            char *body;

            data[size < FILE_SIZE_MAX ? size : size - 1] = '\0';
            body = body_of(data);
            check_body(entry->d_name, body, strlen(body));
            free(body);
        } else {
            check_body(entry->d_name, data, size);
        }
        free(data);
        n_files++;
    }
    closedir(directory);
    cr_expect(gt(uint, n_files, 5));
}

Test(corpus, of_bodies_holds)
{
    check_folder("decode_envelope", false);
}

Test(corpus, of_items_holds)
{
    check_folder("decode_items", true);
}
