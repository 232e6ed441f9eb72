#include "state.h"

#include <lienthon/pack.h>

bool speaker_state_write(const struct speaker_state *state, struct lt_buffer *body)
{
    lt_pack_map(body, 2);
    lt_pack_text(body, "state");
    lt_pack_text(body, state->plays ? "playing" : "idle");
    lt_pack_text(body, "queue");
    lt_pack_uint(body, state->queue);
    return !body->failed;
}
