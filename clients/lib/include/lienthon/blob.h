// Blobs whole: pictures, sound, documents by their SHA-256 (wire.md "Blobs"). The engine carries them in pieces as large as the
// link bears, goes on where it was after a lost connection and, by a second call, after a restart of either side, and checks
// the hash. The caller does other things meanwhile and reads LT_EVENT_BLOB: first those with `more`, that say how far it is
// (offset of size, bytes; code LT_BUSY while the hub has no room just now), then one without, which is the end: LT_DONE, or a
// code and its sentence. Threads and errors as in client.h.
#ifndef LIENTHON_BLOB_H
#define LIENTHON_BLOB_H

#include <lienthon/client.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lt_blob { // what a body says of one, but for its media type and name
    uint8_t sha256[32];
    uint64_t size; // bytes
};

enum { LT_BLOBS_MAX = 16 }; // on their way at once; beyond: LT_BUSY

// To the hub. Reads the file once for its hash before it returns (in the caller's thread; some 300 MB a second), and again
// while it is sent; *blob is then what a body may refer to, also before the blob has arrived. The file must stay as it is
// until the end, else LT_BODY_WRONG or LT_IO. LT_IO: it cannot be read.
enum lt_code lt_client_send_file(lt_client *client, const char *path, struct lt_blob *blob,
                                 uint64_t *token, struct lt_error *error);
// The same of bytes in memory, which are copied: at most 64 MiB, what else waits for an answer included (LT_BUSY).
enum lt_code lt_client_send_bytes(lt_client *client, struct lt_slice bytes, struct lt_blob *blob,
                                  uint64_t *token, struct lt_error *error);

// From the hub into a file, which is there whole or not at all: the pieces are kept in "PATH.part", where a later call for the
// same blob goes on, and renamed when the hash is right and all is synced. blob->size 0: not known, then at most what the hub
// lets a blob have. LT_BODY_WRONG: what came is another blob (the pieces are thrown away). LT_NOT_FOUND: the hub has none.
// LT_BUSY: somebody else fetches into this file. LT_IO: it cannot be written.
enum lt_code lt_client_fetch_file(lt_client *client, const struct lt_blob *blob, const char *path,
                                  uint64_t *token, struct lt_error *error);

// Ends a blob's way, by the token of the call that began it: the last event of it says LT_CLOSED, unless it has ended already.
enum lt_code lt_client_stop_blob(lt_client *client, uint64_t token, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
