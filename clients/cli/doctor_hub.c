// What the hub says of itself: versions, damage, what waits, what died, how its bridges are.
#include "doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "walk.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    MANY_WAITING = 1000, // with somebody there who takes them
    SHOWN = 10,          // of one kind; the others are counted
    HEALTH_MISSED = 3,   // how often a health may fail to come
};

void doctor_hub(struct doctor *doctor)
{
    if (!doctor->has_identity) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not asked: see `configuration`");
    } else if (doctor->is_up) {
        doctor_say(doctor, DOCTOR_OK, NULL, "the hub at %s answers", doctor->session.identity.hub);
    } else if (lt_code_is_refusal(doctor->down.code)) {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "ask the commune's office for a new invitation; if this is the office, restore "
                   "its keys from a backup",
                   "the hub does not let this identity in: %s", doctor->down.text);
    } else {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "start it (lienthon up, or systemctl start lienthond), and read its last lines "
                   "(journalctl -u lienthond)",
                   "the hub does not answer: %s", doctor->down.text);
    }
}

void doctor_versions(struct doctor *doctor)
{
    struct lt_slice version = {0};
    if (doctor_lacks(doctor, &doctor->stats)) {
        return;
    }
    const uint64_t store = doctor_stat(doctor, "store_version");
    if (!lt_map_str(lt_buffer_slice(&doctor->stats), "version", &version)) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "install the newer packages on the hub's machine too, and start the hub again",
                   "the hub is older than this command (%s): it does not say its version",
                   CLI_VERSION);
    } else if (!lt_slice_is(version, CLI_VERSION)) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "install the same version on both, and start the hub again",
                   "the hub is version %.*s, this command %s", (int)version.size,
                   (const char *)version.data, CLI_VERSION);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "the hub and this command are version %s, the store's layout %" PRIu64,
                   CLI_VERSION, store);
    }
}

void doctor_damage(struct doctor *doctor)
{
    if (doctor_lacks(doctor, &doctor->stats)) {
        return;
    }
    const uint64_t damaged = doctor_stat(doctor, "damaged");
    if (damaged > 0) {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "the disk may be dying: make a backup onto another one now (lienthon backup), "
                   "look at smartctl -a, and move the hub (lienthon restore). lienthon dead list "
                   "names the messages whose senders should say them anew",
                   "%" PRIu64 " stored messages are not what was stored", damaged);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "no stored message was found damaged since the hub started");
    }
}

void doctor_deferred(struct doctor *doctor)
{
    char span[32];
    if (doctor_lacks(doctor, &doctor->stats)) {
        return;
    }
    const uint64_t due = doctor_stat(doctor, "due_next");
    const uint64_t now = doctor_stat(doctor, "now");
    if (due != 0 && now > due + MINUTE_MS) {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "read the hub's log for `store could not be read`; if there is none, start the "
                   "hub again",
                   "deferred messages are overdue since %s: they should have gone out",
                   doctor_span(now - due, span));
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "%" PRIu64 " messages wait for their time",
                   doctor_stat(doctor, "deferred"));
    }
}

// --- subscriptions ---

struct row {
    struct lt_slice principal, durable;
    uint64_t waiting, seen;
    bool connected;
};

static bool read_row(struct lt_slice map, struct row *row)
{
    struct lt_slice connected = {0};
    *row = (struct row){0};
    if (lt_map_find(map, "connected", &connected)) {
        struct lt_cursor cursor = lt_cursor_of(connected);
        (void)lt_cursor_bool(&cursor, &row->connected);
    }
    (void)lt_map_uint(map, "seen", &row->seen);
    return lt_map_str(map, "principal", &row->principal) &&
           lt_map_str(map, "durable", &row->durable) && lt_map_uint(map, "waiting", &row->waiting);
}

static void say_stuck(struct doctor *doctor, const struct row *row)
{
    char span[32] = "";
    const uint64_t away = doctor->now > row->seen ? doctor->now - row->seen : 0;
    if (row->connected) {
        doctor_say(
            doctor, DOCTOR_WARNING,
            "it acknowledges too slowly or not at all: look at that device's or bridge's log",
            "%" PRIu64 " messages wait for %.*s (%.*s), which is connected", row->waiting,
            (int)row->principal.size, (const char *)row->principal.data, (int)row->durable.size,
            (const char *)row->durable.data);
        return;
    }
    doctor_say(
        doctor, DOCTOR_WARNING,
        "see that it is switched on and has a network; if it is gone for good, take its "
        "rights away: lienthon revoke; if only this subscription is not needed any more, its "
        "owner ends it: lienthon sub PATTERN --durable NAME --forget",
        "%" PRIu64 " messages wait for %.*s (%.*s), which is not connected%s%s", row->waiting,
        (int)row->principal.size, (const char *)row->principal.data, (int)row->durable.size,
        (const char *)row->durable.data, row->seen == 0 ? ", nobody knows since when" : " for ",
        row->seen == 0 ? "" : doctor_span(away, span));
}

void doctor_stuck(struct doctor *doctor)
{
    struct walk walk = walk_of(&doctor->subscriptions);
    struct lt_slice map;
    struct row row;
    size_t all = 0;
    size_t stuck = 0;
    if (doctor_lacks(doctor, &doctor->subscriptions)) {
        return;
    }
    while (walk_value(&walk, &map)) {
        if (!read_row(map, &row)) {
            continue;
        }
        all++;
        const bool is_away =
            !row.connected && doctor->now >= row.seen + doctor->limits.stuck_hours * HOUR_MS;
        if (row.waiting > 0 && (is_away || row.waiting >= MANY_WAITING)) {
            if (stuck++ < SHOWN) {
                say_stuck(doctor, &row);
            }
        }
    }
    if (stuck > SHOWN) {
        doctor_say(doctor, DOCTOR_WARNING, "see the ones named before",
                   "%zu more subscriptions are stuck", stuck - SHOWN);
    } else if (stuck == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%zu durable subscriptions, none is stuck", all);
    }
}

// --- dead letters ---

void doctor_dead(struct doctor *doctor)
{
    struct walk walk = walk_of(&doctor->dead);
    struct lt_slice map;
    size_t count = 0;
    if (doctor_lacks(doctor, &doctor->dead)) {
        return;
    }
    while (walk_value(&walk, &map)) {
        count++;
    }
    if (count > 0) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "lienthon dead list says why; when the reason is gone: lienthon dead again",
                   "%zu%s deliveries were given up", count, count >= 1000 ? " or more" : "");
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "no delivery was given up");
    }
}

// --- how bridges and devices are ---

static void say_health(struct doctor *doctor, const struct lt_part *part, size_t *wrong)
{
    struct lt_slice state = {0};
    struct lt_slice ill = {0};
    struct lt_slice what = {0};
    uint64_t at = 0;
    uint64_t every = 0;
    char span[32];
    (void)lt_map_uint(part->body, "at", &at);
    (void)lt_map_uint(part->body, "every", &every);
    if (!lt_map_str(part->body, "state", &state) || lt_slice_is(state, "stopped")) {
        return;
    }
    if (lt_map_find(part->body, "ill", &ill)) {
        (void)lt_map_str(ill, "what", &what);
    }
    const uint64_t age = doctor->now > at ? doctor->now - at : 0;
    if (every > 0 && age > every * 1000 * HEALTH_MISSED + MINUTE_MS) {
        ++*wrong;
        doctor_say(doctor, DOCTOR_WARNING,
                   "see whether it runs: lienthon up, or systemctl status lienthon-bridge@NAME on "
                   "its machine",
                   "%.*s has not said how it is for %s", (int)part->from.size,
                   (const char *)part->from.data, doctor_span(age, span));
    } else if (lt_slice_is(state, "ill")) {
        ++*wrong;
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "see to what it says; its own log and page (man lienthon-bridge-NAME) say more",
                   "%.*s is ill: %.*s", (int)part->from.size, (const char *)part->from.data,
                   (int)what.size, (const char *)what.data);
    }
}

void doctor_health(struct doctor *doctor)
{
    struct walk walk = walk_of(&doctor->health);
    struct lt_sealed sealed;
    size_t all = 0;
    size_t wrong = 0;
    if (doctor_lacks(doctor, &doctor->health)) {
        return;
    }
    while (walk_sealed(&walk, &sealed)) {
        if (lt_slice_is(sealed.part.type, "health.v1") &&
            (doctor->book == NULL || lt_book_find(doctor->book, sealed.part.from, NULL) != NULL)) {
            all++;
            say_health(doctor, &sealed.part, &wrong);
        }
    }
    if (wrong == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "%zu bridges and devices say how they are, none is ill",
                   all);
    }
}
