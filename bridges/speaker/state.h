// What the loudspeaker says of itself: speaker-state.v1, retained at its own topic.
#ifndef LT_SPEAKER_STATE_H
#define LT_SPEAKER_STATE_H

#include <lienthon/message.h>

struct speaker_state {
    bool plays, has_last;
    uint8_t playing[LT_ID_SIZE], last[LT_ID_SIZE];
    uint64_t since, last_at; // ms since 1970
    bool last_done;
    size_t queue;
    unsigned volume;
    const char *output; // "card", "file", "both"
};

bool speaker_state_write(const struct speaker_state *state, struct lt_buffer *body);

#endif
