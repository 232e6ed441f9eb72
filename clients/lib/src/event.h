// Events on their way from the engine to the caller: an lt_event with the room for what it points to.
#ifndef LT_EVENT_H
#define LT_EVENT_H

#include <lienthon/client.h>

struct event {
    struct lt_event told; // first: the caller holds a pointer to it
    bool counted;         // one of the answers that are bounded
    char text[LT_TEXT_MAX + 1];
    struct lt_sealed sealed;
    size_t size;
    uint8_t bytes[]; // the sealed message, or the value
};

// A copy of bytes inside; text is cut at its maximum. NULL: no memory.
struct event *event_new(enum lt_event_kind kind, struct lt_slice bytes, struct lt_slice text);
// Of one that was made beforehand, so that an end can be told when there is no memory.
void event_say(struct event *event, enum lt_code code, struct lt_slice text);
void event_destroy(struct event **event);

#endif
