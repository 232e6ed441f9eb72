// What a host needs before it connects; accepts a host that is zeroed but for its instance.
#ifndef LT_BRIDGES_SETUP_H
#define LT_BRIDGES_SETUP_H

#include "host.h"

enum lt_code setup_host(struct lt_bridge_host *host, struct lt_error *error);
// Adds what the instance's grant lets it receive.
enum lt_code setup_patterns(const struct lt_bridge_host *host, struct target *target,
                            struct lt_error *error);
// Which hamlets are served, from the configuration or from the patterns, which are lent to it.
void setup_hamlets(struct lt_bridge_host *host);

#endif
