// The identity's grant, as it becomes another while the host runs.
#ifndef LT_BRIDGES_RENEWAL_H
#define LT_BRIDGES_RENEWAL_H

#include "host.h"

// LT_EVENT_GRANT of the first target: another grant is taken over (topics, hamlets, on disk for the next start); when there is
// none any more, nothing is acted on until there is.
void renewal_hear(struct lt_bridge_host *host, const struct lt_event *event);
// Whole days until the grant ends, less than 0 when it has; *text (lent, HEALTH_TEXT) says so when that is soon, else it is
// empty. false: no grant is known.
bool renewal_days(struct lt_bridge_host *host, int64_t *days, char text[HEALTH_TEXT]);

#endif
