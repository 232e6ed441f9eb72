// The connection of a mount: libcurl's, driven by link_turn. What is written goes out as the server takes it; a server that
// takes nothing for some seconds has been lost.
#ifndef LT_SPEAKER_ICECAST_LINK_H
#define LT_SPEAKER_ICECAST_LINK_H

#include <lienthon/settings/secret.h>

#include "icecast_mount.h"

enum link_state {
    LINK_DOWN,
    LINK_CONNECTS,
    LINK_UP, // the server takes what is written
};

struct link;

struct link *link_new(const struct mount_place *place); // NULL: no memory
void link_destroy(struct link **link);
// From DOWN. LT_NOT_FOUND and others of lt_secret_open, LT_NO_MEMORY; it is then DOWN still.
enum lt_code link_connect(struct link *link, struct lt_error *error);
// At once, and what was not taken yet is gone.
void link_cut(struct link *link);
// Sends and receives what it can. When it has come down, *error says why.
enum link_state link_turn(struct link *link, struct lt_error *error);
// false: there is no room, the server has taken nothing for long.
bool link_write(struct link *link, const uint8_t *bytes, size_t size);
size_t link_waiting(const struct link *link); // bytes that were written and did not leave

#endif
