// One connection to an MQTT broker, by libmosquitto, without a thread of its own and without waiting for anybody. There is a new
// one for each connection: libmosquitto would say again later what an earlier one did not get rid of.
#ifndef LT_SPEAKER_MQTT_CLIENT_H
#define LT_SPEAKER_MQTT_CLIENT_H

#include <lienthon/watch.h>

struct mqtt_client;

struct mqtt_config { // lent, outlives the client
    const char *address;
    const char *user;      // NULL: none
    const char *password;  // the name of a secret (settings/secret.h), read anew each time; or NULL
    const char *client_id; // one a process
    const char *ca;        // certificates, by one of which the broker's is issued; NULL: no TLS
};

// Called from within mqtt_client_turn and mqtt_client_say; the client must not be destroyed there. why, topic, payload: lent for
// the call.
struct mqtt_events {
    void (*up)(void *user);
    void (*lost)(void *user, const char *why); // once, and nothing comes after it
    void (*heard)(void *user, const char *topic, struct lt_slice payload, bool retained);
    void (*unsaid)(void *user, int number); // its rules do not let us say that
    void (*deaf)(void *user, int number);   // its rules do not let us hear that
};

// Begins to connect. events: lent, outlives the client. LT_CLOSED: nobody is there; LT_BAD_USE: address or ca; LT_NOT_FOUND,
// LT_IO, LT_BAD_FILE: the password; LT_NO_MEMORY.
enum lt_code mqtt_client_open(lt_bridge_host *host, const struct mqtt_config *config,
                              const struct mqtt_events *events, void *user,
                              struct mqtt_client **client, struct lt_error *error);
void mqtt_client_destroy(struct mqtt_client **client);
// What is due by the clock; wanted about twice a second.
void mqtt_client_turn(struct mqtt_client *client);
// *number: what `deaf` says. LT_CLOSED, LT_NO_MEMORY.
enum lt_code mqtt_client_hear(struct mqtt_client *client, const char *topic, int *number);
// At least once, never retained; the broker drops what it could not hand on within expiry_s. *number: what `unsaid` says.
// LT_CLOSED, LT_NO_MEMORY.
enum lt_code mqtt_client_say(struct mqtt_client *client, const char *topic, struct lt_slice payload,
                             unsigned expiry_s, int *number);

#endif
