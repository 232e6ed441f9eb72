// The instance's one connection to a broker and its one web server for sounds, made when the first of its outlets wants them.
#ifndef LT_SPEAKER_MQTT_OPTIONS_H
#define LT_SPEAKER_MQTT_OPTIONS_H

#include "media.h"
#include "mqtt_link.h"

struct mqtt_options { // as the file has them, and what was made of them
    char *address, *user, *password, *ca, *media_listen, *media_url;
    char client_id[96];
    struct mqtt_config config;
    struct mqtt_link *link;
    struct media *media;
};

// Whether all that a speaker, or only a contact, needs is given. LT_BAD_USE.
enum lt_code mqtt_options_fit(const struct mqtt_options *options, bool has_speaker,
                              struct lt_error *error);
// *options is the instance's. LT_BAD_USE: the option `mqtt` (`media-listen`) is not there.
enum lt_code mqtt_options_link(struct mqtt_options *options, lt_bridge_host *host,
                               struct lt_error *error);
enum lt_code mqtt_options_media(struct mqtt_options *options, lt_bridge_host *host,
                                struct lt_error *error);
void mqtt_options_close(struct mqtt_options *options);

#endif
