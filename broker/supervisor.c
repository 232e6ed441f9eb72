// Ready, alive, what it does, and its end. The watchdog is fed by the core's own loop and by nothing else, so that a
// core that hangs is seen although the other threads live.
#include "supervisor.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

enum { BEAT_MS = 500, STATUS_BEATS = 10 };

void supervisor_ready(void)
{
    sd_notify(0, "READY=1\nSTATUS=serves");
}

void supervisor_beat(struct broker *broker)
{
    if (broker->tick - broker->chores.beaten < BEAT_MS)
        return;
    broker->chores.beaten = broker->tick;
    if (broker->chores.beats++ % STATUS_BEATS != 0) {
        sd_notify(0, "WATCHDOG=1");
        return;
    }
    sd_notifyf(0,
               "WATCHDOG=1\nSTATUS=serves: connections=%zu durable=%zu stored=%" PRIu64
               " delivered=%" PRIu64 " refused=%" PRIu64,
               sessions_count(&broker->sessions, DOOR_HUB), broker->subscriptions->by_name.count,
               broker->counts.stored, broker->counts.delivered, broker->counts.refused);
}

void supervisor_stops(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=commits and answers what was taken");
}
