// Who one is in a folder.
#include "self.h"

#include <stdio.h>

enum lt_code self_save(const char *folder, bool own, const struct lt_identity *identity,
                       struct lt_error *error)
{
    char seed[96];
    char curve[96];
    char state[96];
    snprintf(seed, sizeof seed, "keys/%s.seed", identity->principal);
    snprintf(curve, sizeof curve, "keys/%s.curve", identity->principal);
    snprintf(state, sizeof state, "state/%s", identity->principal);
    struct lt_identity whole = *identity;
    whole.seed = seed;
    whole.curve = curve;
    whole.state = state;
    return lt_identity_save(folder, own, &whole, error);
}
