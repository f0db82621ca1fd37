/* The sandbox over a socket: connections, compression, calls side by side. */
#include "unit/sandbox/client.h"

#include <pthread.h>
#include <unistd.h>
#include <zlib.h>

TestSuite(http, .timeout = 60);

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
