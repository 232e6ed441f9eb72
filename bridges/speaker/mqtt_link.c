// One connection after the other, and who wants to hear what.
#include "mqtt_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mosquitto.h>
#include <sodium.h>

#include <lienthon/pace.h>

enum {
    DOOR_MS = 5000, // for the broker to let us in
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
    int number; // of the subscription in this connection
};

enum link_state { LINK_RESTS, LINK_GREETS, LINK_UP };

struct mqtt_link {
    lt_bridge_host *host;
    const struct mqtt_config *config;
    struct mqtt_client *client; // NULL: there was none yet
    enum link_state state;
    lt_timer *timer;
    uint64_t since; // monotonic ms: of this state
    unsigned failed;
    uint64_t connection; // the how many-th
    struct hearing *hearings;
    uint64_t refusals[REFUSALS];
    size_t refusal;
    struct lt_error fault; // its text is cut at a character
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
    link->fault = (struct lt_error){0};
    lt_fail(&link->fault, LT_CLOSED, "máy chủ MQTT %s: %s", link->config->address, why);
}

static void move(struct mqtt_link *link, enum link_state state)
{
    link->state = state;
    link->since = clock_ms();
}

// It is away: tried again after a while.
static void fall(struct mqtt_link *link, const char *why)
{
    if (link->state == LINK_UP && clock_ms() - link->since >= STABLE_MS)
        link->failed = 0;
    say_fault(link, why);
    link->failed++;
    move(link, LINK_RESTS);
    lt_timer_set(link->timer,
                 (int64_t)lt_backoff(link->failed, FIRST_MS, MOST_MS, randombytes_random()));
}

static void lost(void *user, const char *why)
{
    fall(user, why);
}

static void subscribe(struct mqtt_link *link, struct hearing *hearing)
{
    hearing->number = 0;
    if (link->state == LINK_UP)
        (void)mqtt_client_hear(link->client, hearing->topic, &hearing->number);
}

static void up(void *user)
{
    struct mqtt_link *link = user;
    move(link, LINK_UP);
    link->fault = (struct lt_error){0};
    lt_bridge_log(link->host,
                  link->was_up ? "the MQTT broker is there again" : "the MQTT broker is there");
    link->was_up = true;
    for (struct hearing *at = link->hearings; at; at = at->next)
        subscribe(link, at);
}

static void heard(void *user, const char *topic, struct lt_slice payload, bool retained)
{
    struct mqtt_link *link = user;
    for (struct hearing *at = link->hearings, *next; at; at = next) {
        next = at->next;
        if (strcmp(at->topic, topic) == 0)
            at->heard(at->user, topic, payload, retained);
    }
}

// A number is only of its connection.
static uint64_t number_of(const struct mqtt_link *link, int number)
{
    return link->connection << 32 | (uint32_t)number;
}

static void unsaid(void *user, int number)
{
    struct mqtt_link *link = user;
    link->refusals[link->refusal++ % REFUSALS] = number_of(link, number);
}

static void deaf(void *user, int number)
{
    struct mqtt_link *link = user;
    char why[LT_TEXT_MAX];
    for (const struct hearing *at = link->hearings; at; at = at->next) {
        if (at->number != number)
            continue;
        snprintf(why, sizeof why, "không cho nghe %s", at->topic);
        say_fault(link, why);
        lt_bridge_log(link->host, link->fault.text);
    }
}

static const struct mqtt_events events = {
    .up = up, .lost = lost, .heard = heard, .unsaid = unsaid, .deaf = deaf};

static enum lt_code greet(struct mqtt_link *link, struct lt_error *error)
{
    mqtt_client_destroy(&link->client);
    link->connection++;
    move(link, LINK_GREETS);
    enum lt_code code =
        mqtt_client_open(link->host, link->config, &events, link, &link->client, error);
    if (code == LT_DONE)
        lt_timer_set(link->timer, TURN_MS);
    else
        fall(link, error->text);
    return code;
}

static void look(void *user)
{
    struct mqtt_link *link = user;
    struct lt_error error = {0};
    if (link->state == LINK_RESTS) {
        (void)greet(link, &error);
    } else if (link->state == LINK_GREETS && clock_ms() - link->since > DOOR_MS) {
        mqtt_client_destroy(&link->client);
        fall(link, "không trả lời");
    } else {
        lt_timer_set(link->timer, TURN_MS);
        mqtt_client_turn(link->client);
    }
}

enum lt_code mqtt_link_new(lt_bridge_host *host, const struct mqtt_config *config,
                           struct mqtt_link **out, struct lt_error *error)
{
    struct mqtt_link *link = calloc(1, sizeof *link);
    struct lt_error why = {0};
    *out = NULL;
    if (!link)
        return lt_fail(error, LT_NO_MEMORY, "no memory for MQTT");
    mosquitto_lib_init();
    link->host = host;
    link->config = config;
    link->timer = lt_timer_new(host, look, link);
    enum lt_code code =
        link->timer ? greet(link, &why) : lt_fail(&why, LT_NO_MEMORY, "no memory for a timer");
    if (code != LT_DONE && code != LT_CLOSED) {
        mqtt_link_destroy(&link);
        return lt_fail(error, code, "%s", why.text);
    }
    if (code == LT_DONE)
        say_fault(link, "chưa kết nối");
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
    mqtt_client_destroy(&own->client);
    mosquitto_lib_cleanup();
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
    return link->fault.code == LT_DONE ? NULL : link->fault.text;
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
                           unsigned expiry_s, uint64_t *number, struct lt_error *error)
{
    int own = 0;
    enum lt_code code = link->state == LINK_UP
                            ? mqtt_client_say(link->client, topic, payload, expiry_s, &own)
                            : LT_CLOSED;
    *number = number_of(link, own);
    if (code == LT_NO_MEMORY)
        return lt_fail(error, code, "no memory for a command");
    return code == LT_DONE ? code : lt_fail(error, code, "%s", link->fault.text);
}

bool mqtt_link_refused(const struct mqtt_link *link, uint64_t number)
{
    for (size_t i = 0; i < REFUSALS && i < link->refusal; i++)
        if (link->refusals[i] == number)
            return true;
    return false;
}
