// The hour: `time.v1`, sealed by the hub's own key and sent through the corridor like any message.
#ifndef LT_HOUR_H
#define LT_HOUR_H

#include "broker.h"

// Sends one when a minute has passed, or somebody has come; at most one a second.
void hour_tell(struct broker *broker);

#endif
