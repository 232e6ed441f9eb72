// The one way out: new, due, redelivered and caught-up messages all leave through `deliver`.
#ifndef LT_DELIVER_H
#define LT_DELIVER_H

#include "broker.h"

// A row that the read thread brought, at hand from now on. Never NULL.
struct message *deliver_keep(struct broker *broker, const struct reading_row *row);
// What comes again by now, of all subscriptions.
void deliver_wake(struct broker *broker);

#endif
