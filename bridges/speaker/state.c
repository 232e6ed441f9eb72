// Keys that have nothing to say are left out.
#include "state.h"

#include <lienthon/pack.h>

static void pack_said(struct lt_buffer *body, const struct said *said)
{
    lt_pack_map(body, said->outcome ? 4 : 2);
    lt_pack_text(body, "from");
    lt_pack_text(body, said->from);
    lt_pack_text(body, "id");
    lt_pack_bin(body, said->id, LT_ID_SIZE);
    if (!said->outcome)
        return;
    lt_pack_text(body, "at");
    lt_pack_uint(body, said->at);
    lt_pack_text(body, "outcome");
    lt_pack_text(body, said->outcome);
}

bool speaker_state_write(const struct speaker_state *state, const char *name, size_t zones,
                         struct lt_buffer *body)
{
    size_t more = (size_t)state->speaks + (state->last.outcome != NULL) + (state->fault != NULL) +
                  (name != NULL) + (zones > 0) + state->muted + (state->hours != NULL);
    lt_pack_map(body, 5 + more);
    if (name) {
        lt_pack_text(body, "name");
        lt_pack_text(body, name);
    }
    lt_pack_text(body, "state");
    lt_pack_text(body, state->state);
    lt_pack_text(body, "at");
    lt_pack_uint(body, state->at);
    lt_pack_text(body, "queue");
    lt_pack_uint(body, state->queue);
    lt_pack_text(body, "volume");
    lt_pack_uint(body, state->volume);
    lt_pack_text(body, "output");
    lt_pack_text(body, state->output);
    if (state->muted) {
        lt_pack_text(body, "muted");
        lt_pack_bool(body, true);
    }
    if (state->speaks) {
        lt_pack_text(body, "playing");
        pack_said(body, &state->playing);
    }
    if (state->last.outcome) {
        lt_pack_text(body, "last");
        pack_said(body, &state->last);
    }
    if (state->fault) {
        lt_pack_text(body, "fault");
        lt_pack_text(body, state->fault);
    }
    if (state->hours) {
        lt_pack_text(body, "hours");
        hours_pack(state->hours, body);
    }
    if (zones) {
        lt_pack_text(body, "zones");
        lt_pack_array(body, (uint32_t)zones);
    }
    return !body->failed;
}
