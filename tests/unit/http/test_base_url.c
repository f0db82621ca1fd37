#include "http/base_url.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

TestSuite(base_url, .timeout = 10);

static const char *text_of(const char *url)
{
    static struct base_url base;
    static struct err err;

    base_url_deinit(&base);
    return base_url_init(&base, url, &err) ? base.text : NULL;
}

static void expect_refused(const char *url)
{
    struct base_url base;
    struct err err = {.kind = ERR_NONE};

    cr_expect(not(base_url_init(&base, url, &err)), "%s was taken", url);
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect_null(strstr(err.text, "hunter2"), "%s", err.text);
    cr_expect_null(base.text);
}

static bool is_loopback(const char *url)
{
    struct base_url base;
    struct err err = {.kind = ERR_NONE};
    bool result;

    cr_assert(base_url_init(&base, url, &err), "%s", err.text);
    result = base.is_loopback;
    base_url_deinit(&base);
    return result;
}

Test(base_url, loses_its_last_slashes)
{
    cr_expect_str_eq(text_of("https://api.dataforseo.com"), "https://api.dataforseo.com");
    cr_expect_str_eq(text_of("https://api.dataforseo.com/"), "https://api.dataforseo.com");
    cr_expect_str_eq(text_of("https://api.aisa.one/apis/v1//"), "https://api.aisa.one/apis/v1");
    text_of("");
}

Test(base_url, in_the_clear_is_for_loopback_only)
{
    cr_expect(is_loopback("http://127.0.0.1:8080"));
    cr_expect(is_loopback("http://127.8.9.10"));
    cr_expect(is_loopback("http://localhost:1/"));
    cr_expect(is_loopback("http://[::1]:80"));
    cr_expect(is_loopback("https://127.0.0.1"));
    cr_expect(not(is_loopback("https://api.dataforseo.com")));
    cr_expect(not(is_loopback("https://[2001:db8::1]")));
    expect_refused("http://api.dataforseo.com");
    expect_refused("http://192.168.1.5");
    expect_refused("http://127.0.0.1.example.com");
    expect_refused("http://localhost.example.com");
    expect_refused("http://[::2]");
    expect_refused("http://0.0.0.0");
}

Test(base_url, is_nothing_but_scheme_host_and_path)
{
    expect_refused("https://me:hunter2@api.dataforseo.com");
    expect_refused("https://hunter2@api.dataforseo.com");
    expect_refused("https://api.dataforseo.com/?key=hunter2");
    expect_refused("https://api.dataforseo.com/#hunter2");
    expect_refused("ftp://api.dataforseo.com");
    expect_refused("file:///etc/passwd");
    expect_refused("api.dataforseo.com");
    expect_refused("https://");
    expect_refused("");
    expect_refused("https://a b");
}
