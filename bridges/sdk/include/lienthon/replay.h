// What has come before: ids of another's requests, remembered on disk for a time, and how old a request may be. A signature
// says who wrote something; only this says that it is not said again by who has overheard it.
//
// Threads: one. Times: milliseconds since 1970. Only digests of ids are kept.
#ifndef LIENTHON_REPLAY_H
#define LIENTHON_REPLAY_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_replay lt_replay;

struct lt_replay_config {
    const char *path;  // its file, 0600; in the instance's own folder (lt_bridge_folder)
    int64_t window_ms; // how old a request may be, and how long its id is remembered
    int64_t ahead_ms;  // how far its clock may be ahead of ours
    size_t ids;        // that are remembered at most; 0: 65536
};

// Reads what is there; a last record that was cut off is left out. LT_IO, LT_BAD_FILE (no such file of ours), LT_NO_MEMORY.
enum lt_code lt_replay_open(const struct lt_replay_config *config, lt_replay **replay,
                            struct lt_error *error);
void lt_replay_close(lt_replay **replay);
// stamp: when the request says that it was made; 0: it says nothing. LT_DONE: it is new; LT_DONE_BEFORE; LT_STALE: too old, or
// of a clock that is wrong; LT_BUSY: more were kept within the window than may be.
enum lt_code lt_replay_check(const lt_replay *replay, struct lt_slice id, uint64_t stamp,
                             uint64_t now, struct lt_error *error);
// It is on disk when this returns LT_DONE. To be called once what it asked for is on disk too: it is done again then, rather
// than never, where a crash comes between (an origin makes that harmless, see lt_bridge_publish). LT_IO, LT_BUSY.
enum lt_code lt_replay_keep(lt_replay *replay, struct lt_slice id, uint64_t now,
                            struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
