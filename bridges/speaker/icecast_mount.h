// One mount point of an Icecast server, as its source: a PUT that does not end, in real time. It is kept up, found again with
// back-off when the server was away, and nothing waits for it: what could not be sent in its time is lost, and counted.
#ifndef LT_SPEAKER_ICECAST_MOUNT_H
#define LT_SPEAKER_ICECAST_MOUNT_H

#include <lienthon/bridge.h>

#include "outlet.h"

struct mount_place {      // lent for the life of the mount
    const char *server;   // "http://10.0.0.2:8000"
    const char *path;     // "/thuong.mp3"
    const char *user;     // "source"
    const char *ca;       // PEM file in place of the system's authorities; NULL: these
    const char *password; // a secret's name (secret.h); read anew at each connection
    unsigned bitrate;     // kbit/s
    bool stays;           // connected, and silent, when nothing is said too
};

struct mount;

// It connects by itself, later. LT_BAD_USE, LT_NO_MEMORY; LT_NOT_FOUND and others of lt_secret_open.
enum lt_code mount_new(lt_bridge_host *host, const struct mount_place *place, struct mount **mount,
                       struct lt_error *error);
void mount_destroy(struct mount **mount);

// As an outlet's: outlet.h. The sound begins at `from` (monotonic ms) and when the mount is connected, and fails if it is not within some seconds. Once
// begun it goes on in its time whatever becomes of the connection; it fails if that is not there at its end.
void mount_start(struct mount *mount, const struct sound *sound, uint64_t from);
void mount_begin(struct mount *mount, uint64_t at); // before `from`
enum outlet_state mount_turn(struct mount *mount, uint64_t now, struct lt_error *error);
size_t mount_stop(struct mount *mount); // what has not arrived is not heard
bool mount_is_up(const struct mount *mount);
bool mount_is_silent(const struct mount *mount);

// Of one that does not stay: when the server will have moved its listeners to the mount that stands in for it. 0: it has none.
uint64_t mount_free_at(const struct mount *mount);
const struct mount_place *mount_place(const struct mount *mount);
// How much of the last sound was lost while the server was away, ms.
uint64_t mount_lost_ms(const struct mount *mount);
// Why it is not connected though it should be, a sentence, lent until the next call of any; NULL: it is well.
const char *mount_fault(const struct mount *mount);

#endif
