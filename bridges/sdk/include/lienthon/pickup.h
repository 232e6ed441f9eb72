// A pick-up folder: programs of the far side put files into it, the bridge makes messages of them. The host watches it
// (inotify, and a look twice a minute where the file system tells nothing), takes one file after the other in the order of
// their names, tells beside a file what is wrong with it (NAME.error), and moves it away once the hub has what was made of it.
//
// Crash-proof: the origin that a file gets names it in its very state, so what is published again after a crash is known to
// the hub. A file under a name that begins with a dot, or that is no plain file, is left alone; who writes a large one gives
// it its name when it is whole. A file that was wrong is tried again once it is saved again, or its NAME.error removed.
#ifndef LIENTHON_PICKUP_H
#define LIENTHON_PICKUP_H

#include <lienthon/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

// Publishes what the file's bytes (lent, at most 4 MiB) say, with that origin (lent) and token (lt_bridge_publish).
// LT_DONE: it is on its way. What may pass (lt_code_may_pass) is tried again; any other is told in NAME.error, with the
// sentence in *error (never NULL), as "NAME: …", or "NAME:line:column: …" with LT_BAD_FILE. state: the bridge's. Called on
// the host's thread.
typedef enum lt_code lt_pickup_take(void *state, struct lt_slice bytes, const char *origin,
                                    uint64_t *token, struct lt_error *error);

// Begins to watch `folder` for names that end in `ending` (".json"); what the hub has goes to `sent`, on the same file
// system, as NAME@STATE, the end of its origin (of a NAME that has no room there its beginning and a hash). Makes both folders (mode 0770 less the umask) where they are not there.
// The names are copied. The host closes it after the bridge. To be called in `open`. LT_IO, LT_BUSY (32 descriptors are
// watched already), LT_NO_MEMORY.
enum lt_code lt_pickup_open(lt_bridge_host *host, const char *folder, const char *sent,
                            const char *ending, lt_pickup_take *take, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
