// Blobs for a bridge: recordings, pictures and documents that a message refers to, from the hub into a file.
//
// Called on the host's one thread and to be called from it.
#ifndef LIENTHON_FETCH_H
#define LIENTHON_FETCH_H

#include <lienthon/blob.h>
#include <lienthon/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

// The file is there, whole, with the right hash and synced (LT_DONE), or it is not, and `text` (lent) says why: LT_NOT_FOUND,
// the hub has none; LT_BODY_WRONG, it is another; LT_IO. Not called when the host ends.
typedef void lt_fetched(void *user, enum lt_code code, const char *text);

// Begins to fetch it into `path` (copied; its folder is there). With the hub away it waits until it is back, and what has come
// already stays beside it as PATH.part for the next time. At most LT_BLOBS_MAX at once: LT_BUSY. LT_NO_MEMORY, LT_IO.
// Then `fetched` is not called.
enum lt_code lt_bridge_fetch(lt_bridge_host *host, const struct lt_blob *blob, const char *path,
                             lt_fetched *fetched, void *user, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
