// The clock here and the hub's: whoever owns them hears when they differ by more than the hub lets pass.
#include "engine.h"

#include <stdio.h>
#include <time.h>

enum { TEXT = 32, DEFAULT_AHEAD_S = 120 };

static void print(uint64_t ms, char text[TEXT])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm when;
    if (!gmtime_r(&seconds, &when) || strftime(text, TEXT, "%Y-%m-%dT%H:%M:%SZ", &when) == 0)
        snprintf(text, TEXT, "?");
}

void clock_compare(struct engine *engine, uint64_t hub)
{
    struct session *session = &engine->session;
    uint64_t here = (uint64_t)zclock_time();
    uint64_t most =
        1000 * (session->limits.ahead > 0 ? session->limits.ahead : (uint64_t)DEFAULT_AHEAD_S);
    bool differ = (here > hub ? here - hub : hub - here) > most;
    char here_text[TEXT], hub_text[TEXT], text[LT_TEXT_MAX + 1];
    if (differ && !session->clocks_differ) {
        print(here, here_text);
        print(hub, hub_text);
        snprintf(text, sizeof text, "the clock here says %s, the hub's %s: set the wrong one right",
                 here_text, hub_text);
        struct event *event = event_new(LT_EVENT_CLOCK, (struct lt_slice){0}, lt_slice_of(text));
        if (event)
            event->told.now = hub;
        engine_tell(engine, event);
    }
    session->clocks_differ = differ;
}
