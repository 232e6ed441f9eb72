// Who one is in a folder: writing an identity where init, join and rekey make one.
#ifndef CLI_SELF_H
#define CLI_SELF_H

#include <lienthon/settings/folder.h>

// Saves the identity with the paths that its principal's files have by custom: keys/NAME.seed, keys/NAME.curve,
// state/NAME. What else it holds is taken as it is. own: as identity.yaml, else as identities/NAME.yaml.
enum lt_code self_save(const char *folder, bool own, const struct lt_identity *identity,
                       struct lt_error *error);

#endif
