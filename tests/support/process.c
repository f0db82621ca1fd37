#define _XOPEN_SOURCE 700 /* putenv */
#include "support/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"

static int nameless_file(void)
{
    char path[] = "/tmp/linkhaul-test.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0)
        cr_assert_fail("no file for the output of a program: %s", strerror(errno));
    unlink(path);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* In the child: nothing here may allocate or return. */
static void become(const struct process *process, const char *const argv[], pid_t test)
{
    int null_fd = open("/dev/null", O_RDONLY);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != test) /* it ended before the line above */
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null_fd, STDIN_FILENO);
    dup2(process->out_fd, STDOUT_FILENO);
    dup2(process->err_fd, STDERR_FILENO);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "%s cannot be started: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void process_start(struct process *process, const char *const argv[],
                   const char *const environment[])
{
    pid_t test = getpid();

    *process = (struct process){.out_fd = nameless_file(), .err_fd = nameless_file()};
    process->name = argv[0];
    if (access(argv[0], X_OK) != 0)
        cr_assert_fail("%s is not there; tests/run builds it", argv[0]);
    process->pid = fork();
    if (process->pid < 0)
        cr_assert_fail("cannot fork: %s", strerror(errno));
    if (process->pid == 0) {
        for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
            putenv((char *)(uintptr_t)environment[i]);
        become(process, argv, test);
    }
}

static void watch_memory(struct process *process)
{
    char path[64], line[256];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)process->pid);
    file = fopen(path, "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        int64_t kib;

        if (sscanf(line, "RssAnon: %" SCNd64 " kB", &kib) != 1)
            continue;
        if (kib > process->anon_peak_kib)
            process->anon_peak_kib = kib;
        break;
    }
    fclose(file);
}

static bool has_ended(void *data)
{
    struct process *process = data;
    int status;

    if (process->pid == 0)
        return true;
    watch_memory(process);
    if (waitpid(process->pid, &status, WNOHANG) != process->pid)
        return false;
    process->pid = 0;
    process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool process_is_running(struct process *process)
{
    return !has_ended(process);
}

static void fail_late(struct process *process, const char *what)
{
    CLEANUP(mem_free_string) char *out = process_out(process);
    CLEANUP(mem_free_string) char *err = process_err(process);

    process_kill(process);
    cr_assert_fail("%s: %s. It wrote:\n%s\n%s", process->name, what, out, err);
}

int process_wait(struct process *process, int64_t timeout_ms)
{
    if (!wait_until(has_ended, process, timeout_ms))
        fail_late(process, "has not ended in time");
    return process->exit_code;
}

void process_signal(struct process *process, int signal)
{
    if (process->pid != 0)
        kill(process->pid, signal);
}

void process_kill(struct process *process)
{
    int status;

    if (process->pid == 0)
        return;
    kill(process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    process->pid = 0;
    process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *read_all(int fd)
{
    struct stat stat;
    size_t size, used = 0;
    char *text;

    if (fstat(fd, &stat) != 0)
        cr_assert_fail("the output of a program is gone: %s", strerror(errno));
    size = (size_t)stat.st_size;
    text = mem_new(size + 1);
    while (used < size) {
        ssize_t n = pread(fd, text + used, size - used, (off_t)used);

        if (n <= 0)
            break;
        used += (size_t)n;
    }
    return text;
}

char *process_out(const struct process *process)
{
    return read_all(process->out_fd);
}

char *process_err(const struct process *process)
{
    return read_all(process->err_fd);
}

static bool has_line_or_ended(void *data)
{
    struct process *process = data;
    bool is_over = has_ended(process);
    CLEANUP(mem_free_string) char *out = process_out(process);

    return is_over || strchr(out, '\n') != NULL;
}

char *process_first_line(struct process *process, int64_t timeout_ms)
{
    char *out, *end;

    if (!wait_until(has_line_or_ended, process, timeout_ms))
        fail_late(process, "has written no line in time");
    out = process_out(process);
    end = strchr(out, '\n');
    if (end == NULL)
        fail_late(process, "has ended without a line on its standard output");
    else
        *end = '\0';
    return out;
}

void process_deinit(struct process *process)
{
    if (process->name == NULL)
        return;
    process_kill(process);
    close(process->out_fd);
    close(process->err_fd);
    *process = (struct process){.pid = 0};
}

bool wait_until(bool (*is_so)(void *data), void *data, int64_t timeout_ms)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    int64_t end_ms = clock_mono_ms() + timeout_ms;

    for (;;) {
        if (is_so(data))
            return true;
        if (clock_mono_ms() >= end_ms)
            return false;
        nanosleep(&pause, NULL);
    }
}
