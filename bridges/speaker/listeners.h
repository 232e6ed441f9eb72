// How many listen to a mount point of an Icecast server, as its public /status-json.xsl says.
#ifndef LT_SPEAKER_LISTENERS_H
#define LT_SPEAKER_LISTENERS_H

#include <lienthon/bridge.h>

struct listeners;

enum { LISTENERS_UNKNOWN = -1 };

// server: "http://10.0.0.2:8000"; ca: PEM file of whom to trust in place of the system's authorities, NULL: these. Both lent for
// the call. LT_NO_MEMORY, LT_BAD_USE.
enum lt_code listeners_new(lt_bridge_host *host, const char *server, const char *ca,
                           struct listeners **listeners, struct lt_error *error);
void listeners_destroy(struct listeners **listeners);
// From now on counts those of path (lent), every few seconds.
void listeners_count(struct listeners *listeners, const char *path);
// Asks once more, at once. `listeners_asks` until it is answered or the server did not answer in a second or so.
void listeners_ask(struct listeners *listeners);
bool listeners_asks(const struct listeners *listeners);
void listeners_rest(struct listeners *listeners);
// Whether the server answered when it was asked last.
bool listeners_answered(const struct listeners *listeners);
// The most that were there at once since listeners_count; LISTENERS_UNKNOWN: the server did not say.
int listeners_most(const struct listeners *listeners);

// Of one answer: LISTENERS_UNKNOWN if it is none. A mount that is not listed has no listeners.
int listeners_read(struct lt_slice answer, const char *path);

#endif
