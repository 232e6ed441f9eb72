// The connection of a mount: libcurl's, driven by link_turn. What is written goes out as the server takes it; a server that
// answers nothing, takes nothing for ten seconds, or says more than Icecast has to say, has been lost. `now`: monotonic ms.
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
enum lt_code link_connect(struct link *link, uint64_t now, struct lt_error *error);
// At once, and what was not taken yet is gone.
void link_cut(struct link *link);
// Sends and receives what it can. When it has come down, *error says why.
enum link_state link_turn(struct link *link, uint64_t now, struct lt_error *error);
// false: there is no room, the server has taken too little for long.
bool link_write(struct link *link, const uint8_t *bytes, size_t size);
// Bytes since link_connect, also after it has come down: that were written, and of them those that are known to have arrived
// at the server's machine.
uint64_t link_written(const struct link *link);
uint64_t link_arrived(const struct link *link);

#endif
