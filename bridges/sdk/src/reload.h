// A running instance reads its file again: told by SIGHUP, or by `lienthon-bridge NAME --reload`, which sends it and hears how it
// went. A file that is wrong changes nothing; one that is right lets this bridge be closed and opened anew, and no other; and where it
// cannot be opened by it, it is opened as it was.
#ifndef LT_BRIDGES_RELOAD_H
#define LT_BRIDGES_RELOAD_H

#include "host.h"

// Takes the signals that have come: host->stops, and host->begins_anew where it is to be opened again.
void reload_signals(struct lt_bridge_host *host);
// It is open again: how many reloads there were, and what is wrong with the last (NULL: nothing) is told to who asked; if nothing is, reload_look tells.
void reload_begins(struct lt_bridge_host *host, uint64_t reloads, const char *wrong);
// Behind a reload: once every target's subscription stands, that is told to who asked; after 8 s, or where the hub refuses one
// (a sentence; else NULL), that.
void reload_look(struct lt_bridge_host *host, const char *refused);
// Asks the process that runs the instance, and waits for its word. LT_NOT_FOUND: it does not run here. LT_BAD_FILE: what is
// wrong, and it goes on as it was. LT_CLOSED: the file is read, and the hub has not taken what it asks for. LT_TIMED_OUT.
enum lt_code reload_ask(const struct instance *instance, struct lt_error *error);

#endif
