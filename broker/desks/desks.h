// The desks: what is not a message on its way is served here, one file an op, found through one
// table. A desk reads its frame, changes what is its own, and answers; it calls no room.
#ifndef LT_DESKS_H
#define LT_DESKS_H

#include "broker.h"

// payload: lent, count frames of it; a desk that keeps one moves it out (zmq_msg_move).
typedef void desk(struct broker *broker, struct session *session, const struct lt_frame *frame,
                  zmq_msg_t *payload, size_t count);

desk desk_hello, desk_subscribe, desk_unsubscribe, desk_acknowledge, desk_credit, desk_query,
    desk_put, desk_get, desk_ping, desk_pong, desk_bye, desk_join, desk_again;

// AGAINs whose answers wait for their commit, at the hub's end.
void again_clear(struct broker *broker);

// The desk of an op, NULL: it has none (PUBLISH walks the corridor).
desk *desks_find(enum lt_op op);
// Answers a request with a refusal: by its ref where the op has an answer, else with BYE. count: of
// the messages of a PUBLISH.
void desks_refuse(struct broker *broker, struct session *session, const struct lt_frame *frame,
                  size_t count, enum lt_code code, const char *text);
// The same, of no request: BYE, and the session is over.
void desks_bye(struct broker *broker, struct session *session, enum lt_code code, const char *text);

// Counts a refusal as a fault of its sender's, if it is one; who has too many is cut.
void desks_fault(struct broker *broker, struct session *session, enum lt_code code);
// Has it so many that what costs work is put off.
bool desks_is_slowed(struct broker *broker, struct session *session);
// Says BYE and cuts the connection, once that has left.
void desks_cut(struct broker *broker, struct session *session, enum lt_code code, const char *text);

// Readings for it that waited until it has read what it was sent.
void query_go_on(struct broker *broker, struct session *session);
// May it ask for one more thing out of the store.
bool query_is_room(const struct broker *broker, const struct session *session);
// What came back has to wait, with what it brings, until its session has read. Takes it then.
bool query_waits(struct broker *broker, struct reading **reading);

// Subscriptions and the connection that they are on (subscribe.c).
void subscribe_leave(struct broker *broker, struct subscription *sub); // it goes, or waits
// Fills its queue from the store where it is behind.
void subscribe_fill(struct broker *broker, struct subscription *sub);

#endif
