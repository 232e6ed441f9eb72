// What it says of a sound is the evidence: that the sound was fetched, or that a command was taken, is none.
#include "mqtt_outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <lienthon/cursor.h>
#include <lienthon/json.h>
#include <lienthon/pack.h>

enum {
    TAKEN_MS = 10000, // for it to say that it has the command
    OVER_MS = 10000,  // beyond the sound's length, for it to have played
    EXPIRY_S = 10,
    ID_BYTES = 16,
    TOPIC_SIZE = 224,
    ANSWER_MOST = 4096,
    WHY_SHOWN = 124,    // of what it says is wrong, with the NUL
    SHORT = SOUND_RATE, // samples that its own figure may be too low by
};

enum said { SAID_NOTHING, SAID_ACCEPTED, SAID_PLAYING, SAID_PLAYED, SAID_STOPPED, SAID_FAILED };

struct mqtt_outlet {
    struct outlet outlet;
    lt_bridge_host *host;
    struct mqtt_link *link;
    struct media *media;
    char command[TOPIC_SIZE], answers[TOPIC_SIZE];
    const struct sound *sound; // NULL: nothing is played
    struct media_offer *offer;
    char id[2 * ID_BYTES + 1];
    uint64_t number; // of the command to play
    enum said said;
    uint64_t told_at, taken_at, playing_at, now, whole_at; // monotonic ms; 0: not yet
    size_t heard;                                          // samples, as it says
    bool says_heard;
    struct lt_error why;
    bool is_dumb;  // it has not answered the last command
    bool was_away; // the broker, when it was looked for last
    unsigned returns;
};

static void pack_text(struct lt_buffer *body, const char *key, const char *text)
{
    lt_pack_text(body, key);
    lt_pack_text(body, text);
}

static enum lt_code send(struct mqtt_outlet *own, struct lt_buffer *body, uint64_t *number,
                         struct lt_error *error)
{
    struct lt_buffer json = {.max = ANSWER_MOST};
    enum lt_code code = body->failed
                            ? lt_fail(error, LT_NO_MEMORY, "no memory for a command")
                            : lt_json_from_body(lt_buffer_slice(body), &json, false, error);
    if (code == LT_DONE)
        code =
            mqtt_link_say(own->link, own->command, lt_buffer_slice(&json), EXPIRY_S, number, error);
    lt_buffer_clear(&json);
    return code;
}

static enum lt_code tell_play(struct mqtt_outlet *own, const char *url, uint8_t priority,
                              struct lt_error *error)
{
    struct lt_buffer body = {.max = ANSWER_MOST};
    lt_pack_map(&body, 5);
    pack_text(&body, "id", own->id);
    pack_text(&body, "do", "play");
    pack_text(&body, "url", url);
    lt_pack_text(&body, "priority");
    lt_pack_uint(&body, priority);
    lt_pack_text(&body, "expires");
    lt_pack_uint(&body, lt_bridge_now(own->host) + TAKEN_MS);
    enum lt_code code = send(own, &body, &own->number, error);
    lt_buffer_clear(&body);
    return code;
}

static void tell_stop(struct mqtt_outlet *own)
{
    struct lt_buffer body = {.max = ANSWER_MOST};
    lt_pack_map(&body, 2);
    pack_text(&body, "id", own->id);
    pack_text(&body, "do", "stop");
    uint64_t number;
    (void)send(own, &body, &number, NULL); // away, it has lost the sound too
    lt_buffer_clear(&body);
}

static void end(struct mqtt_outlet *own)
{
    media_withdraw(&own->offer);
    own->sound = NULL;
}

static enum lt_code start_mqtt(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    struct mqtt_outlet *own = (struct mqtt_outlet *)outlet;
    uint8_t id[ID_BYTES];
    char url[MEDIA_URL];
    end(own);
    if (!mqtt_link_is_up(own->link))
        return lt_fail(error, LT_CLOSED, "%s", mqtt_link_fault(own->link));
    randombytes_buf(id, sizeof id);
    sodium_bin2hex(own->id, sizeof own->id, id, sizeof id);
    own->offer = media_offer(own->media, sound, url);
    if (!own->offer)
        return lt_fail(error, LT_NO_MEMORY, "no memory to offer a sound");
    own->sound = sound;
    own->said = SAID_NOTHING;
    own->is_dumb = false;
    own->why = (struct lt_error){0};
    own->heard = 0;
    own->says_heard = false;
    own->told_at = own->now = now;
    own->taken_at = own->playing_at = own->whole_at = 0;
    enum lt_code code = tell_play(own, url, cue->priority, error);
    if (code != LT_DONE)
        end(own);
    return code;
}

static enum outlet_state fail(struct lt_error *error, enum lt_code code, const char *why)
{
    lt_fail(error, code, "%s", why);
    return OUTLET_FAILED;
}

// What it has not fetched it has not played, whoever says so; and its own figure is believed against it.
static enum outlet_state ask_played(const struct mqtt_outlet *own, struct lt_error *error)
{
    size_t count = own->sound->count;
    if (own->sound->more || media_given(own->offer) < count)
        return fail(error, LT_IO, "loa báo đã phát xong mà chưa tải hết tiếng");
    if (own->says_heard && own->heard + SHORT < count) {
        lt_fail(error, LT_IO, "loa báo đã phát xong mà chỉ phát %llu trong %llu ms",
                (unsigned long long)sound_ms(own->heard), (unsigned long long)sound_ms(count));
        return OUTLET_FAILED;
    }
    return OUTLET_ENDED;
}

static enum outlet_state turn_mqtt(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct mqtt_outlet *own = (struct mqtt_outlet *)outlet;
    own->now = now;
    media_grown(own->offer);
    if (!own->sound->more && !own->whole_at)
        own->whole_at = now;
    switch (own->said) {
    case SAID_PLAYED:
        if (ask_played(own, error) == OUTLET_FAILED)
            return OUTLET_FAILED;
        end(own);
        return OUTLET_ENDED;
    case SAID_FAILED:
    case SAID_STOPPED:
        return fail(error, LT_IO, own->why.text[0] ? own->why.text : "loa báo đã dừng");
    case SAID_NOTHING:
        if (mqtt_link_refused(own->link, own->number))
            return fail(error, LT_NOT_ALLOWED, "máy chủ MQTT không cho gửi lệnh đến loa này");
        own->is_dumb = now - own->told_at > TAKEN_MS;
        if (own->is_dumb)
            return fail(error, LT_TIMED_OUT, "loa không trả lời");
        break;
    case SAID_ACCEPTED:
    case SAID_PLAYING:
        break;
    }
    uint64_t from = own->taken_at > own->whole_at ? own->taken_at : own->whole_at;
    if (own->taken_at && own->whole_at && now - from > sound_ms(own->sound->count) + OVER_MS)
        return fail(error, LT_TIMED_OUT, "loa không báo đã phát xong");
    return OUTLET_PLAYS;
}

static size_t stop_mqtt(struct outlet *outlet)
{
    struct mqtt_outlet *own = (struct mqtt_outlet *)outlet;
    if (!own->sound)
        return own->heard;
    if (own->said < SAID_PLAYED)
        tell_stop(own);
    size_t most = media_given(own->offer);
    size_t by_clock =
        own->playing_at ? (size_t)((own->now - own->playing_at) * SOUND_RATE / 1000) : 0;
    size_t heard = own->heard ? own->heard : by_clock;
    end(own);
    return heard < most ? heard : most;
}

static enum outlet_state drain_mqtt(struct outlet *outlet, uint64_t now)
{
    (void)outlet, (void)now;
    return OUTLET_ENDED;
}

static const char *fault_mqtt(const struct outlet *outlet)
{
    const struct mqtt_outlet *own = (const struct mqtt_outlet *)outlet;
    return mqtt_link_fault(own->link);
}

static void look_mqtt(struct outlet *outlet, uint64_t now)
{
    struct mqtt_outlet *own = (struct mqtt_outlet *)outlet;
    bool is_away = fault_mqtt(outlet) != NULL;
    (void)now;
    own->returns += own->was_away && !is_away;
    own->was_away = is_away;
}

static unsigned returns_mqtt(const struct outlet *outlet)
{
    return ((const struct mqtt_outlet *)outlet)->returns;
}

static enum said said_of(struct lt_slice state)
{
    static const char *const names[] = {"", "accepted", "playing", "played", "stopped", "failed"};
    for (size_t i = SAID_ACCEPTED; i <= SAID_FAILED; i++)
        if (lt_slice_is(state, names[i]))
            return (enum said)i;
    return SAID_NOTHING;
}

static void take(struct mqtt_outlet *own, struct lt_slice body)
{
    struct lt_slice id, state, why;
    uint64_t ms;
    if (!own->sound || !lt_map_str(body, "id", &id) || !lt_slice_is(id, own->id) ||
        !lt_map_str(body, "state", &state))
        return;
    enum said said = said_of(state);
    if (said <= own->said || own->said >= SAID_PLAYED) // a repetition, or one that was overtaken
        return;
    own->said = said;
    if (!own->taken_at)
        own->taken_at = own->now;
    if (said == SAID_PLAYING)
        own->playing_at = own->now;
    own->says_heard = lt_map_uint(body, "heard_ms", &ms);
    if (own->says_heard)
        own->heard =
            ms < sound_ms(own->sound->count) ? (size_t)(ms * SOUND_RATE / 1000) : own->sound->count;
    if (lt_map_str(body, "why", &why) && lt_utf8_valid(why)) {
        char text[ANSWER_MOST], shown[WHY_SHOWN];
        snprintf(text, sizeof text, "%.*s", (int)why.size, (const char *)why.data);
        lt_fail(&own->why, LT_IO, "loa báo: %s", lt_shorten(text, shown, sizeof shown));
    }
}

// What it said before this connection is about an earlier sound.
static void hear(void *user, const char *topic, struct lt_slice payload, bool retained)
{
    struct lt_buffer body = {.max = ANSWER_MOST};
    struct mqtt_outlet *own = user;
    (void)topic;
    if (!retained && own->is_dumb && !own->sound) {
        own->is_dumb = false;
        own->returns++;
    }
    if (!retained && payload.size < ANSWER_MOST && lt_utf8_valid(payload) &&
        lt_json_to_body(payload, NULL, &body, NULL) == LT_DONE)
        take(user, lt_buffer_slice(&body));
    lt_buffer_clear(&body);
}

static void destroy_mqtt(struct outlet *outlet)
{
    struct mqtt_outlet *own = (struct mqtt_outlet *)outlet;
    stop_mqtt(outlet);
    mqtt_link_hear_no_more(own->link, own);
    free(own);
}

static const struct outlet_kind mqtt_kind = {.start = start_mqtt,
                                             .turn = turn_mqtt,
                                             .stop = stop_mqtt,
                                             .drain = drain_mqtt,
                                             .look = look_mqtt,
                                             .fault = fault_mqtt,
                                             .returns = returns_mqtt,
                                             .destroy = destroy_mqtt};

enum lt_code mqtt_outlet_new(lt_bridge_host *host, struct mqtt_link *link, struct media *media,
                             const char *topic, struct outlet **outlet, struct lt_error *error)
{
    if (!mqtt_topic_valid(topic))
        return lt_fail(error, LT_BAD_USE, "output: mqtt:%s: '%s' is no topic", topic, topic);
    struct mqtt_outlet *own = calloc(1, sizeof *own);
    if (!own)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a speaker");
    own->outlet.kind = &mqtt_kind;
    own->host = host;
    own->link = link;
    own->media = media;
    snprintf(own->command, sizeof own->command, "%s/lenh", topic);
    snprintf(own->answers, sizeof own->answers, "%s/tin", topic);
    enum lt_code code = mqtt_link_hear(link, own->answers, hear, own, error);
    if (code != LT_DONE) {
        free(own);
        return code;
    }
    *outlet = &own->outlet;
    return LT_DONE;
}
