// What a rehearsal says of one message and one target, on standard output.
#ifndef LT_BRIDGES_REHEARSAL_SAY_H
#define LT_BRIDGES_REHEARSAL_SAY_H

#include "host.h"
#include "ruling.h"

void rehearsal_say(const struct lt_bridge_host *host, const struct target *target,
                   const struct lt_part *part, const struct ruling *ruling, bool as_json);

#endif
