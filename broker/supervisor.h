// What systemd hears of the hub (sd_notify); under anything else these do nothing.
#ifndef LT_SUPERVISOR_H
#define LT_SUPERVISOR_H

#include "broker.h"

void supervisor_ready(void);
// Called at each turn of the core's loop: that it turns is what the watchdog wants to know.
void supervisor_beat(struct broker *broker);
void supervisor_stops(void);

#endif
