// The contact of a zone's amplifier, heard by MQTT: muted while the last that was said at its topic is `when`. While the broker is
// away it is unknown.
#ifndef LT_SPEAKER_MQTT_CONTACT_H
#define LT_SPEAKER_MQTT_CONTACT_H

#include "mqtt_link.h"

struct zone;
struct mqtt_contact;

// topic: `<zone>` in it stands for the zone's name. topic, when: lent for the call. link and zone outlive it. LT_BAD_USE,
// LT_NO_MEMORY.
enum lt_code mqtt_contact_new(struct zone *zone, struct mqtt_link *link, const char *topic,
                              const char *when, struct mqtt_contact **contact,
                              struct lt_error *error);
void mqtt_contact_destroy(struct mqtt_contact **contact);

#endif
