// What systemd hears of the host (sd_notify); under anything else these do nothing.
#ifndef LT_BRIDGES_SUPERVISOR_H
#define LT_BRIDGES_SUPERVISOR_H

#include "host.h"

void supervisor_ready(const struct lt_bridge_host *host);
// Called at each turn of the host's loop: a bridge that blocks it is seen by the watchdog.
void supervisor_beat(struct lt_bridge_host *host);
void supervisor_stops(void);

#endif
