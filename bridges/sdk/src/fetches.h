// What lt_bridge_fetch has asked for (fetch.h), by the first target's client.
#ifndef LT_BRIDGES_FETCHES_H
#define LT_BRIDGES_FETCHES_H

#include <lienthon/fetch.h>

struct fetch;

// An event about a blob.
void fetches_hear(struct lt_bridge_host *host, const struct lt_event *event);
void fetches_end(struct lt_bridge_host *host);

#endif
