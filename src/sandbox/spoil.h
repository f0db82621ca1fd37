/* What a fault makes of an answer, after the answer that the call deserves has been written. */
#pragma once

struct fault;
struct reply;

/* `fault` may be NULL: nothing. */
void spoil(const struct fault *fault, struct reply *reply);
