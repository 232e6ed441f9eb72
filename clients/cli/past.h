// What held when a message was made: a sender who has been revoked or has got new keys since has still said it.
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include <lienthon/seal.h>

#include "session.h"

struct past;

// All grants that the hub still has, those that are over too. *past is yours; LT_NO_MEMORY or why the hub did not tell.
enum lt_code past_load(struct session *session, struct past **past);
void past_destroy(struct past **past);

// Was it genuine under the grants of the time when it says that it was made? Cheapest when asked from the oldest on.
bool past_holds(struct past *past, const struct lt_sealed *sealed);

#endif
