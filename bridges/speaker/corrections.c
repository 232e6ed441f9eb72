// So few that they are looked through.
#include "corrections.h"

#include <string.h>

// `count`: it is not there.
static size_t find(const struct corrections *corrections, const uint8_t id[LT_ID_SIZE])
{
    size_t at = 0;
    while (at < corrections->count && memcmp(corrections->ids[at], id, LT_ID_SIZE) != 0)
        at++;
    return at;
}

static void remove_at(struct corrections *corrections, size_t at)
{
    corrections->count--;
    memmove(corrections->ids + at, corrections->ids + at + 1,
            (corrections->count - at) * LT_ID_SIZE);
}

void corrections_add(struct corrections *corrections, const uint8_t id[LT_ID_SIZE])
{
    if (corrections_have(corrections, id))
        return;
    if (corrections->count == CORRECTIONS_MOST)
        remove_at(corrections, 0);
    memcpy(corrections->ids[corrections->count++], id, LT_ID_SIZE);
}

bool corrections_have(const struct corrections *corrections, const uint8_t id[LT_ID_SIZE])
{
    return find(corrections, id) < corrections->count;
}

void corrections_drop(struct corrections *corrections, const uint8_t id[LT_ID_SIZE])
{
    size_t at = find(corrections, id);
    if (at < corrections->count)
        remove_at(corrections, at);
}

void corrections_pass(struct corrections *corrections, const uint8_t from[LT_ID_SIZE],
                      const uint8_t to[LT_ID_SIZE])
{
    if (!corrections_have(corrections, from))
        return;
    corrections_drop(corrections, from);
    corrections_add(corrections, to);
}
