// A dry run: what would be done with each message is said on standard output, and nothing is done. The bridge is not opened,
// nothing is published or kept, and the durable subscriptions of the instance are left alone.
#ifndef LT_BRIDGES_REHEARSAL_H
#define LT_BRIDGES_REHEARSAL_H

#include "host.h"

// Takes the loaded instance. what: NULL: all that comes from now on, until a signal; the path of a file with a message as JSON
// (judged without its hub, as if it were genuine) or with sealed messages (a bundle); or the id of a message that the hub has.
// LT_NOT_FOUND: the hub has no such message for this instance. as_json: an object a line in place of words.
// remembers: what this instance has done already would not reach it again; else it is said what would be done with it.
enum lt_code rehearse(struct instance *instance, const char *what, bool as_json, bool remembers,
                      struct lt_error *error);

#endif
