// How long recordings last: each is decoded for that to its end, in a process of its own, one at a time. What its head says, a
// stranger has written.
#ifndef LT_SPEAKER_LENGTHS_H
#define LT_SPEAKER_LENGTHS_H

#include <lienthon/bridge.h>
#include <lienthon/watch.h>

#include "render.h"

enum { LENGTHS_KEPT = 64 };

struct length {
    uint8_t sha256[32];
    uint64_t ms; // 0: it cannot be played
};

typedef void lengths_found(void *user);

struct lengths { // zeroed: nothing is known, and nothing can be measured
    lt_bridge_host *host;
    const struct render_style *style; // lent
    lengths_found *found;             // there is one more
    void *user;
    struct length known[LENGTHS_KEPT]; // the newest
    size_t count;                      // that were ever known
    struct voice *voice;               // what measures now; NULL: nothing does
    int watched;                       // its descriptor
    uint8_t sha256[32];                // what it measures
    lt_timer *limit;
};

// LT_NO_MEMORY. All is lent until lengths_close, which takes a zeroed one too.
enum lt_code lengths_open(struct lengths *lengths, lt_bridge_host *host,
                          const struct render_style *style, lengths_found *found, void *user,
                          struct lt_error *error);
void lengths_close(struct lengths *lengths);
// false: it is not known.
bool lengths_find(const struct lengths *lengths, const uint8_t sha256[32], uint64_t *ms);
// Begins to measure it, unless something is being measured; `found` is called when it is known, not within this call.
void lengths_measure(struct lengths *lengths, const char *path, const uint8_t sha256[32]);

#endif
