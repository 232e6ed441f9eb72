#include "mqtt_contact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zone.h"

// A relay that flaps, or who sends so on purpose, floods nobody with health: of more changes than FLAPS in FLAPPING_MS the last is
// told when there is room for it again.
enum { LOOK_MS = 1000, TOPIC_SIZE = 256, WHEN_SIZE = 64, FLAPS = 4, FLAPPING_MS = 10000 };

struct mqtt_contact {
    struct zone *zone;
    struct mqtt_link *link;
    lt_timer *timer;
    char when[WHEN_SIZE];
    enum contact_says says, told;
    uint64_t changes[FLAPS]; // monotonic ms: when it was told, the last ones; 0: not yet
    size_t change;
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell(struct mqtt_contact *contact)
{
    uint64_t now = clock_ms(), *oldest = &contact->changes[contact->change % FLAPS];
    if (contact->says == contact->told || (*oldest && now - *oldest < FLAPPING_MS))
        return;
    *oldest = now;
    contact->change++;
    contact->told = contact->says;
    faults_contact(contact->zone, contact->told);
}

// What was said last before this connection is how it stands, so a retained one counts too. Nothing is what is said when that is
// taken back.
static void hear(void *user, const char *topic, struct lt_slice payload, bool retained)
{
    struct mqtt_contact *contact = user;
    (void)topic, (void)retained;
    if (payload.size == 0)
        contact->says = CONTACT_UNKNOWN;
    else
        contact->says = lt_slice_is(payload, contact->when) ? CONTACT_MUTED : CONTACT_LOUD;
    tell(contact);
}

static void look(void *user)
{
    struct mqtt_contact *contact = user;
    if (!mqtt_link_is_up(contact->link))
        contact->says = CONTACT_UNKNOWN;
    tell(contact);
    lt_timer_set(contact->timer, LOOK_MS);
}

static bool fill_in(const char *topic, const char *name, char out[TOPIC_SIZE])
{
    static const char word[] = "<zone>";
    const char *at = strstr(topic, word);
    int size = at ? snprintf(out, TOPIC_SIZE, "%.*s%s%s", (int)(at - topic), topic, name,
                             at + sizeof word - 1)
                  : snprintf(out, TOPIC_SIZE, "%s", topic);
    return size > 0 && size < TOPIC_SIZE && mqtt_topic_valid(out);
}

enum lt_code mqtt_contact_new(struct zone *zone, struct mqtt_link *link, const char *topic,
                              const char *when, struct mqtt_contact **out, struct lt_error *error)
{
    char own[TOPIC_SIZE];
    *out = NULL;
    if (!fill_in(topic, zone->name, own))
        return lt_fail(error, LT_BAD_USE, "muted-topic: '%s' is no topic", topic);
    if (!when[0] || strlen(when) >= WHEN_SIZE)
        return lt_fail(error, LT_BAD_USE, "muted-when: allowed are 1 to %d bytes", WHEN_SIZE - 1);
    struct mqtt_contact *contact = calloc(1, sizeof *contact);
    lt_timer *timer = contact ? lt_timer_new(zone->speaker->host, look, contact) : NULL;
    if (!timer) {
        free(contact);
        return lt_fail(error, LT_NO_MEMORY, "no memory for the amplifier's contact");
    }
    *contact = (struct mqtt_contact){.zone = zone, .link = link, .timer = timer};
    snprintf(contact->when, sizeof contact->when, "%s", when);
    enum lt_code code = mqtt_link_hear(link, own, hear, contact, error);
    if (code != LT_DONE)
        mqtt_contact_destroy(&contact);
    else
        lt_timer_set(timer, LOOK_MS);
    *out = contact;
    return code;
}

void mqtt_contact_destroy(struct mqtt_contact **contact)
{
    struct mqtt_contact *own = *contact;
    if (!own)
        return;
    *contact = NULL;
    mqtt_link_hear_no_more(own->link, own);
    lt_timer_destroy(&own->timer);
    free(own);
}
