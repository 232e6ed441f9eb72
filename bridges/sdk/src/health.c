// It changes when well turns to ill or back; more of the same is told in time.
#include "health.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lienthon/pack.h>

enum { HOUR_MS = 3600000 };

static void keep(char *text, const char *what)
{
    struct lt_error cut = {0}; // its text is cut at a character
    lt_fail(&cut, LT_DONE, "%s", what);
    memcpy(text, cut.text, strlen(cut.text) + 1);
}

void health_well(struct health *health, const char *what, uint64_t now)
{
    keep(health->well, what);
    health->well_at = now;
    health->changed = health->changed || health->is_ill;
    health->is_ill = false;
}

bool health_ill(struct health *health, const char *what, uint64_t now)
{
    char before[HEALTH_TEXT];
    memcpy(before, health->ill, sizeof before);
    keep(health->ill, what);
    bool is_news = !health->is_ill || strcmp(before, health->ill) != 0;
    health->ill_at = now;
    health->changed = health->changed || !health->is_ill;
    health->is_ill = true;
    return is_news;
}

static bool is_doubted(const struct health *health, uint64_t now)
{
    return health->doubts && (now < health->doubt_at || now - health->doubt_at < HEALTH_DOUBT_MS);
}

void health_doubt(struct health *health, const char *what, uint64_t now)
{
    health->changed = health->changed || !is_doubted(health, now);
    keep(health->doubt, what);
    health->doubt_at = now;
    health->doubts++;
}

static void pack_evidence(struct lt_buffer *body, const char *key, const char *what, uint64_t at)
{
    if (!what[0])
        return;
    lt_pack_text(body, key);
    lt_pack_map(body, 2);
    lt_pack_text(body, "what");
    lt_pack_text(body, what);
    lt_pack_text(body, "at");
    lt_pack_uint(body, at);
}

// What fails now is told first.
static bool is_ill(const struct health *health, const struct health_frame *frame)
{
    return health->is_ill || frame->refused || frame->grant_ends[0] ||
           is_doubted(health, frame->now);
}

void health_credential(struct health *health, const char *name, uint64_t until, uint64_t soon)
{
    struct health_credential *place = NULL;
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (!size || name[size] || size > HEALTH_NAME || name[0] < 'a')
        return;
    for (size_t i = 0; i < HEALTH_CREDENTIALS; i++) {
        struct health_credential *at = &health->credentials[i];
        if (strcmp(at->name, name) == 0 || (!place && !at->name[0]))
            place = at;
    }
    if (!place)
        return;
    memcpy(place->name, name, size + 1);
    place->until = until;
    place->soon = soon;
    health->changed = true;
}

bool health_ends(const struct health *health, uint64_t now, char text[HEALTH_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < HEALTH_CREDENTIALS && !text[0]; i++) {
        const struct health_credential *at = &health->credentials[i];
        if (!at->name[0] || (at->until > now && at->until - now > at->soon))
            continue;
        if (at->until <= now)
            snprintf(text, HEALTH_TEXT, "the credential %s has ended: it must be renewed",
                     at->name);
        else
            snprintf(text, HEALTH_TEXT, "the credential %s ends in %" PRIu64 " hours", at->name,
                     (at->until - now) / HOUR_MS);
    }
    return text[0] != '\0';
}

static size_t count_readings(const struct health *health, const struct health_frame *frame)
{
    size_t count = (size_t)frame->has_grant + (health->doubts > 0) + (frame->done_before > 0) +
                   (frame->done_at > 0);
    for (size_t i = 0; i < HEALTH_CREDENTIALS; i++)
        count += health->credentials[i].name[0] != '\0';
    return count;
}

static void pack_reading(struct lt_buffer *body, const char *name, int64_t value, const char *unit)
{
    lt_pack_map(body, 3);
    lt_pack_text(body, "name");
    lt_pack_text(body, name);
    lt_pack_text(body, "value");
    lt_pack_int(body, value);
    lt_pack_text(body, "unit");
    lt_pack_text(body, unit);
}

static void pack_countdowns(const struct health *health, const struct health_frame *frame,
                            struct lt_buffer *body)
{
    lt_pack_text(body, "readings");
    lt_pack_array(body, count_readings(health, frame));
    if (frame->has_grant)
        pack_reading(body, "grant-days", frame->grant_days, "d");
    if (health->doubts)
        pack_reading(body, "refused", (int64_t)health->doubts, "1");
    if (frame->done_before)
        pack_reading(body, "done-before", (int64_t)frame->done_before, "1");
    if (frame->done_at)
        pack_reading(
            body, "done-ago",
            frame->now > frame->done_at ? (int64_t)((frame->now - frame->done_at) / 1000) : 0, "s");
    for (size_t i = 0; i < HEALTH_CREDENTIALS; i++) {
        const struct health_credential *at = &health->credentials[i];
        char name[HEALTH_NAME + sizeof "-hours"];
        snprintf(name, sizeof name, "%s-hours", at->name);
        if (at->name[0])
            pack_reading(body, name,
                         at->until > frame->now ? (int64_t)((at->until - frame->now) / HOUR_MS) : 0,
                         "h");
    }
}

bool health_write(const struct health *health, const struct health_frame *frame,
                  struct lt_buffer *body)
{
    bool is_doubt = is_doubted(health, frame->now);
    const char *now = frame->refused                            ? frame->refused
                      : !health->is_ill && frame->grant_ends[0] ? frame->grant_ends
                                                                : NULL;
    const char *ill = is_doubt ? health->doubt : now ? now : health->ill;
    uint64_t ill_at = is_doubt ? health->doubt_at : now ? frame->now : health->ill_at;
    lt_pack_map(body, 6 + (size_t)(health->well[0] != '\0') + (ill[0] != '\0') +
                          (count_readings(health, frame) > 0));
    lt_pack_text(body, "state");
    lt_pack_text(body, health->stopped ? "stopped" : is_ill(health, frame) ? "ill" : "well");
    lt_pack_text(body, "at");
    lt_pack_uint(body, frame->now);
    lt_pack_text(body, "since");
    lt_pack_uint(body, frame->since);
    lt_pack_text(body, "every");
    lt_pack_uint(body, frame->every);
    lt_pack_text(body, "agent");
    lt_pack_text(body, frame->agent);
    lt_pack_text(body, "waiting");
    lt_pack_uint(body, frame->waiting);
    pack_evidence(body, "well", health->well, health->well_at);
    pack_evidence(body, "ill", ill, ill_at);
    if (count_readings(health, frame) > 0)
        pack_countdowns(health, frame, body);
    return !body->failed;
}
