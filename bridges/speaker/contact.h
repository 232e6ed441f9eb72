// The amplifier's contact that says whether it is muted: what it says now, and how long it was muted while a sound was given
// out. Pure: `now` is a monotonic clock in ms.
#ifndef LT_SPEAKER_CONTACT_H
#define LT_SPEAKER_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

enum contact_says {
    CONTACT_UNKNOWN, // there is none, or it has not spoken for too long: nothing speaks against the sound
    CONTACT_LOUD,
    CONTACT_MUTED,
};

struct contact { // zero at first
    enum contact_says says;
    bool runs; // a sound is given out
    uint64_t begun, from, muted_ms;
};

enum contact_verdict { CONTACT_NOTHING, CONTACT_PARTLY, CONTACT_UNHEARD };

void contact_tell(struct contact *contact, enum contact_says says, uint64_t now);
// A sound begins.
void contact_begin(struct contact *contact, uint64_t now);
// And ends. UNHEARD: it was muted for more than half of it; *muted_ms: for how long.
enum contact_verdict contact_end(struct contact *contact, uint64_t now, uint64_t *muted_ms);

#endif
