/*
 * An answer on the wire: packed where the client takes that, and whole, cut or dripped as the reply
 * has it.
 */
#pragma once

#include <microhttpd.h>

struct reply;
struct sandbox;

/* Takes the reply's body. The call is over by now: nothing that happens here is billed. */
enum MHD_Result wire_send(struct sandbox *sandbox, struct MHD_Connection *connection,
                          struct reply *reply);
