#include "support/server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "support/process.h"

#define PATIENCE_MS 120000
#define SCRIPT SOURCE_DIR "/deploy/private-postgres"
#define DATABASE "story"

/* Runs a program to its end and gives what it wrote. */
static char *run(const char *const argv[])
{
    struct process process;
    char *out;

    process_start(&process, argv, NULL);
    if (process_wait(&process, PATIENCE_MS) != 0) {
        CLEANUP(mem_free_string) char *err = process_err(&process);

        cr_assert_fail("%s: %s", argv[0], err);
    }
    out = process_out(&process);
    process_deinit(&process);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static char *start(const struct server *server)
{
    return run(
        (const char *const[]){SCRIPT, "start", server->folder, DATABASE, "-c fsync=off", NULL});
}

/* The first line of a file, or NULL where there is none. */
static char *first_line(const char *path)
{
    char line[4096] = "";
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return NULL;
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return mem_strdup(line);
}

void server_begin(struct server *server, const char *name)
{
    CLEANUP(mem_free_string) char *path = NULL;

    *server = (struct server){
        .folder = mem_printf("%s/build/tests/postgres-%s-%ld", SOURCE_DIR, name, (long)getpid()),
    };
    path = mem_printf("%s/data-folder", server->folder);
    server->url = start(server);
    server->data = first_line(path);
    if (server->data == NULL)
        cr_assert_fail("%s: %s", path, strerror(errno));
}

static bool is_dead(void *data)
{
    return access(data, F_OK) != 0;
}

void server_kill(struct server *server)
{
    CLEANUP(mem_free_string) char *path = mem_printf("%s/postmaster.pid", server->data);
    CLEANUP(mem_free_string) char *pid = first_line(path);

    if (pid == NULL || kill((pid_t)strtol(pid, NULL, 10), SIGQUIT) != 0)
        cr_assert_fail("the server cannot be killed: %s: %s", path, strerror(errno));
    if (!wait_until(is_dead, path, PATIENCE_MS))
        cr_assert_fail("the server does not die");
}

void server_restart(struct server *server)
{
    CLEANUP(mem_free_string) char *url = start(server);

    if (strcmp(url, server->url) != 0)
        cr_assert_fail("the server came back as %s, not as %s", url, server->url);
}

/* A folder takes the place of another. */
static void copy(const char *from, const char *to)
{
    free(run((const char *const[]){"/bin/rm", "-rf", "--", to, NULL}));
    free(run((const char *const[]){"/bin/cp", "-a", "--", from, to, NULL}));
}

void server_save(struct server *server)
{
    CLEANUP(mem_free_string) char *saved = mem_printf("%s/saved", server->folder);

    copy(server->data, saved);
}

void server_put_back(struct server *server)
{
    CLEANUP(mem_free_string) char *saved = mem_printf("%s/saved", server->folder);

    copy(saved, server->data);
}

void server_end(struct server *server)
{
    if (server->folder == NULL)
        return;
    free(run((const char *const[]){SCRIPT, "remove", server->folder, NULL}));
    free(server->folder);
    free(server->url);
    free(server->data);
    *server = (struct server){.folder = NULL};
}
