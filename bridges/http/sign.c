// The same both ways, so that the far side needs one piece of code for both. The key is signed too: under another one the same
// words could be said again.
#include "state.h"

#include <lienthon/signature.h>

void sign(const struct state *state, struct lt_slice stamp, struct lt_slice key,
          struct lt_slice body, uint8_t digest[32])
{
    const struct lt_slice parts[] = {stamp, lt_slice_of("."), key, lt_slice_of("."), body};
    lt_hmac_sha256(lt_secret_bytes(state->secret), parts, sizeof parts / sizeof *parts, digest);
}
