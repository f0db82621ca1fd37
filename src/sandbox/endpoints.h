/* What can be asked of the sandbox: the endpoints that linkhaul has, and some that it has not. */
#pragma once

struct endpoint;

/* By its name; NULL where there is none. */
const struct endpoint *sandbox_endpoint(const char *name);
