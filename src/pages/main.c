/* linkhaul-pages DIRECTORY: writes the manual and the completion there. */
#include <stdio.h>

#include "core/mem.h"
#include "pages/pages.h"

#define PAGE_MAX ((size_t)4 << 20)

static bool write_page(const char *directory, const char *name, void (*make)(struct buf *out))
{
    CLEANUP(buf_deinit) struct buf page = BUF_WITH_CEILING(PAGE_MAX);
    CLEANUP(mem_free_string) char *path = mem_printf("%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    bool is_written;

    if (file == NULL) {
        perror(path);
        return false;
    }
    make(&page);
    is_written = fputs(buf_text(&page), file) >= 0;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written)
        perror(path);
    return is_written;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: linkhaul-pages DIRECTORY\n", stderr);
        return 64;
    }
    return write_page(argv[1], "linkhaul.1", pages_program) &&
                   write_page(argv[1], "linkhaul.yaml.5", pages_main_file) &&
                   write_page(argv[1], "linkhaul-job.5", pages_job) &&
                   write_page(argv[1], "linkhaul.bash", pages_completion)
               ? 0
               : 1;
}
