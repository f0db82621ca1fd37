#include "api/provider.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "api/endpoint.h"
#include "core/mem.h"

TestSuite(provider, .timeout = 10);

Test(provider, names_are_those_of_the_table)
{
    size_t n = 0;

    for (; providers[n] != NULL; n++) {
        cr_expect_str_eq(provider_names[n], providers[n]->name);
        cr_expect(provider_find(provider_names[n]) == providers[n]);
        cr_expect(le(i64, providers[n]->in_flight, providers[n]->in_flight_max));
        cr_expect(le(i64, providers[n]->calls_per_minute, providers[n]->calls_per_minute_max));
    }
    cr_expect(provider_names[n] == NULL);
    cr_expect(provider_find("google") == NULL);
}

Test(provider, asks_each_endpoint_on_its_own_path)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");
    CLEANUP(mem_free_string) char *own = provider_path(provider_find("dataforseo"), endpoint);
    CLEANUP(mem_free_string) char *gateway = provider_path(provider_find("aisa"), endpoint);

    cr_expect_str_eq(own, "/v3/backlinks/backlinks/live");
    cr_expect_str_eq(gateway, "/dataforseo/backlinks/backlinks/live");
}
