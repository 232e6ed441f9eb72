// The way to an MQTT broker, shared by all that an instance says and hears there. It comes back by itself, with a wait by
// chance that doubles up to a minute and is short again when a connection has held for a minute. Nothing is kept for later while
// it is away: what cannot be said now fails. On the host's one thread.
#ifndef LT_SPEAKER_MQTT_LINK_H
#define LT_SPEAKER_MQTT_LINK_H

#include "mqtt_client.h"

struct mqtt_link;

// A topic without wildcards, 1 to 200 bytes.
bool mqtt_topic_valid(const char *topic);
// The same for an option's row: LT_BAD_USE what is allowed.
enum lt_code mqtt_topic_check(const char *topic, struct lt_error *error);

// topic, payload: lent for the call. retained: it is no news, but what was said last before this subscription.
typedef void mqtt_heard(void *user, const char *topic, struct lt_slice payload, bool retained);

// Begins to connect. config: lent, outlives the link. LT_BAD_USE: the address, the certificates; LT_NOT_FOUND, LT_IO,
// LT_BAD_FILE: the password; LT_NO_MEMORY.
enum lt_code mqtt_link_new(lt_bridge_host *host, const struct mqtt_config *config,
                           struct mqtt_link **link, struct lt_error *error);
void mqtt_link_destroy(struct mqtt_link **link);
bool mqtt_link_is_up(const struct mqtt_link *link);
// What is wrong with it, a sentence, lent until the next turn; NULL: it stands, and hears all that it is to hear.
const char *mqtt_link_fault(const struct mqtt_link *link);
// Hears a topic (copied), at once and after each connection. LT_NO_MEMORY.
enum lt_code mqtt_link_hear(struct mqtt_link *link, const char *topic, mqtt_heard *heard,
                            void *user, struct lt_error *error);
void mqtt_link_hear_no_more(struct mqtt_link *link, const void *user);
// Says it now, never retained, at least once; the broker drops what it could not hand on within expiry_s. *number: for
// mqtt_link_refused. LT_CLOSED: the broker is away.
enum lt_code mqtt_link_say(struct mqtt_link *link, const char *topic, struct lt_slice payload,
                           unsigned expiry_s, uint64_t *number, struct lt_error *error);
// The broker has refused that one (its rules do not let us say it there); of the last 16 that it has refused.
bool mqtt_link_refused(const struct mqtt_link *link, uint64_t number);

#endif
