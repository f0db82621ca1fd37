/* Every file of the fuzz target's corpus through the fuzz target, as an ordinary test. */
#define _DEFAULT_SOURCE
#include "fuzz/fuzz_config.c"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>

#include "config/file.h"

TestSuite(corpus, .timeout = 60);

Test(corpus, does_what_the_fuzz_target_wants)
{
    glob_t files;

    cr_assert(eq(int, glob(SOURCE_DIR "/tests/fuzz/corpus/config/*", 0, NULL, &files), 0));
    cr_assert(ge(sz, files.gl_pathc, 9));
    for (size_t i = 0; i < files.gl_pathc; i++) {
        CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
        bool is_world_readable;
        struct err err;

        cr_assert(file_read(files.gl_pathv[i], &text, &is_world_readable, &err), "%s",
                  files.gl_pathv[i]);
        LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&text), text.size);
    }
    globfree(&files);
}

/* The seeds that are right are taken, or the round trip in the target tests nothing. */
Test(corpus, has_seeds_that_are_right)
{
    static const char *const names[] = {"job-nightly.yaml", "job-sample.yaml",
                                        "request-whole.yaml"};

    setenv("LH_FUZZ", "x: y # z", 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CLEANUP(buf_deinit) struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
        CLEANUP(config_free) struct config *config = NULL;
        bool is_world_readable, is_loaded;
        char path[512];
        struct err err;

        snprintf(path, sizeof(path), SOURCE_DIR "/tests/fuzz/corpus/config/%s", names[i]);
        cr_assert(file_read(path, &text, &is_world_readable, &err), "%s", path);
        is_loaded = config_load_text(good_main, strlen(good_main), buf_text(&text), text.size,
                                     &config, &err);
        config_print_complaints(config, stderr);
        cr_expect(is_loaded, "%s", path);
        cr_expect(eq(sz, config->n_jobs, 1));
    }
}
