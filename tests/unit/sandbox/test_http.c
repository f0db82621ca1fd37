/* The sandbox over a socket: connections, compression, and faults that only the wire shows. */
#include "unit/sandbox/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

TestSuite(http, .timeout = 60);

/* What came back until the other side closed, or until a whole answer was there. */
struct answer {
    struct buf raw;
    int status; /* 0: none came */
    const char *body;
    size_t body_size, promised_size;
};

static int connect_to_sandbox(void)
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

static void send_request(int fd, const char *headers, const char *body)
{
    char *text = mem_printf("POST " LIVE " HTTP/1.1\r\nHost: x\r\nAuthorization: " AUTHORIZATION
                            "\r\n%sContent-Length: %zu\r\n\r\n%s",
                            headers, strlen(body), body);

    cr_assert(eq(sz, (size_t)send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text)));
    free(text);
}

static void find_parts(struct answer *answer)
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

static struct answer receive(int fd)
{
    struct answer answer = {.raw = BUF_WITH_CEILING(1 << 26)};
    char piece[16384];
    ssize_t size;

    while (answer.status == 0 || answer.body_size < answer.promised_size) {
        size = recv(fd, piece, sizeof(piece), 0);
        if (size <= 0)
            break;
        buf_append(&answer.raw, piece, (size_t)size);
        find_parts(&answer);
    }
    return answer;
}

static struct answer post(const char *headers, const char *body)
{
    int fd = connect_to_sandbox();
    struct answer answer;

    send_request(fd, headers, body);
    answer = receive(fd);
    close(fd);
    return answer;
}

Test(http, answers_plain_and_packed_with_the_same_text)
{
    static const char body[] = "[{\"target\":\"a.com\",\"limit\":1000}]";
    struct answer plain, packed;
    static char unpacked[1 << 23];
    z_stream stream = {0};
    const char *items, *unpacked_items;

    START("--items", "a.com=1000");
    plain = post("", body);
    packed = post("Accept-Encoding: gzip\r\n", body);
    cr_expect(strstr(buf_text(&plain.raw), "Content-Encoding") == NULL);
    cr_expect(strstr(buf_text(&packed.raw), "Content-Encoding: gzip") != NULL);
    cr_expect(lt(sz, packed.body_size * 3, plain.body_size));
    stream.next_in = (unsigned char *)packed.body;
    stream.avail_in = (unsigned)packed.body_size;
    stream.next_out = (unsigned char *)unpacked;
    stream.avail_out = sizeof(unpacked) - 1;
    cr_assert(eq(int, inflateInit2(&stream, 15 + 16), Z_OK));
    cr_expect(eq(int, inflate(&stream, Z_FINISH), Z_STREAM_END));
    inflateEnd(&stream);
    items = strstr(plain.body, "\"result\"");
    unpacked_items = strstr(unpacked, "\"result\"");
    cr_assert(items != NULL && unpacked_items != NULL);
    cr_expect_str_eq(items, unpacked_items);
    buf_deinit(&plain.raw);
    buf_deinit(&packed.raw);
    stop();
}

Test(http, serves_several_requests_on_one_connection)
{
    int fd;

    START("--items", "a.com=10");
    fd = connect_to_sandbox();
    for (int i = 0; i < 5; i++) {
        struct answer answer;

        send_request(fd, "", "[{\"target\":\"a.com\"}]");
        answer = receive(fd);
        cr_expect(eq(int, answer.status, 200));
        buf_deinit(&answer.raw);
    }
    close(fd);
    cr_expect(eq(u64, sandbox->n_paid_calls, 5));
    stop();
}

Test(http, refuses_a_body_above_its_ceiling)
{
    char *body = mem_new((2 << 20) + 1);
    struct answer answer;

    START("--seed", "1");
    memset(body, ' ', 2 << 20);
    answer = post("", body);
    cr_expect(eq(int, answer.status, 200));
    cr_expect(strstr(answer.body, "\"status_code\":40503") != NULL);
    buf_deinit(&answer.raw);
    free(body);
    stop();
}

Test(http, drops_cuts_and_garbles_as_it_was_told)
{
    static const struct {
        const char *kind;
        int status;
        bool is_billed, is_whole, is_json;
    } cases[] = {
        {"drop_before=@1", 0, false, false, false}, {"drop_after=@1", 0, true, false, false},
        {"truncate=@1", 200, true, false, false},   {"garbage=@1", 200, true, true, false},
        {"http500=@1", 500, false, true, false},    {"http503html=@1", 503, false, true, false},
        {"50000=@1", 200, false, true, true},       {"50401=@1", 200, false, true, true},
        {"40202=@1", 200, false, true, true},       {"40209=@1", 200, false, true, true},
        {"40501=@1", 200, false, true, true},       {"http500=@2", 200, true, true, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer answer;
        struct json_object *json;

        START("--items", "a.com=10", "--fault", cases[i].kind);
        answer = post("", "[{\"target\":\"a.com\"}]");
        cr_expect(eq(int, answer.status, cases[i].status), "%s", cases[i].kind);
        cr_expect(eq(int, answer.status != 0 && answer.body_size == answer.promised_size,
                     cases[i].is_whole),
                  "%s", cases[i].kind);
        json = answer.body == NULL ? NULL : json_tokener_parse(answer.body);
        cr_expect(eq(int, json != NULL, cases[i].is_json), "%s", cases[i].kind);
        json_object_put(json);
        cr_expect(eq(i64, sandbox->spent_nanousd, cases[i].is_billed ? 24360000 : 0), "%s",
                  cases[i].kind);
        cr_expect(eq(sz, sandbox->in_flight, 0));
        buf_deinit(&answer.raw);
        stop();
    }
}

/* Calls that begin together on connections of their own; each says how it ended. */
struct caller {
    pthread_t thread;
    int fd;
    int code;
};

static void *call(void *data)
{
    struct caller *caller = data;
    struct answer answer = receive(caller->fd);
    const char *code = answer.body == NULL ? NULL : strstr(answer.body, "\"id\":");

    code = code == NULL ? NULL : strstr(code, "\"status_code\":");
    caller->code = code == NULL ? 0 : (int)strtol(code + 14, NULL, 10);
    buf_deinit(&answer.raw);
    close(caller->fd);
    return NULL;
}

static struct caller callers[64];

static void call_together(size_t n_callers)
{
    for (size_t i = 0; i < n_callers; i++) {
        callers[i].fd = connect_to_sandbox();
        send_request(callers[i].fd, "", "[{\"target\":\"a.com\",\"limit\":1}]");
    }
    for (size_t i = 0; i < n_callers; i++)
        cr_assert(eq(int, pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0));
    for (size_t i = 0; i < n_callers; i++)
        pthread_join(callers[i].thread, NULL);
}

static int count_codes(int code)
{
    int n = 0;

    for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++)
        n += callers[i].code == code;
    return n;
}

Test(http, refuses_the_call_that_is_one_too_many_at_the_same_time)
{
    START("--items", "a.com=10", "--in-flight", "7", "--latency", "3000");
    call_together(50);
    cr_expect(eq(int, count_codes(20000), 7));
    cr_expect(eq(int, count_codes(40209), 43));
    cr_expect(eq(sz, sandbox->in_flight, 0));
    stop();
}

Test(http, holds_fifty_calls_side_by_side)
{
    int64_t begin;

    START("--items", "a.com=10", "--in-flight", "50", "--latency", "300-400");
    begin = clock_mono_ms();
    call_together(50);
    cr_expect(eq(int, count_codes(20000), 50));
    cr_expect(lt(i64, clock_mono_ms() - begin, 5000)); /* one behind the other: 15,000 and more */
    stop();
}

/* A call that waits for its latency does not hold up the end of the program. */
Test(http, ends_without_waiting_for_the_calls_in_flight)
{
    int fd;
    int64_t begin = clock_mono_ms();
    struct answer answer;

    START("--items", "a.com=10", "--latency", "30000");
    fd = connect_to_sandbox();
    send_request(fd, "", "[{\"target\":\"a.com\"}]");
    while (true) {
        size_t n;

        pthread_mutex_lock(&sandbox->lock);
        n = sandbox->in_flight;
        pthread_mutex_unlock(&sandbox->lock);
        if (n > 0)
            break;
    }
    stop();
    answer = receive(fd);
    cr_expect(lt(i64, clock_mono_ms() - begin, 10000));
    buf_deinit(&answer.raw);
    close(fd);
}
