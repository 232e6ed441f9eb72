// What a host needs before it connects; accepts a host that is zeroed but for its instance.
#ifndef LT_BRIDGES_SETUP_H
#define LT_BRIDGES_SETUP_H

#include "host.h"

enum lt_code setup_host(struct lt_bridge_host *host, struct lt_error *error);

#endif
