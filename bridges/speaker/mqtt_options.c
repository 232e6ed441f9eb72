#include "mqtt_options.h"

#include <stdio.h>

enum lt_code mqtt_options_fit(const struct mqtt_options *options, bool has_speaker,
                              struct lt_error *error)
{
    if (!options->address)
        return lt_fail(error, LT_BAD_USE,
                       "the option `mqtt` is missing: the broker's address, 127.0.0.1:1883");
    if (has_speaker && !options->media_listen)
        return lt_fail(error, LT_BAD_USE,
                       "the option `media-listen` is missing: where the speakers fetch sounds, an "
                       "address of this machine and a port, 192.168.1.5:8090");
    return LT_DONE;
}

enum lt_code mqtt_options_link(struct mqtt_options *options, lt_bridge_host *host,
                               struct lt_error *error)
{
    if (options->link)
        return LT_DONE;
    enum lt_code code = mqtt_options_fit(options, false, error);
    if (code != LT_DONE)
        return code;
    snprintf(options->client_id, sizeof options->client_id, "lienthon-%s",
             lt_bridge_principal(host));
    options->config = (struct mqtt_config){.address = options->address,
                                           .user = options->user,
                                           .password = options->password,
                                           .client_id = options->client_id,
                                           .ca = options->ca};
    return mqtt_link_new(host, &options->config, &options->link, error);
}

enum lt_code mqtt_options_media(struct mqtt_options *options, lt_bridge_host *host,
                                struct lt_error *error)
{
    if (options->media)
        return LT_DONE;
    enum lt_code code = mqtt_options_fit(options, true, error);
    return code == LT_DONE
               ? media_new(host, options->media_listen, options->media_url, &options->media, error)
               : code;
}

void mqtt_options_close(struct mqtt_options *options)
{
    mqtt_link_destroy(&options->link);
    media_destroy(&options->media);
}
