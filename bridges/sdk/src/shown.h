// An instance for people: what it is, who runs it, and every option with what is allowed, its default, its value in force and
// where that comes from. Of a secret the place is shown, never what lies there.
#ifndef LT_BRIDGES_SHOWN_H
#define LT_BRIDGES_SHOWN_H

#include "instance.h"

// On standard output; as_json: one object.
enum lt_code shown(const struct instance *instance, bool as_json, struct lt_error *error);

#endif
