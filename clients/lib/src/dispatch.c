// Callbacks, out of the events, in the caller's thread.
#include <lienthon/client.h>

#include "sized.h"

enum { EVENTS_AT_ONCE = 256 };

static lt_handler *handler_of(const struct lt_handlers *handlers, enum lt_event_kind kind)
{
    lt_handler *const by_kind[] = {
        [LT_EVENT_UP] = handlers->up,
        [LT_EVENT_DOWN] = handlers->down,
        [LT_EVENT_PUBLISHED] = handlers->published,
        [LT_EVENT_STALE] = handlers->stale,
        [LT_EVENT_SUBSCRIBED] = handlers->subscribed,
        [LT_EVENT_MESSAGE] = handlers->message,
        [LT_EVENT_REFUSED] = handlers->refused,
        [LT_EVENT_RESULT] = handlers->result,
        [LT_EVENT_CHUNK] = handlers->chunk,
        [LT_EVENT_CLOCK] = handlers->clock,
        [LT_EVENT_BLOB] = handlers->blob,
        [LT_EVENT_GRANT] = handlers->grant,
        [LT_EVENT_HELD] = handlers->held,
    };
    lt_handler *handler = (size_t)kind < sizeof by_kind / sizeof *by_kind ? by_kind[kind] : NULL;
    return handler ? handler : handlers->other;
}

size_t lt_client_dispatch_sized(lt_client *client, const struct lt_handlers *given, size_t size,
                                int64_t timeout_ms)
{
    struct lt_handlers handlers;
    size_t count = 0;
    // A newer header's handlers are for events that this library does not have.
    size_t known = size < sizeof handlers ? size : sizeof handlers;
    (void)sized_take(given, known, &handlers, sizeof handlers, NULL);
    struct lt_event *event = lt_client_next(client, timeout_ms);
    while (event) {
        lt_handler *handler = handler_of(&handlers, event->kind);
        if (handler)
            handler(handlers.user, client, event);
        lt_event_destroy(&event);
        count++;
        event = count < EVENTS_AT_ONCE ? lt_client_next(client, 0) : NULL;
    }
    return count;
}
