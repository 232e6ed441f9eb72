// One message for one target, as its host sees it; bridge.h has what a bridge may ask of it.
#ifndef LT_BRIDGES_DELIVERY_H
#define LT_BRIDGES_DELIVERY_H

#include "host.h"

// Into the outbox, where its sender wants one. What fails is in the log.
enum lt_code delivery_send_receipt(const struct lt_delivery *delivery, const char *outcome,
                                   const char *detail);

#endif
