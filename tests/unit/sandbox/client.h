/* A client of the sandbox on a plain socket, which sees how a connection ends. */
#pragma once

#include "unit/sandbox/fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* What came back until the other side closed, or until a whole answer was there. */
struct answer {
    struct buf raw;
    int status; /* 0: none came */
    int error;  /* that ended it: ECONNRESET; 0: the other side closed, or all was there */
    const char *body;
    size_t body_size, promised_size;
};

static inline int connect_to_sandbox(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned port;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(eq(int, sscanf(sandbox_url(sandbox), "http://127.0.0.1:%u", &port), 1));
    address.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    cr_assert(eq(int, connect(fd, (struct sockaddr *)&address, sizeof(address)), 0));
    return fd;
}

static inline void send_request(int fd, const char *headers, const char *body)
{
    char *text = mem_printf("POST " LIVE " HTTP/1.1\r\nHost: x\r\nAuthorization: " AUTHORIZATION
                            "\r\n%sContent-Length: %zu\r\n\r\n%s",
                            headers, strlen(body), body);

    cr_assert(eq(sz, (size_t)send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text)));
    free(text);
}

static inline void find_parts(struct answer *answer)
{
    const char *text = buf_text(&answer->raw);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");

    if (end == NULL || sscanf(text, "HTTP/1.1 %d", &answer->status) != 1)
        return;
    answer->body = end + 4;
    answer->body_size = answer->raw.size - (size_t)(answer->body - text);
    answer->promised_size = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
}

static inline struct answer receive(int fd)
{
    struct answer answer = {.raw = BUF_WITH_CEILING(1 << 26)};
    char piece[16384];
    ssize_t size;

    while (answer.status == 0 || answer.body_size < answer.promised_size) {
        size = recv(fd, piece, sizeof(piece), 0);
        if (size <= 0) {
            answer.error = size < 0 ? errno : 0;
            break;
        }
        buf_append(&answer.raw, piece, (size_t)size);
        find_parts(&answer);
    }
    return answer;
}

static inline struct answer post(const char *headers, const char *body)
{
    int fd = connect_to_sandbox();
    struct answer answer;

    send_request(fd, headers, body);
    answer = receive(fd);
    close(fd);
    return answer;
}
