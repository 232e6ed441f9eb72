// What is refused: counted, and told in the log, at a pace that no peer can quicken.
#ifndef LT_REFUSED_H
#define LT_REFUSED_H

#include <lienthon/message.h>

struct broker;

// A message. The principal is who brought it, as in counts_refuse; part: what could be read of it.
void refused_message(struct broker *broker, const char *principal, const struct lt_part *part,
                     enum lt_code code, const char *reason);
// A request, or a PUBLISH of `count` messages that were not looked at. op: its number on the wire.
void refused_request(struct broker *broker, const char *principal, unsigned op, uint64_t count,
                     enum lt_code code, const char *reason);

#endif
