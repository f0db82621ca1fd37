#include "config/kept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/mem.h"

struct kept_file {
    char *path, *text;
};

struct config_kept {
    struct kept_file *files;
    size_t n;
};

struct config_kept *config_kept_new(void)
{
    return mem_new(sizeof(struct config_kept));
}

static struct kept_file *find(const struct config_kept *kept, const char *path)
{
    for (size_t i = 0; i < kept->n; i++)
        if (strcmp(kept->files[i].path, path) == 0)
            return &kept->files[i];
    return NULL;
}

const char *kept_find(const struct config_kept *kept, const char *path)
{
    const struct kept_file *file = find(kept, path);

    return file != NULL ? file->text : NULL;
}

void kept_put(struct config_kept *kept, const char *path, const char *text)
{
    struct kept_file *file = find(kept, path);

    if (file == NULL) {
        kept->files = mem_resize(kept->files, kept->n + 1, sizeof(*kept->files));
        file = &kept->files[kept->n++];
        *file = (struct kept_file){.path = mem_strdup(path)};
    }
    free(file->text);
    file->text = mem_strdup(text);
}

static void forget(struct config_kept *kept, size_t i)
{
    free(kept->files[i].path);
    free(kept->files[i].text);
    kept->files[i] = kept->files[--kept->n];
}

static bool is_among(const char *path, const char *const paths[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return false;
}

void kept_forget(struct config_kept *kept, const char *const paths[], size_t n)
{
    for (size_t i = kept->n; i-- > 0;)
        if (!is_among(kept->files[i].path, paths, n))
            forget(kept, i);
}

void config_kept_destroy(struct config_kept *kept)
{
    if (kept == NULL)
        return;
    kept_forget(kept, NULL, 0);
    free(kept->files);
    free(kept);
}
