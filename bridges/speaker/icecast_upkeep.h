// The upkeep of a mount's connection while it is wanted: tried again with back-off, told when it has come and gone.
#ifndef LT_SPEAKER_ICECAST_UPKEEP_H
#define LT_SPEAKER_ICECAST_UPKEEP_H

#include <lienthon/bridge.h>

#include "icecast_link.h"

enum upkeep_news {
    UPKEEP_AS_BEFORE,
    UPKEEP_CAME_UP,
    UPKEEP_WENT_DOWN, // it was up; link_written and link_arrived are still those of what was lost
};

struct upkeep {
    lt_bridge_host *host;
    const struct mount_place *place;
    struct link *link;
    uint64_t up_since;     // monotonic ms; 0: it is not up
    uint64_t retry;        // not before; 0: at once
    unsigned tries;        // that failed, one after the other
    struct lt_error fault; // why it is not up though it should be; text "": it is well
};

// host and place are lent until upkeep_close. LT_NO_MEMORY.
enum lt_code upkeep_open(struct upkeep *upkeep, lt_bridge_host *host,
                         const struct mount_place *place, struct lt_error *error);
void upkeep_close(struct upkeep *upkeep); // also one that is zeroed
// Sends, receives, and connects if it is time. in_haste: something is said, and the waits stay short.
enum upkeep_news upkeep_turn(struct upkeep *upkeep, uint64_t now, bool in_haste);
// The connection is of no use any more, for that reason.
void upkeep_lose(struct upkeep *upkeep, uint64_t now, bool in_haste, const char *why);
// It is not wanted until it is begun again.
void upkeep_rest(struct upkeep *upkeep);

#endif
