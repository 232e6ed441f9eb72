// What a folder knows of the commune's grants before the hub says anything: the bundle beside its identity.
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include "session.h"

// Tells it to the session's client: then the first command of a folder also knows that it has been revoked, and the hub's
// newest key.
void known_learn(const struct session *session);

// For a session that remembers nothing by itself (it has no state folder): follows the hub's grant, and keeps a newer one
// beside the identity, so that the hub's next connection key is known at the next start. Waits a little for the first.
void known_follow(struct session *session);
// true: the event was of that.
bool known_take(struct session *session, const struct lt_event *event);

#endif
