// What an MQTT broker hands on: answers of a smart speaker, states of an amplifier's contact, refusals, and the comings and goings of
// the connection, in any order. The connection itself (mqtt_client.h), the web server and health are played here, so that nothing is
// sent and no time passes by itself. A record of the input is a letter, then text up to a NUL byte.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pace.h>
#include <sodium.h>

#include "mqtt_contact.h"
#include "mqtt_outlet.h"
#include "zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SAMPLES = 3 * SOUND_RATE };

// What stands in the place of the rest. One of each at a time.

struct mqtt_client {
    const struct mqtt_events *events;
    void *user;
    char topics[3][256];
    int heard, said;
};

struct lt_timer {
    lt_timer_due *due;
    void *user;
    bool is_set;
};

struct media_offer {
    const struct sound *sound;
};

static struct {
    struct mqtt_client *client; // NULL: nobody has opened one
    struct lt_timer *timers[4];
    enum contact_says says;
    size_t given;
} world;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

// A device's own, with what stands behind it for commands or answers.
static bool is_topic(const char *topic)
{
    return strlen(topic) <= 205 && !strpbrk(topic, "+#");
}

enum lt_code mqtt_client_open(lt_bridge_host *host, const struct mqtt_config *config,
                              const struct mqtt_events *events, void *user,
                              struct mqtt_client **client, struct lt_error *error)
{
    (void)host, (void)config, (void)error;
    demand(!world.client);
    world.client = calloc(1, sizeof *world.client);
    demand(world.client);
    world.client->events = events;
    world.client->user = user;
    *client = world.client;
    return LT_DONE;
}

void mqtt_client_destroy(struct mqtt_client **client)
{
    demand(!*client || *client == world.client);
    if (*client)
        world.client = NULL;
    free(*client);
    *client = NULL;
}

void mqtt_client_turn(struct mqtt_client *client)
{
    demand(client == world.client);
}

enum lt_code mqtt_client_hear(struct mqtt_client *client, const char *topic, int *number)
{
    demand(client == world.client && is_topic(topic));
    *number = ++client->heard;
    snprintf(client->topics[*number % 3], sizeof *client->topics, "%s", topic);
    return LT_DONE;
}

enum lt_code mqtt_client_say(struct mqtt_client *client, const char *topic, struct lt_slice payload,
                             unsigned expiry_s, int *number)
{
    demand(client == world.client && is_topic(topic) && lt_utf8_valid(payload));
    demand(expiry_s > 0);
    *number = ++client->said;
    return LT_DONE;
}

lt_timer *lt_timer_new(lt_bridge_host *host, lt_timer_due *due, void *user)
{
    (void)host;
    for (size_t i = 0; i < sizeof world.timers / sizeof *world.timers; i++)
        if (!world.timers[i]) {
            world.timers[i] = calloc(1, sizeof *world.timers[i]);
            demand(world.timers[i]);
            *world.timers[i] = (struct lt_timer){.due = due, .user = user};
            return world.timers[i];
        }
    abort();
}

void lt_timer_set(lt_timer *timer, int64_t ms)
{
    timer->is_set = ms >= 0;
}

void lt_timer_destroy(lt_timer **timer)
{
    for (size_t i = 0; i < sizeof world.timers / sizeof *world.timers; i++)
        if (world.timers[i] == *timer)
            world.timers[i] = NULL;
    free(*timer);
    *timer = NULL;
}

uint64_t lt_bridge_now(lt_bridge_host *host)
{
    (void)host;
    return 1764000000000;
}

void lt_bridge_log(lt_bridge_host *host, const char *text)
{
    (void)host;
    demand(lt_utf8_valid(lt_slice_of(text)));
}

uint64_t lt_backoff(unsigned failed, uint64_t first_ms, uint64_t most_ms, uint32_t chance)
{
    (void)failed, (void)most_ms, (void)chance;
    return first_ms;
}

void faults_contact(struct zone *zone, enum contact_says says)
{
    (void)zone;
    world.says = says;
}

struct media_offer *media_offer(struct media *media, const struct sound *sound, char url[MEDIA_URL])
{
    struct media_offer *offer = calloc(1, sizeof *offer);
    (void)media;
    demand(offer);
    offer->sound = sound;
    world.given = 0;
    snprintf(url, MEDIA_URL, "http://192.168.1.5:8090/x.wav");
    return offer;
}

void media_grown(struct media_offer *offer)
{
    demand(offer->sound);
}

size_t media_given(const struct media_offer *offer)
{
    return offer ? world.given : 0;
}

void media_withdraw(struct media_offer **offer)
{
    free(*offer);
    *offer = NULL;
}

// The id of a sound is then the same each time, so that an input can answer it.
static const char *name_of_zeros(void)
{
    return "zeros";
}

static uint32_t no_chance(void)
{
    return 0;
}

static void zeros(void *const out, const size_t size)
{
    memset(out, 0, size);
}

static struct randombytes_implementation no_luck = {
    .implementation_name = name_of_zeros, .random = no_chance, .buf = zeros};

// The station.

struct station {
    struct speaker speaker;
    struct zone zone;
    struct mqtt_config config;
    struct mqtt_link *link;
    struct mqtt_contact *contact;
    struct outlet *outlet;
    struct sound sound;
    uint64_t now;
    bool plays;
};

static void run_timers(void)
{
    for (size_t i = 0; i < sizeof world.timers / sizeof *world.timers; i++) {
        struct lt_timer *timer = world.timers[i];
        if (timer && timer->is_set) {
            timer->is_set = false;
            timer->due(timer->user);
        }
    }
}

static void look_at_health(const struct station *station)
{
    const char *fault = station->outlet->kind->fault(station->outlet);
    demand(!fault || lt_utf8_valid(lt_slice_of(fault)));
    demand(world.says <= CONTACT_MUTED);
}

static void play(struct station *station)
{
    struct lt_error error = {0};
    const struct outlet_cue cue = {.name = "x", .priority = LT_KHAN};
    station->plays = station->outlet->kind->start(station->outlet, &station->sound, &cue,
                                                  station->now, &error) == LT_DONE;
    demand(station->plays || lt_utf8_valid(lt_slice_of(error.text)));
}

static void turn(struct station *station, uint64_t ms)
{
    struct lt_error error = {0};
    station->now += ms;
    run_timers();
    if (!station->plays)
        return;
    enum outlet_state state = station->outlet->kind->turn(station->outlet, station->now, &error);
    station->plays = state == OUTLET_PLAYS;
    demand(state != OUTLET_ENDED || world.given >= SAMPLES); // believed only with evidence
    demand(state != OUTLET_FAILED || (error.text[0] && lt_utf8_valid(lt_slice_of(error.text))));
    if (state == OUTLET_FAILED)
        demand(station->outlet->kind->stop(station->outlet) <= SAMPLES);
}

// The broker's word, only while there is a connection that has not been lost.
static void hear(struct station *station, const char *topic, struct lt_slice payload, bool retained)
{
    if (world.client && mqtt_link_is_up(station->link))
        world.client->events->heard(world.client->user, topic, payload, retained);
}

static void lose(const struct station *station, const char *why)
{
    if (world.client && mqtt_link_is_up(station->link))
        world.client->events->lost(world.client->user, why);
}

static void reach(const struct station *station)
{
    for (int i = 0; i < 3 && !mqtt_link_is_up(station->link); i++) {
        if (world.client && i > 0)
            world.client->events->up(world.client->user);
        else
            run_timers();
    }
}

// Another topic and another word that means muted, as a file may name them.
static void anew(struct station *station, const char *topic)
{
    struct lt_error error = {0};
    struct mqtt_contact *contact = NULL;
    struct outlet *outlet = NULL;
    if (mqtt_contact_new(&station->zone, station->link, topic, topic, &contact, &error) != LT_DONE)
        demand(!contact && error.text[0]);
    mqtt_contact_destroy(&contact);
    if (mqtt_outlet_new(NULL, station->link, NULL, topic, &outlet, &error) == LT_DONE)
        outlet->kind->destroy(outlet);
}

static void act(struct station *station, char what, const char *text)
{
    const struct lt_slice payload = lt_slice_of(text);
    const unsigned number = (unsigned)strtoul(text, NULL, 10);
    switch (what) {
    case 'a': // an answer of the speaker
    case 'r': // one of an earlier time
        hear(station, "xa/loa/tin", payload, what == 'r');
        break;
    case 'c':
        hear(station, "xa/ampli/an-lac", payload, false);
        break;
    case 't':
        hear(station, text, lt_slice_of("{}"), false);
        break;
    case 'u':
        if (world.client)
            world.client->events->unsaid(world.client->user, (int)(number % 4));
        break;
    case 'd':
        if (world.client)
            world.client->events->deaf(world.client->user, (int)(number % 4));
        break;
    case 'l':
        lose(station, "đã ngắt kết nối");
        break;
    case 'g': // so much of the sound was fetched
        world.given = number < SAMPLES ? number : SAMPLES;
        break;
    case 'p':
        play(station);
        break;
    case 's':
        demand(station->outlet->kind->stop(station->outlet) <= SAMPLES);
        station->plays = false;
        break;
    case 'n':
        anew(station, text);
        break;
    default:
        turn(station, number % 20000);
    }
    reach(station);
    look_at_health(station);
}

static void begin(struct station *station)
{
    static int16_t silence[SAMPLES];
    struct lt_error error = {0};
    memset(&world, 0, sizeof world);
    *station = (struct station){.config = {.address = "mqtt://10.0.0.2", .client_id = "x"},
                                .sound = {.samples = silence, .count = SAMPLES, .max = SAMPLES},
                                .now = 1000};
    station->zone = (struct zone){.speaker = &station->speaker, .name = "an-lac"};
    demand(mqtt_link_new(NULL, &station->config, &station->link, &error) == LT_DONE);
    demand(mqtt_outlet_new(NULL, station->link, NULL, "xa/loa", &station->outlet, &error) ==
           LT_DONE);
    demand(mqtt_contact_new(&station->zone, station->link, "xa/ampli/<zone>", "1",
                            &station->contact, &error) == LT_DONE);
    reach(station);
    play(station);
    demand(station->plays);
}

static void end(struct station *station)
{
    mqtt_contact_destroy(&station->contact);
    station->outlet->kind->destroy(station->outlet);
    mqtt_link_destroy(&station->link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct station station;
    char text[8192];
    static bool once;
    if (!once) {
        once = true;
        randombytes_set_implementation(&no_luck);
        demand(sodium_init() >= 0);
    }
    begin(&station);
    for (size_t at = 0; at < size;) {
        const uint8_t *rest = data + at;
        const uint8_t *stop = memchr(rest, '\0', size - at);
        size_t length = stop ? (size_t)(stop - rest) : size - at;
        if (length > 0 && length < sizeof text) {
            memcpy(text, rest + 1, length - 1);
            text[length - 1] = '\0';
            act(&station, (char)rest[0], text);
        }
        at += length + 1;
    }
    end(&station);
    return 0;
}
