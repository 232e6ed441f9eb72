// The command's side of what is set aside: it lists, shows, and leaves a person's decision for the host to see to.
#ifndef LT_BRIDGES_QUARANTINED_H
#define LT_BRIDGES_QUARANTINED_H

#include "instance.h"

// words: list | show ID | release ID | done ID; none: list. An ID is the message's, or the name that list says.
// LT_BAD_USE, LT_NOT_FOUND, LT_IO.
enum lt_code quarantined(const struct instance *instance, char *const *words, size_t count,
                         bool as_json, struct lt_error *error);

#endif
