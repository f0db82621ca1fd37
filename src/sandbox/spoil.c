#include "sandbox/spoil.h"

#include "sandbox/fault.h"
#include "sandbox/sandbox_private.h"

/* What a proxy in front of the API says when that does not answer. */
static const struct {
    int http;
    const char *says;
} proxies[] = {
    {502, "502 Bad Gateway"},
    {503, "503 Service Temporarily Unavailable"},
    {504, "504 Gateway Time-out"},
};

static void put_http_error(int http, struct reply *reply)
{
    reply->http = http;
    reply->content_type = "text/plain";
    buf_clear(&reply->body);
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        if (proxies[i].http != http)
            continue;
        reply->content_type = "text/html";
        buf_printf(&reply->body,
                   "<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s"
                   "</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n",
                   proxies[i].says, proxies[i].says);
        return;
    }
    buf_append_string(&reply->body, "Internal Server Error");
}

static void put_nothing(enum reply_way way, struct reply *reply)
{
    reply->http = 0;
    reply->way = way;
    buf_clear(&reply->body);
}

void spoil(const struct fault *fault, struct reply *reply)
{
    if (fault == NULL)
        return;
    switch (fault->way) {
    case FAULT_HTTP:
        put_http_error(fault->code, reply);
        break;
    case FAULT_DROP:
    case FAULT_HANG:
        put_nothing(REPLY_NONE, reply);
        break;
    case FAULT_RESET:
        put_nothing(REPLY_RESET, reply);
        break;
    case FAULT_TRUNCATE:
        reply->way = REPLY_CUT;
        break;
    case FAULT_GZIP_CUT:
        reply->way = REPLY_PACKED_CUT;
        break;
    case FAULT_DRIP:
        reply->way = REPLY_DRIP;
        break;
    case FAULT_GARBAGE:
        buf_clear(&reply->body);
        buf_append_string(&reply->body,
                          "{\"version\":\"0.1\",\"status_code\":20000,\"tasks\":[{]]");
        break;
    case FAULT_CODE:
    case FAULT_TASKS_NULL:
    case FAULT_RESULT_NULL:
    case FAULT_SLOW:
    case FAULT_EXPONENT: /* the answer was written so, or comes late */
        break;
    }
}
