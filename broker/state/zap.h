// Who may connect (ZAP, RFC 27): on the hub's door whose X25519 key stands in a grant in force, on
// the door for joining anybody.
#ifndef LT_ZAP_H
#define LT_ZAP_H

#include <lienthon/book.h>

#define ZAP_ADDRESS     "inproc://zeromq.zap.01"
#define ZAP_DOMAIN_HUB  "hub"
#define ZAP_DOMAIN_JOIN "join"

// Answers one request that waits on the REP socket; false: there is none. The answer carries the
// principal as User-Id and the key, in hexadecimal, as the property "Curve".
bool zap_serve(void *socket, const lt_book *book, uint64_t now);
// Is the grant one to connect with now.
bool zap_admits(const struct lt_grant *grant, uint64_t now);

#endif
