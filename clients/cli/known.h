// What a folder knows of the commune's grants before the hub says anything: the bundle beside its identity.
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include "session.h"

// Tells it to the session's client: then the first command of a folder also knows that it has been revoked, and the hub's
// newest key.
void known_learn(const struct session *session);

#endif
