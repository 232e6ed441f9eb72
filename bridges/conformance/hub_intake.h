// What the bridge publishes: receipts and health, the rest is counted.
#ifndef LT_CONFORMANCE_HUB_INTAKE_H
#define LT_CONFORMANCE_HUB_INTAKE_H

#include "hub.h"

// Takes the sealed messages of a PUBLISH; appends the list of codes that PUBLISHED answers.
void hub_take_publications(struct hub *hub, zmsg_t *payload, struct lt_buffer *list);
// A letter's last sentence, cut where it is too long.
void hub_keep_detail(struct letter *letter, struct lt_slice text);

#endif
