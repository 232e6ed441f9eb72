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

bool health_write(const struct health *health, const struct health_frame *frame,
                  struct lt_buffer *body)
{
    lt_pack_map(body, 6 + (size_t)(health->well[0] != '\0') + (health->ill[0] != '\0'));
    lt_pack_text(body, "state");
    lt_pack_text(body, health->stopped ? "stopped" : health->is_ill ? "ill" : "well");
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
    pack_evidence(body, "ill", health->ill, health->ill_at);
    return !body->failed;
}
