// A message that the hub has stored, found by its id.
#ifndef CLI_ORIGINAL_H
#define CLI_ORIGINAL_H

#include "session.h"

// {id, from?} for a query; from NULL: whoever's it is. LT_BAD_USE: it is no id.
enum lt_code original_args(const char *id, const char *from, struct lt_buffer *args,
                           struct lt_error *error);

// Finds it. *sealed looks into *values, which is the caller's to clear (its max need not be set).
enum lt_code original_find(struct session *session, const char *id, const char *from,
                           struct lt_buffer *values, struct lt_sealed *sealed);

#endif
