#include "status/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t count_open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t n = 0;

    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n - 1; /* its own */
}

static int64_t read_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    int64_t pages;
    int n_read;

    if (file == NULL)
        return -1;
    n_read = fscanf(file, "%*d %" SCNd64, &pages);
    fclose(file);
    return n_read == 1 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

void process_measure(struct snapshot *snapshot)
{
    struct rlimit limit;

    snapshot->n_open_files = count_open_files();
    snapshot->n_open_files_max = -1;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        snapshot->n_open_files_max = (int64_t)limit.rlim_cur;
    snapshot->resident_bytes = read_resident_bytes();
}
