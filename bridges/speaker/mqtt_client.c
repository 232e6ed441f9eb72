// libmosquitto's own loop is not used: its socket is one of the host's.
#include "mqtt_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <lienthon/settings/secret.h>

#include "address.h"

enum {
    KEEPALIVE_S = 15,
    PACKET_MOST =
        16 * 1024,  // the broker is to keep larger ones to itself: nobody here says so much
    SESSION_S = 60, // what was said while the link was away for so long still comes
    TROUBLE = 160,
};

struct mqtt_client {
    lt_bridge_host *host;
    const struct mqtt_config *config;
    const struct mqtt_events *events;
    void *user;
    struct mosquitto *library;
    int watched; // libmosquitto's socket; -1
    unsigned watched_for;
    bool connects; // nobody has answered yet
    bool up, lost;
    char trouble[TROUBLE]; // what OpenSSL said last
};

static void unwatch(struct mqtt_client *client)
{
    if (client->watched >= 0)
        lt_watch_end(client->host, client->watched);
    client->watched = -1;
}

static void lose(struct mqtt_client *client, const char *why)
{
    if (client->lost)
        return;
    client->lost = true;
    client->up = false;
    unwatch(client);
    client->events->lost(client->user, why);
}

static const char *reason(const struct mqtt_client *client, int code)
{
    switch (code) {
    case MOSQ_ERR_CONN_LOST:
        return client->trouble[0] ? client->trouble : "mất kết nối";
    case MOSQ_ERR_ERRNO:
        return strerror(errno);
    case MOSQ_ERR_TLS:
        return client->trouble[0] ? client->trouble : "TLS: không thiết lập được";
    default:
        return mosquitto_strerror(code);
    }
}

// What libmosquitto says of a turn.
static bool holds(struct mqtt_client *client, int code)
{
    if (code != MOSQ_ERR_SUCCESS && !client->lost)
        lose(client, reason(client, code));
    return !client->lost;
}

static void ready(void *user, int fd, unsigned what);

// While it shakes hands by TLS, what libmosquitto has to write waits for what it reads.
static void watch(struct mqtt_client *client)
{
    int fd = mosquitto_socket(client->library);
    bool shakes = client->config->ca && !client->up && !client->connects;
    bool writes = client->connects || (!shakes && mosquitto_want_write(client->library));
    unsigned wanted = LT_WATCH_READ | (writes ? (unsigned)LT_WATCH_WRITE : 0);
    if (fd == client->watched && wanted == client->watched_for)
        return;
    if (fd != client->watched)
        unwatch(client);
    if (fd >= 0 && lt_watch(client->host, fd, wanted, ready, client) == LT_DONE)
        client->watched = fd;
    client->watched_for = wanted;
}

static bool has_connected(struct mqtt_client *client, int fd)
{
    int failed = 0;
    socklen_t size = sizeof failed;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0)
        failed = errno;
    client->connects = false;
    if (failed)
        lose(client, strerror(failed));
    return !failed;
}

// libmosquitto would not notice it while it shakes hands.
static bool is_closed(int fd)
{
    char one;
    return recv(fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void turn(struct mqtt_client *client)
{
    if (!client->up && is_closed(mosquitto_socket(client->library))) {
        lose(client, "đã ngắt kết nối");
        return;
    }
    if (!holds(client, mosquitto_loop_read(client->library, 1)))
        return;
    if (mosquitto_want_write(client->library) &&
        !holds(client, mosquitto_loop_write(client->library, 1)))
        return;
    if (holds(client, mosquitto_loop_misc(client->library)))
        watch(client);
}

static void ready(void *user, int fd, unsigned what)
{
    struct mqtt_client *client = user;
    if (client->connects && (!(what & LT_WATCH_WRITE) || !has_connected(client, fd)))
        return;
    turn(client);
}

void mqtt_client_turn(struct mqtt_client *client)
{
    if (!client->lost && !client->connects)
        turn(client);
}

static void connected(struct mosquitto *library, void *user, int code, int flags,
                      const mosquitto_property *properties)
{
    struct mqtt_client *client = user;
    (void)library, (void)flags, (void)properties;
    if (code != 0) {
        lose(client, code == MQTT_RC_NOT_AUTHORIZED || code == MQTT_RC_BAD_USERNAME_OR_PASSWORD
                         ? "tên hoặc mật khẩu không đúng"
                         : mosquitto_reason_string(code));
        return;
    }
    client->up = true;
    client->events->up(client->user);
}

static void disconnected(struct mosquitto *library, void *user, int code,
                         const mosquitto_property *properties)
{
    struct mqtt_client *client = user;
    (void)library, (void)properties;
    lose(client, code ? reason(client, code) : "đã ngắt kết nối");
}

static void heard(struct mosquitto *library, void *user, const struct mosquitto_message *message,
                  const mosquitto_property *properties)
{
    struct mqtt_client *client = user;
    (void)library, (void)properties;
    struct lt_slice payload = {message->payload, (size_t)message->payloadlen};
    if (!client->lost)
        client->events->heard(client->user, message->topic, payload, message->retain);
}

static void published(struct mosquitto *library, void *user, int number, int reason_code,
                      const mosquitto_property *properties)
{
    struct mqtt_client *client = user;
    (void)library, (void)properties;
    if (reason_code >= 0x80)
        client->events->unsaid(client->user, number);
}

static void subscribed(struct mosquitto *library, void *user, int number, int count,
                       const int *granted, const mosquitto_property *properties)
{
    struct mqtt_client *client = user;
    (void)library, (void)properties;
    if (count > 0 && granted[0] >= 0x80)
        client->events->deaf(client->user, number);
}

static void logged(struct mosquitto *library, void *user, int level, const char *text)
{
    struct mqtt_client *client = user;
    const char *from = strstr(text, "OpenSSL Error");
    const char *what = from ? strstr(from, "::") : NULL;
    (void)library;
    if (level == MOSQ_LOG_ERR && from)
        snprintf(client->trouble, sizeof client->trouble, "TLS: %.120s", what ? what + 2 : from);
}

static enum lt_code set_password(struct mqtt_client *client, struct lt_error *error)
{
    const struct mqtt_config *config = client->config;
    lt_secret *secret = NULL;
    if (!config->user)
        return LT_DONE;
    if (!config->password)
        return mosquitto_username_pw_set(client->library, config->user, NULL) == MOSQ_ERR_SUCCESS
                   ? LT_DONE
                   : lt_fail(error, LT_NO_MEMORY, "no memory for the name at the broker");
    enum lt_code code = lt_secret_open(config->password, &secret, error);
    struct lt_slice bytes = code == LT_DONE ? lt_secret_bytes(secret) : (struct lt_slice){0};
    char *text = code == LT_DONE ? lt_secret_room(bytes.size + 1) : NULL;
    if (text) {
        memcpy(text, bytes.data, bytes.size);
        text[bytes.size] = '\0';
    }
    // The library keeps a copy of its own for as long as it lives.
    if (code == LT_DONE && (!text || mosquitto_username_pw_set(client->library, config->user,
                                                               text) != MOSQ_ERR_SUCCESS))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the password at the broker");
    if (text)
        lt_secret_room_free(text);
    lt_secret_close(&secret);
    return code;
}

static enum lt_code set_tls(struct mqtt_client *client, struct lt_error *error)
{
    const char *ca = client->config->ca;
    if (!ca)
        return LT_DONE;
    return mosquitto_tls_set(client->library, ca, NULL, NULL, NULL, NULL) == MOSQ_ERR_SUCCESS
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE, "mqtt-ca: %s cannot be read", ca);
}

// The way to connect that does not wait takes no properties, but goes with those of an attempt before it: one that fails by its
// port before anything is done.
static bool set_properties(struct mosquitto *library, const char *host)
{
    mosquitto_property *properties = NULL;
    bool made = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                                             PACKET_MOST) == MOSQ_ERR_SUCCESS &&
                mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                             SESSION_S) == MOSQ_ERR_SUCCESS &&
                mosquitto_connect_bind_v5(library, host, -1, KEEPALIVE_S, NULL, properties) ==
                    MOSQ_ERR_INVAL;
    mosquitto_property_free_all(&properties);
    return made;
}

static bool make_library(struct mqtt_client *client, const struct address *address)
{
    client->library = mosquitto_new(client->config->client_id, false, client);
    if (!client->library)
        return false;
    mosquitto_connect_v5_callback_set(client->library, connected);
    mosquitto_disconnect_v5_callback_set(client->library, disconnected);
    mosquitto_message_v5_callback_set(client->library, heard);
    mosquitto_publish_v5_callback_set(client->library, published);
    mosquitto_subscribe_v5_callback_set(client->library, subscribed);
    mosquitto_log_callback_set(client->library, logged);
    return mosquitto_int_option(client->library, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) ==
               MOSQ_ERR_SUCCESS &&
           mosquitto_int_option(client->library, MOSQ_OPT_TCP_NODELAY, 1) == MOSQ_ERR_SUCCESS &&
           set_properties(client->library, address->host);
}

static enum lt_code prepare(struct mqtt_client *client, struct address *address,
                            struct lt_error *error)
{
    if (!address_read(client->config->address, address))
        return address_check(client->config->address, error);
    if (!make_library(client, address))
        return lt_fail(error, LT_NO_MEMORY, "no memory for MQTT");
    enum lt_code code = set_password(client, error);
    return code == LT_DONE ? set_tls(client, error) : code;
}

enum lt_code mqtt_client_open(lt_bridge_host *host, const struct mqtt_config *config,
                              const struct mqtt_events *events, void *user,
                              struct mqtt_client **out, struct lt_error *error)
{
    struct mqtt_client *client = calloc(1, sizeof *client);
    struct address address;
    *out = NULL;
    if (!client)
        return lt_fail(error, LT_NO_MEMORY, "no memory for MQTT");
    *client = (struct mqtt_client){
        .host = host, .config = config, .events = events, .user = user, .watched = -1};
    enum lt_code code = prepare(client, &address, error);
    if (code == LT_DONE) {
        int failed =
            mosquitto_connect_async(client->library, address.host, (int)address.port, KEEPALIVE_S);
        if (failed != MOSQ_ERR_SUCCESS)
            code = lt_fail(error, LT_CLOSED, "%s", reason(client, failed));
    }
    if (code != LT_DONE) {
        mqtt_client_destroy(&client);
        return code;
    }
    client->connects = true;
    watch(client);
    *out = client;
    return LT_DONE;
}

void mqtt_client_destroy(struct mqtt_client **client)
{
    struct mqtt_client *own = *client;
    if (!own)
        return;
    *client = NULL;
    unwatch(own);
    if (own->library) {
        if (own->up)
            mosquitto_disconnect(own->library);
        own->lost = true;
        mosquitto_destroy(own->library);
    }
    free(own);
}

static enum lt_code after(struct mqtt_client *client, int code)
{
    if (code == MOSQ_ERR_NOMEM)
        return LT_NO_MEMORY;
    if (!holds(client, code))
        return LT_CLOSED;
    watch(client);
    return LT_DONE;
}

enum lt_code mqtt_client_hear(struct mqtt_client *client, const char *topic, int *number)
{
    return client->up ? after(client, mosquitto_subscribe(client->library, number, topic, 1))
                      : LT_CLOSED;
}

enum lt_code mqtt_client_say(struct mqtt_client *client, const char *topic, struct lt_slice payload,
                             unsigned expiry_s, int *number)
{
    mosquitto_property *properties = NULL;
    if (!client->up)
        return LT_CLOSED;
    if (mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expiry_s) !=
        MOSQ_ERR_SUCCESS)
        return LT_NO_MEMORY;
    int code = mosquitto_publish_v5(client->library, number, topic, (int)payload.size, payload.data,
                                    1, false, properties);
    mosquitto_property_free_all(&properties);
    return after(client, code);
}
