// libmosquitto connects in the calling thread and waits for it. So whether anybody is there is tried first, on a socket of our own
// that does not wait; the connection that follows finds an open door.
#include "mqtt_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <sodium.h>

#include <lienthon/pace.h>
#include <lienthon/settings/secret.h>

#include "address.h"

enum {
    KEEPALIVE_S = 15,
    DOOR_MS = 5000, // for somebody to be there
    TURN_MS = 500,
    FIRST_MS = 1000,
    MOST_MS = 60000,
    STABLE_MS = 60000,
    REFUSALS = 16,
    TOPIC_MOST = 200,
};

struct hearing {
    struct hearing *next;
    char *topic;
    mqtt_heard *heard;
    void *user;
};

enum link_state { LINK_RESTS, LINK_KNOCKS, LINK_GREETS, LINK_UP };

struct mqtt_link {
    lt_bridge_host *host;
    struct mosquitto *client;
    struct address address;
    enum link_state state;
    int door;    // the socket that knocks; -1
    int watched; // libmosquitto's; -1
    unsigned watched_for;
    lt_timer *timer;
    uint64_t since; // monotonic ms: of this state
    unsigned failed;
    struct hearing *hearings;
    int refusals[REFUSALS];
    size_t refusal;
    char fault[LT_TEXT_MAX];
    bool was_up;
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool mqtt_topic_valid(const char *topic)
{
    size_t size = strlen(topic);
    return size > 0 && size <= TOPIC_MOST && !strpbrk(topic, "+#") && topic[0] != '$' &&
           mosquitto_pub_topic_check(topic) == MOSQ_ERR_SUCCESS;
}

enum lt_code mqtt_topic_check(const char *topic, struct lt_error *error)
{
    return mqtt_topic_valid(topic)
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE,
                         "allowed: mqtt:TOPIC, a topic of at most 200 bytes without + and #");
}

static void say_fault(struct mqtt_link *link, const char *why)
{
    snprintf(link->fault, sizeof link->fault, "máy chủ MQTT %s:%u: %s", link->address.host,
             link->address.port, why);
}

static void watch(struct mqtt_link *link);

static void close_door(struct mqtt_link *link)
{
    if (link->door < 0)
        return;
    lt_watch_end(link->host, link->door);
    close(link->door);
    link->door = -1;
}

static void unwatch(struct mqtt_link *link)
{
    if (link->watched >= 0)
        lt_watch_end(link->host, link->watched);
    link->watched = -1;
}

// It is away: tried again after a while.
static void rest(struct mqtt_link *link)
{
    uint64_t now = clock_ms();
    if (link->state == LINK_UP && now - link->since >= STABLE_MS)
        link->failed = 0;
    close_door(link);
    unwatch(link);
    link->failed++;
    link->state = LINK_RESTS;
    link->since = now;
    lt_timer_set(link->timer,
                 (int64_t)lt_backoff(link->failed, FIRST_MS, MOST_MS, randombytes_random()));
}

static void fall(struct mqtt_link *link, const char *why)
{
    say_fault(link, why);
    rest(link);
}

// What libmosquitto says of a turn.
static bool holds(struct mqtt_link *link, int code)
{
    if (code == MOSQ_ERR_SUCCESS)
        return true;
    if (link->state != LINK_RESTS)
        fall(link, code == MOSQ_ERR_CONN_LOST ? "mất kết nối" : mosquitto_strerror(code));
    return false;
}

static void turn(struct mqtt_link *link, unsigned ready)
{
    bool stands = true;
    if (ready & LT_WATCH_READ)
        stands = holds(link, mosquitto_loop_read(link->client, 16));
    if (stands && mosquitto_want_write(link->client))
        stands = holds(link, mosquitto_loop_write(link->client, 16));
    if (stands)
        stands = holds(link, mosquitto_loop_misc(link->client));
    if (stands && link->state != LINK_RESTS)
        watch(link);
}

static void ready(void *user, int fd, unsigned what)
{
    (void)fd;
    turn(user, what);
}

static void watch(struct mqtt_link *link)
{
    int fd = mosquitto_socket(link->client);
    unsigned wanted =
        LT_WATCH_READ | (mosquitto_want_write(link->client) ? (unsigned)LT_WATCH_WRITE : 0);
    if (fd != link->watched || wanted != link->watched_for) {
        if (link->watched >= 0 && fd != link->watched)
            unwatch(link);
        if (fd >= 0 && lt_watch(link->host, fd, wanted, ready, link) == LT_DONE)
            link->watched = fd;
        link->watched_for = wanted;
    }
    lt_timer_set(link->timer, TURN_MS);
}

static void greet(struct mqtt_link *link)
{
    int code =
        mosquitto_connect(link->client, link->address.host, (int)link->address.port, KEEPALIVE_S);
    link->state = LINK_GREETS;
    link->since = clock_ms();
    if (holds(link, code))
        watch(link);
}

static void door_opens(void *user, int fd, unsigned what)
{
    struct mqtt_link *link = user;
    int failed = 0;
    socklen_t size = sizeof failed;
    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0)
        failed = errno;
    close_door(link);
    if (failed)
        fall(link, strerror(failed));
    else
        greet(link);
}

static void knock(struct mqtt_link *link)
{
    link->state = LINK_KNOCKS;
    link->since = clock_ms();
    link->door =
        socket(link->address.socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed =
        link->door < 0 || connect(link->door, (const struct sockaddr *)&link->address.socket,
                                  link->address.size) != 0
            ? errno
            : 0;
    if (!failed || failed == EINPROGRESS)
        failed = lt_watch(link->host, link->door, LT_WATCH_WRITE, door_opens, link) == LT_DONE
                     ? 0
                     : ENFILE;
    if (failed)
        fall(link, strerror(failed));
    else
        lt_timer_set(link->timer, DOOR_MS);
}

static void look(void *user)
{
    struct mqtt_link *link = user;
    switch (link->state) {
    case LINK_RESTS:
        knock(link);
        break;
    case LINK_KNOCKS:
        fall(link, "không trả lời");
        break;
    case LINK_GREETS:
        if (clock_ms() - link->since > DOOR_MS) {
            mosquitto_disconnect(link->client);
            fall(link, "không trả lời");
            break;
        }
        turn(link, 0);
        break;
    case LINK_UP:
        turn(link, 0);
        break;
    }
}

static void subscribe(struct mqtt_link *link, const struct hearing *hearing)
{
    if (link->state == LINK_UP)
        (void)mosquitto_subscribe(link->client, NULL, hearing->topic, 1);
}

static void connected(struct mosquitto *client, void *user, int code, int flags,
                      const mosquitto_property *properties)
{
    struct mqtt_link *link = user;
    (void)client, (void)flags, (void)properties;
    if (code != 0) {
        fall(link, code == MQTT_RC_NOT_AUTHORIZED || code == MQTT_RC_BAD_USERNAME_OR_PASSWORD
                       ? "tên hoặc mật khẩu không đúng"
                       : mosquitto_reason_string(code));
        return;
    }
    link->state = LINK_UP;
    link->since = clock_ms();
    link->fault[0] = '\0';
    lt_bridge_log(link->host,
                  link->was_up ? "the MQTT broker is there again" : "the MQTT broker is there");
    link->was_up = true;
    for (const struct hearing *at = link->hearings; at; at = at->next)
        subscribe(link, at);
}

static void disconnected(struct mosquitto *client, void *user, int code,
                         const mosquitto_property *properties)
{
    struct mqtt_link *link = user;
    (void)client, (void)properties;
    if (link->state == LINK_UP || link->state == LINK_GREETS)
        fall(link, code ? "mất kết nối" : "đã ngắt kết nối");
}

static void heard(struct mosquitto *client, void *user, const struct mosquitto_message *message,
                  const mosquitto_property *properties)
{
    struct mqtt_link *link = user;
    (void)client, (void)properties;
    struct lt_slice payload = {message->payload, (size_t)message->payloadlen};
    for (struct hearing *at = link->hearings, *next; at; at = next) {
        next = at->next;
        if (strcmp(at->topic, message->topic) == 0)
            at->heard(at->user, message->topic, payload, message->retain);
    }
}

static void answered(struct mosquitto *client, void *user, int number, int reason,
                     const mosquitto_property *properties)
{
    struct mqtt_link *link = user;
    (void)client, (void)properties;
    if (reason >= 0x80)
        link->refusals[link->refusal++ % REFUSALS] = number;
}

static enum lt_code set_password(struct mqtt_link *link, const struct mqtt_config *config,
                                 struct lt_error *error)
{
    lt_secret *secret = NULL;
    if (!config->user)
        return LT_DONE;
    if (!config->password)
        return mosquitto_username_pw_set(link->client, config->user, NULL) == MOSQ_ERR_SUCCESS
                   ? LT_DONE
                   : lt_fail(error, LT_NO_MEMORY, "no memory for the name at the broker");
    enum lt_code code = lt_secret_open(config->password, &secret, error);
    struct lt_slice bytes = code == LT_DONE ? lt_secret_bytes(secret) : (struct lt_slice){0};
    char *text = code == LT_DONE ? lt_secret_room(bytes.size + 1) : NULL;
    if (text) {
        memcpy(text, bytes.data, bytes.size);
        text[bytes.size] = '\0';
    }
    // The library keeps a copy of its own for as long as it lives: it has to say it again.
    if (code == LT_DONE &&
        (!text || mosquitto_username_pw_set(link->client, config->user, text) != MOSQ_ERR_SUCCESS))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the password at the broker");
    if (text)
        lt_secret_room_free(text);
    lt_secret_close(&secret);
    return code;
}

static bool make_client(struct mqtt_link *link, const char *client_id)
{
    mosquitto_lib_init();
    link->client = mosquitto_new(client_id, true, link);
    if (!link->client)
        return false;
    mosquitto_connect_v5_callback_set(link->client, connected);
    mosquitto_disconnect_v5_callback_set(link->client, disconnected);
    mosquitto_message_v5_callback_set(link->client, heard);
    mosquitto_publish_v5_callback_set(link->client, answered);
    return mosquitto_int_option(link->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) ==
               MOSQ_ERR_SUCCESS &&
           mosquitto_int_option(link->client, MOSQ_OPT_TCP_NODELAY, 1) == MOSQ_ERR_SUCCESS;
}

enum lt_code mqtt_link_new(lt_bridge_host *host, const struct mqtt_config *config,
                           struct mqtt_link **out, struct lt_error *error)
{
    struct mqtt_link *link = calloc(1, sizeof *link);
    *out = NULL;
    if (!link)
        return lt_fail(error, LT_NO_MEMORY, "no memory for MQTT");
    link->host = host;
    link->door = link->watched = -1;
    link->timer = lt_timer_new(host, look, link);
    enum lt_code code = LT_DONE;
    if (!link->timer || !make_client(link, config->client_id))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for MQTT");
    else if (!address_read(config->address, &link->address))
        code = address_check(config->address, error);
    if (code == LT_DONE)
        code = set_password(link, config, error);
    if (code != LT_DONE) {
        mqtt_link_destroy(&link);
        return code;
    }
    say_fault(link, "chưa kết nối");
    knock(link);
    *out = link;
    return LT_DONE;
}

static void forget(struct hearing **hearing)
{
    struct hearing *gone = *hearing;
    *hearing = gone->next;
    free(gone->topic);
    free(gone);
}

void mqtt_link_destroy(struct mqtt_link **link)
{
    struct mqtt_link *own = *link;
    if (!own)
        return;
    *link = NULL;
    enum link_state state = own->state;
    own->state = LINK_RESTS;
    close_door(own);
    unwatch(own);
    if (own->client) {
        if (state == LINK_UP)
            mosquitto_disconnect(own->client);
        mosquitto_destroy(own->client);
        mosquitto_lib_cleanup();
    }
    if (own->timer)
        lt_timer_destroy(&own->timer);
    while (own->hearings)
        forget(&own->hearings);
    free(own);
}

bool mqtt_link_is_up(const struct mqtt_link *link)
{
    return link->state == LINK_UP;
}

const char *mqtt_link_fault(const struct mqtt_link *link)
{
    return link->fault[0] ? link->fault : NULL;
}

enum lt_code mqtt_link_hear(struct mqtt_link *link, const char *topic, mqtt_heard *function,
                            void *user, struct lt_error *error)
{
    struct hearing *hearing = calloc(1, sizeof *hearing);
    char *copy = strdup(topic);
    if (!hearing || !copy) {
        free(hearing);
        free(copy);
        return lt_fail(error, LT_NO_MEMORY, "no memory to hear a topic");
    }
    *hearing =
        (struct hearing){.next = link->hearings, .topic = copy, .heard = function, .user = user};
    link->hearings = hearing;
    subscribe(link, hearing);
    return LT_DONE;
}

void mqtt_link_hear_no_more(struct mqtt_link *link, const void *user)
{
    for (struct hearing **at = &link->hearings; *at;) {
        if ((*at)->user == user)
            forget(at);
        else
            at = &(*at)->next;
    }
}

enum lt_code mqtt_link_say(struct mqtt_link *link, const char *topic, struct lt_slice payload,
                           unsigned expiry_s, int *number, struct lt_error *error)
{
    mosquitto_property *properties = NULL;
    if (link->state != LINK_UP)
        return lt_fail(error, LT_CLOSED, "%s", link->fault);
    if (mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expiry_s) !=
        MOSQ_ERR_SUCCESS)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a command");
    int code = mosquitto_publish_v5(link->client, number, topic, (int)payload.size, payload.data, 1,
                                    false, properties);
    mosquitto_property_free_all(&properties);
    if (code != MOSQ_ERR_SUCCESS)
        return lt_fail(error, code == MOSQ_ERR_NOMEM ? LT_NO_MEMORY : LT_CLOSED, "%s",
                       mosquitto_strerror(code));
    if (link->state == LINK_UP)
        watch(link);
    return LT_DONE;
}

bool mqtt_link_refused(const struct mqtt_link *link, int number)
{
    for (size_t i = 0; i < REFUSALS && i < link->refusal; i++)
        if (link->refusals[i] == number)
            return true;
    return false;
}
