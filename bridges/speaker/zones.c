// Zones that wait for the same speech are turned in one go when it is there, so that they begin together.
#include "zones.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hours_note.h"
#include "memory.h"
#include "outlets.h"
#include "turns.h"
#include "zones_state.h"

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct zone *zone_of(const struct speaker *speaker, const lt_delivery *delivery)
{
    const char *target = lt_delivery_target(delivery);
    size_t i = 0;
    while (i + 1 < speaker->zone_count && strcmp(speaker->zones[i].name, target) != 0)
        i++;
    return &speaker->zones[i];
}

void zones_deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    plan_deliver(zone_of(state, delivery), delivery, message);
}

void zones_cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    plan_cancel(zone_of(state, delivery), delivery, by);
}

void zones_told(void *state, const struct lt_part *message)
{
    struct speaker *speaker = state;
    bool taken = false;
    for (size_t i = 0; i < speaker->zone_count; i++)
        taken = plan_told(&speaker->zones[i], message) || taken;
    if (!taken)
        return;
    hours_note(speaker);
    zones_tell_state(speaker);
}

void zones_wake(void *state, int fd)
{
    struct speaker *speaker = state;
    (void)fd;
    for (size_t i = 0; i < speaker->zone_count; i++)
        turns_turn(&speaker->zones[i]);
}

// Here alone, since a message may end without having been given in this life; and when the host has noted that it is over, so
// that nothing is said anew for a power cut in between.
void zones_over(void *state, const char *target, const struct lt_part *message)
{
    const struct speaker *speaker = state;
    char name[MEMORY_NAME];
    if (memory_name(message, speaker->zone_count > 1 ? target : NULL, name))
        memory_forget(lt_bridge_folder(speaker->host), name);
}

static bool has(const int *fds, size_t count, int fd)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] == fd)
            return true;
    return false;
}

// What makes speech, each once. false: one of them cannot be watched.
static bool watch_speech(struct speaker *speaker)
{
    int fds[ZONES_MAX];
    size_t count = 0;
    bool done = true;
    for (size_t i = 0; i < speaker->zone_count; i++) {
        const struct job *job = speaker->zones[i].current;
        int fd = job ? reading_fd(&job->reading) : -1;
        if (fd >= 0 && !has(fds, count, fd))
            fds[count++] = fd;
    }
    for (size_t i = 0; i < speaker->watch_count; i++)
        if (!has(fds, count, speaker->watched[i]))
            lt_bridge_unwatch(speaker->host, speaker->watched[i]);
    for (size_t i = 0; i < count; i++)
        if (!has(speaker->watched, speaker->watch_count, fds[i]))
            done = lt_bridge_watch(speaker->host, fds[i]) == LT_DONE && done;
    memcpy(speaker->watched, fds, count * sizeof *fds);
    speaker->watch_count = count;
    return done;
}

void zones_ask_to_be_woken(struct speaker *speaker)
{
    uint64_t now = clock_ms(), next = UINT64_MAX;
    if (!watch_speech(speaker))
        next = now + PLAYER_TURN_MS;
    for (size_t i = 0; i < speaker->zone_count; i++) {
        uint64_t at = turns_next(&speaker->zones[i]);
        next = at < next ? at : next;
    }
    lt_bridge_wake_in(speaker->host, next == UINT64_MAX ? -1
                                     : next > now       ? (int64_t)(next - now)
                                                        : 0);
}

static void publish_state(void *user)
{
    struct speaker *speaker = user;
    struct lt_buffer body = {.max = 64 * 1024};
    struct lt_error error = {0};
    const char *topic = lt_bridge_topic(speaker->host, "speaker-state.v1");
    if (topic && zones_state_write(speaker, &body)) {
        struct lt_part draft = {
            .topic = lt_slice_of(topic),
            .type = lt_slice_of("speaker-state.v1"),
            .label = LT_NOI_BO,
            .flags = LT_RETAIN,
            .body = lt_buffer_slice(&body),
        };
        if (lt_bridge_publish(speaker->host, &draft, NULL, NULL, &error) != LT_DONE)
            lt_bridge_log(speaker->host, "the state could not be published");
    }
    lt_buffer_clear(&body);
}

void zones_tell_state(struct speaker *speaker)
{
    if (speaker->zone_count == 1)
        publish_state(speaker);
    else
        lt_timer_set(speaker->telling, 0);
}

const char *zones_output(const struct speaker *speaker, const char *target)
{
    const char *own = lt_option_map_find(&speaker->zones_given, target);
    return own ? own : speaker->output;
}

static void hear_length(void *user)
{
    struct speaker *speaker = user;
    for (size_t i = 0; i < speaker->zone_count; i++)
        plan_measured(&speaker->zones[i]);
}

static enum lt_code open_contact(struct zone *zone, struct lt_error *error)
{
    struct speaker *speaker = zone->speaker;
    if (!speaker->muted_topic)
        return LT_DONE;
    enum lt_code code = mqtt_options_link(&speaker->mqtt, speaker->host, error);
    return code == LT_DONE ? mqtt_contact_new(zone, speaker->mqtt.link, speaker->muted_topic,
                                              speaker->muted_when, &zone->mqtt_contact, error)
                           : code;
}

static enum lt_code open_zone(struct zone *zone, struct lt_error *error)
{
    struct speaker *speaker = zone->speaker;
    zone->state.state = "idle";
    zone->state.at = lt_bridge_now(speaker->host);
    zone->state.volume = speaker->style.volume;
    enum lt_code code = outlets_open(zone, zones_output(speaker, zone->name), error);
    if (code == LT_DONE)
        code = plan_open(zone, error);
    if (code == LT_DONE)
        code = faults_open(zone, error);
    return code == LT_DONE ? open_contact(zone, error) : code;
}

enum lt_code zones_open(struct speaker *speaker, struct lt_error *error)
{
    size_t count = 0;
    while (lt_bridge_target(speaker->host, count))
        count++;
    if (count == 0 || count > ZONES_MAX)
        return lt_fail(error, LT_BAD_USE,
                       "a loudspeaker has at most %d zones, and there are %zu targets", ZONES_MAX,
                       count);
    speaker->telling = lt_timer_new(speaker->host, publish_state, speaker);
    speaker->zones = calloc(count, sizeof *speaker->zones);
    if (!speaker->zones || !speaker->telling)
        return lt_fail(error, LT_NO_MEMORY, "no memory for zones");
    speaker->zone_count = count;
    for (size_t i = 0; i < count; i++)
        speaker->zones[i] =
            (struct zone){.speaker = speaker, .name = lt_bridge_target(speaker->host, i)};
    enum lt_code code = lengths_open(&speaker->lengths, speaker->host, &speaker->style, hear_length,
                                     speaker, error);
    if (code == LT_DONE && speaker->microphone_name)
        code = microphone_new(speaker->microphone_name, &speaker->microphone, error);
    if (code == LT_DONE)
        code = outlets_ask_cards(speaker, error);
    for (size_t i = 0; code == LT_DONE && i < count; i++)
        code = open_zone(&speaker->zones[i], error);
    cards_clear(&speaker->cards);
    if (code == LT_DONE)
        code = outlets_apart(speaker, error);
    speaker->opened = code == LT_DONE;
    if (code != LT_DONE)
        return code;
    hours_note(speaker);
    publish_state(speaker);
    return code;
}

void zones_close(struct speaker *speaker)
{
    for (size_t i = 0; i < speaker->watch_count; i++)
        lt_bridge_unwatch(speaker->host, speaker->watched[i]);
    speaker->watch_count = 0;
    lengths_close(&speaker->lengths);
    for (size_t i = 0; i < speaker->zone_count; i++) {
        mqtt_contact_destroy(&speaker->zones[i].mqtt_contact);
        if (speaker->zones[i].faults.timer)
            faults_close(&speaker->zones[i]);
        plan_close(&speaker->zones[i]);
        turns_end(&speaker->zones[i]);
        speaker->zones[i].state.state = "stopped";
        speaker->zones[i].state.speaks = false;
        speaker->zones[i].state.at = lt_bridge_now(speaker->host);
    }
    if (speaker->opened)
        publish_state(speaker);
    for (size_t i = 0; i < speaker->zone_count; i++)
        player_clear(&speaker->zones[i].player);
    if (speaker->telling)
        lt_timer_destroy(&speaker->telling);
    free(speaker->zones);
    speaker->zones = NULL;
    speaker->zone_count = 0;
    microphone_destroy(&speaker->microphone);
    speeches_clear(&speaker->speeches);
}
