#include "support/systemd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "support/story.h"

#define PATIENCE_MS 60000

static int fd = -1;
static char message[4096];

void systemd_begin(struct story *story, int64_t watchdog_ms)
{
    CLEANUP(mem_free_string) char *path = story_path(story, "notify");
    CLEANUP(mem_free_string) char *watchdog_us = mem_printf("%lld", (long long)watchdog_ms * 1000);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    cr_assert(strlen(path) < sizeof(address.sun_path));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        cr_assert_fail("no socket for systemd's part: %s", strerror(errno));
    setenv("NOTIFY_SOCKET", path, 1);
    if (watchdog_ms > 0)
        setenv("WATCHDOG_USEC", watchdog_us, 1);
}

void systemd_end(void)
{
    close(fd);
    fd = -1;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
}

static bool receive(int64_t within_ms)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    ssize_t size;

    if (within_ms < 0 || poll(&poller, 1, (int)within_ms) <= 0)
        return false;
    size = recv(fd, message, sizeof(message) - 1, 0);
    message[size > 0 ? size : 0] = '\0';
    return true;
}

bool systemd_has(const char *text)
{
    return strstr(message, text) != NULL;
}

void systemd_expect(const char *text)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

    while (receive(until_ms - clock_mono_ms()))
        if (systemd_has(text))
            return;
    cr_assert_fail("systemd was never told: %s; last: %s", text, message);
}

void systemd_drain(void)
{
    while (receive(0))
        continue;
}
