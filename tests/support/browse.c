#include "support/browse.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

#define ANSWER_MAX (16 * 1024 * 1024)
#define PATIENCE_S 60

static const char *authority(const char *url)
{
    cr_assert(eq(int, strncmp(url, "http://127.0.0.1:", 17), 0), "%s", url);
    return url + strlen("http://");
}

int browse_connect(const char *url)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr = {htonl(INADDR_LOOPBACK)},
        .sin_port = htons((uint16_t)strtoul(strchr(authority(url), ':') + 1, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(ge(int, fd, 0));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static struct browsed cut(char *text)
{
    struct browsed browsed = {.headers = text};
    char *end = strstr(text, "\r\n\r\n");

    if (end == NULL) {
        browsed.body = mem_strdup("");
        return browsed;
    }
    browsed.body = mem_strdup(end + 4);
    end[2] = '\0';
    sscanf(text, "HTTP/1.%*d %d", &browsed.status);
    return browsed;
}

struct browsed browse_say(const char *url, const char *request)
{
    struct buf text = BUF_WITH_CEILING(ANSWER_MAX);
    int fd = browse_connect(url);
    char piece[4096];
    ssize_t n;

    buf_append_string(&text, "");
    if (fd < 0)
        return (struct browsed){.headers = mem_strdup(""), .body = mem_strdup("")};
    for (size_t at = 0, size = strlen(request); at < size; at += (size_t)n) {
        n = send(fd, request + at, size - at, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* refused in the middle: the answer says so */
    }
    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
        cr_assert(buf_append(&text, piece, (size_t)n));
    close(fd);
    return cut(buf_take(&text));
}

struct browsed browse_get(const char *url, const char *path)
{
    CLEANUP(mem_free_string)
    char *request = mem_printf("GET %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n", path,
                               (int)strcspn(authority(url), "/"), authority(url));

    return browse_say(url, request);
}

void browsed_deinit(struct browsed *browsed)
{
    free(browsed->headers);
    free(browsed->body);
    *browsed = (struct browsed){.status = 0};
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

double browse_metric(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; *line != '\0'; line = next_line(line))
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return strtod(line + length + 1, NULL);
    cr_fatal("%s is not in\n%s", name, text);
}

double browse_sum(const char *text, const char *name, const char *label)
{
    size_t length = strlen(name);
    double sum = 0;

    for (const char *line = text; *line != '\0'; line = next_line(line)) {
        const char *end = line + strcspn(line, "\n"), *space = end, *found;

        if (strncmp(line, name, length) != 0 || (line[length] != '{' && line[length] != ' '))
            continue;
        while (space[-1] != ' ')
            space--;
        found = strstr(line, label);
        if (found != NULL && found < end)
            sum += strtod(space, NULL);
    }
    return sum;
}
