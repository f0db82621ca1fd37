/* `http:`: where the status port may listen, and what is said of an address that others reach. */
#include "config/listen.h"

#include "unit/config/complaints_of.h"

TestSuite(listen, .timeout = 20);

static void expect_address(const char *text, const char *host, unsigned port, bool is_loopback)
{
    struct listen_address address;
    struct err err;

    cr_assert(listen_parse(text, &address, &err), "%s: %s", text, err.text);
    cr_expect_str_eq(address.host, host);
    cr_expect(eq(u32, address.port, port));
    cr_expect(eq(int, address.is_loopback, is_loopback), "%s", text);
}

Test(listen, takes_an_address_and_a_port)
{
    expect_address("127.0.0.1:9464", "127.0.0.1", 9464, true);
    expect_address("127.8.9.1:0", "127.8.9.1", 0, true);
    expect_address("localhost:65535", "127.0.0.1", 65535, true);
    expect_address("[::1]:80", "::1", 80, true);
    expect_address("0.0.0.0:80", "0.0.0.0", 80, false);
    expect_address("10.1.2.3:80", "10.1.2.3", 80, false);
    expect_address("[::]:80", "::", 80, false);
    expect_address("[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, false);
}

Test(listen, refuses_all_else)
{
    static const char *const texts[] = {
        "",          ":",         ":80",         "9464",        "127.0.0.1",
        "1.2.3.4:",  "1.2.3.4:x", "1.2.3.4:-1",  "1.2.3.4:1e3", "1.2.3.4:65536",
        "::1:80",    "[::1]",     "[::1:80",     "[]:80",       "[127.0.0.1]:80",
        "[::1%2]:8", "1.2.3:80",  "1.2.3.256:1", "name:80",     "http://127.0.0.1:80",
        "*:80",      "[::1]x:80", "127.1:80",
    };
    struct listen_address address;
    struct err err;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_expect(eq(int, listen_parse(texts[i], &address, &err), false), "%s", texts[i]);
}

Test(listen, what_is_wrong_with_an_address_is_told_at_its_place)
{
    expect_complaints(MAIN "http: off\n", NULL, "");
    expect_complaints(
        MAIN "http: localhost\n", NULL,
        "main.yaml:3:7: http: is no address and port such as 127.0.0.1:9464; or off\n");
    expect_complaints(
        MAIN "http: 9464\n", NULL,
        "main.yaml:3:7: http: is no address and port such as 127.0.0.1:9464; or off\n");
    expect_complaints(MAIN "http: status.example.com:80\n", NULL,
                      "main.yaml:3:7: http: has no address of this machine in front of the port: "
                      "write one such as 127.0.0.1 or [::1], no name; or off\n");
}

Test(listen, an_address_that_others_reach_is_noted)
{
    static const char text[] = MAIN "http: 0.0.0.0:9464\n";
    CLEANUP(config_free) struct config *config = NULL;
    struct err err;

    cr_assert(config_load_text(text, strlen(text), NULL, 0, &config, &err), "%s", err.text);
    cr_assert(eq(sz, config->complaints.n_items, 1));
    cr_expect(eq(int, config->complaints.items[0].level, COMPLAINT_NOTE));
    cr_expect_not_null(strstr(config->complaints.items[0].text, "has no password"));
}
