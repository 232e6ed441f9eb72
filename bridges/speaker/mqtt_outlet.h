// A smart speaker that is told by MQTT where to fetch a sound, plays it, and says what became of it. README.md has the messages.
#ifndef LT_SPEAKER_MQTT_OUTLET_H
#define LT_SPEAKER_MQTT_OUTLET_H

#include "media.h"
#include "mqtt_link.h"
#include "outlet.h"

// Commands go to TOPIC/lenh, its answers come at TOPIC/tin. link and media are lent, and outlive it. LT_BAD_USE (no topic),
// LT_NO_MEMORY.
enum lt_code mqtt_outlet_new(lt_bridge_host *host, struct mqtt_link *link, struct media *media,
                             const char *topic, struct outlet **outlet, struct lt_error *error);

#endif
