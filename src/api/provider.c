#include "api/provider.h"

#include <stddef.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"

#define OWN_FRONT "/v3" /* of endpoint->url_path */

static const struct provider dataforseo = {
    .name = "dataforseo",
    .base_url = "https://api.dataforseo.com",
    .path_front = OWN_FRONT,
    .has_list = true,
    .has_user_data = true,
    .in_flight = 25,
    .in_flight_max = 30,
    .calls_per_minute = 2000,
    .calls_per_minute_max = 100000,
};

static const struct provider aisa = {
    .name = "aisa",
    .base_url = "https://api.aisa.one/apis/v1",
    .path_front = "/dataforseo",
    .is_bearer = true,
    .is_body_object = true,
    .has_body_choice = true,
    .is_gateway = true,
    .charge_header = "X-AISA-Price-USD",
    .in_flight = 5,
    .in_flight_max = 50,
    .calls_per_minute = 60,
    .calls_per_minute_max = 3000,
};

const struct provider *const providers[] = {&dataforseo, &aisa, NULL};
const char *const provider_names[] = {"dataforseo", "aisa", NULL};

const struct provider *provider_find(const char *name)
{
    for (size_t i = 0; providers[i] != NULL; i++)
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    return NULL;
}

char *provider_path(const struct provider *provider, const struct endpoint *endpoint)
{
    return mem_printf("%s%s", provider->path_front, endpoint->url_path + strlen(OWN_FRONT));
}
