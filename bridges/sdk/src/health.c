// It changes when well turns to ill or back; more of the same is told in time.
#include "health.h"

#include <string.h>

#include <lienthon/pack.h>

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

void health_ill(struct health *health, const char *what, uint64_t now)
{
    keep(health->ill, what);
    health->ill_at = now;
    health->changed = health->changed || !health->is_ill;
    health->is_ill = true;
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
    return health->is_ill || frame->grant_ends[0];
}

static void pack_countdown(struct lt_buffer *body, int64_t days)
{
    lt_pack_text(body, "readings");
    lt_pack_array(body, 1);
    lt_pack_map(body, 3);
    lt_pack_text(body, "name");
    lt_pack_text(body, "grant-days");
    lt_pack_text(body, "value");
    lt_pack_int(body, days);
    lt_pack_text(body, "unit");
    lt_pack_text(body, "d");
}

bool health_write(const struct health *health, const struct health_frame *frame,
                  struct lt_buffer *body)
{
    bool of_grant = !health->is_ill && frame->grant_ends[0];
    const char *ill = of_grant ? frame->grant_ends : health->ill;
    lt_pack_map(body, 6 + (size_t)(health->well[0] != '\0') + (ill[0] != '\0') + frame->has_grant);
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
    pack_evidence(body, "ill", ill, of_grant ? frame->now : health->ill_at);
    if (frame->has_grant)
        pack_countdown(body, frame->grant_days);
    return !body->failed;
}
