// Ready, alive, what it does, and its end. Ready does not mean connected: a bridge waits for its hub as long as it takes.
#include "supervisor.h"

#include <systemd/sd-daemon.h>

enum { BEAT_MS = 500, STATUS_BEATS = 10 };

void supervisor_ready(const struct lt_bridge_host *host)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s: looks for its hub", host->instance.bridge->name);
}

void supervisor_beat(struct lt_bridge_host *host)
{
    uint64_t now = host_clock();
    size_t in_hand = 0, subscribed = 0;
    if (now - host->beaten < BEAT_MS)
        return;
    host->beaten = now;
    if (host->beats++ % STATUS_BEATS != 0) {
        sd_notify(0, "WATCHDOG=1");
        return;
    }
    for (const struct lt_delivery *at = host->deliveries; at; at = at->next)
        in_hand++;
    for (size_t i = 0; i < host->target_count; i++)
        subscribed += host->targets[i].subscribed && !host->targets[i].told_down;
    sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s: subscribed=%zu of %zu, in hand=%zu",
               host->instance.bridge->name, subscribed, host->target_count, in_hand);
}

void supervisor_stops(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=stops");
}
