#include "icecast_upkeep.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

// STABLE_MS: one that was up for so long is new trouble when it goes.
enum { FIRST_MS = 1000, MOST_MS = 60000, MOST_IN_HASTE_MS = 2000, STABLE_MS = 60000 };

enum lt_code upkeep_open(struct upkeep *upkeep, lt_bridge_host *host,
                         const struct mount_place *place, struct lt_error *error)
{
    *upkeep = (struct upkeep){.host = host, .place = place, .link = link_new(place)};
    return upkeep->link ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for the stream");
}

void upkeep_close(struct upkeep *upkeep)
{
    link_destroy(&upkeep->link);
}

// Waits double, and are shorter by chance so that a commune's loudspeakers do not all come at once. While something is said
// they stay short: people are to hear the rest of it.
static void come_again_later(struct upkeep *upkeep, uint64_t now, bool in_haste)
{
    uint64_t most = in_haste ? MOST_IN_HASTE_MS : MOST_MS, wait = FIRST_MS;
    for (unsigned i = 0; i < upkeep->tries && wait < most; i++)
        wait *= 2;
    wait = wait < most ? wait : most;
    upkeep->tries++;
    upkeep->retry = now + wait / 2 + randombytes_uniform((uint32_t)(wait / 2 + 1));
}

static void went_down(struct upkeep *upkeep, uint64_t now, bool in_haste,
                      const struct lt_error *why)
{
    if (upkeep->up_since && now - upkeep->up_since >= STABLE_MS)
        upkeep->tries = 0;
    if (strcmp(upkeep->fault.text, why->text) != 0)
        lt_bridge_log(upkeep->host, why->text);
    upkeep->fault = *why;
    upkeep->up_since = 0;
    come_again_later(upkeep, now, in_haste);
}

static void came_up(struct upkeep *upkeep, uint64_t now)
{
    char line[LT_TEXT_MAX];
    snprintf(line, sizeof line, "streams to %s%s", upkeep->place->server, upkeep->place->path);
    lt_bridge_log(upkeep->host, line);
    upkeep->fault = (struct lt_error){0};
    upkeep->up_since = now;
}

enum upkeep_news upkeep_turn(struct upkeep *upkeep, uint64_t now, bool in_haste)
{
    struct lt_error why = {0};
    bool was_up = upkeep->up_since != 0;
    enum link_state state = link_turn(upkeep->link, now, &why);
    if (state == LINK_DOWN && (was_up || why.code))
        went_down(upkeep, now, in_haste, &why);
    if (state == LINK_UP && !was_up)
        came_up(upkeep, now);
    if (state == LINK_DOWN && now >= upkeep->retry &&
        link_connect(upkeep->link, now, &why) != LT_DONE)
        went_down(upkeep, now, in_haste, &why);
    if (was_up == (upkeep->up_since != 0))
        return UPKEEP_AS_BEFORE;
    return was_up ? UPKEEP_WENT_DOWN : UPKEEP_CAME_UP;
}

void upkeep_lose(struct upkeep *upkeep, uint64_t now, bool in_haste, const char *why)
{
    struct lt_error error = {0};
    link_cut(upkeep->link);
    lt_fail(&error, LT_IO, "the stream to %s%s %s: %s", upkeep->place->server, upkeep->place->path,
            "was cut off", why);
    went_down(upkeep, now, in_haste, &error);
}

void upkeep_rest(struct upkeep *upkeep)
{
    link_cut(upkeep->link);
    upkeep->up_since = 0;
    upkeep->tries = 0;
    if (upkeep->fault.code == LT_IO) // whether the server is there now, the mount that stays knows
        upkeep->fault = (struct lt_error){0};
}
