#include "health.h"

#include <stdio.h>

#include <lienthon/pack.h>

void health_well(struct health *health, const char *what, uint64_t now)
{
    snprintf(health->well, sizeof health->well, "%s", what);
    health->well_at = now;
    health->changed = health->changed || health->is_ill;
    health->is_ill = false;
}

void health_ill(struct health *health, const char *what, uint64_t now)
{
    snprintf(health->ill, sizeof health->ill, "%s", what);
    health->ill_at = now;
    health->changed = health->changed || !health->is_ill;
    health->is_ill = true;
}

bool health_write(const struct health *health, uint64_t since, uint64_t now, struct lt_buffer *body)
{
    (void)since, (void)now;
    lt_pack_map(body, 1);
    lt_pack_text(body, "state");
    lt_pack_text(body, health->is_ill ? "ill" : "well");
    return !body->failed;
}
