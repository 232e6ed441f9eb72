// The outbox on disk: what publish() has accepted, appended to numbered segments and synced before it is
// reported as done. Written by the caller's thread only; which of it is settled, settled.c keeps beside it.
//
// A record: length (4 bytes, big-endian), kind (1: 0 part, 1 sealed), the bytes, and the first 8 bytes of H
// over all of these. A record that is cut off at the end of the last segment was never reported as done.
#ifndef LT_JOURNAL_H
#define LT_JOURNAL_H

#include <lienthon/bytes.h>

enum { JOURNAL_SEGMENT_SIZE = 1024 * 1024, JOURNAL_NAME_ROOM = 32 };

// One record that was left; taken: what it does not settle is published again.
struct left {
    struct lt_slice bytes;
    bool sealed;
    uint64_t segment, offset;
};
typedef enum lt_code (*journal_visit)(void *self, const struct left *left, struct lt_error *error);

struct journal;

// Reads what earlier runs left in the folder (which stays the caller's), in order; segments with nothing left
// are removed. LT_BAD_FILE names the segment that is not whole; LT_IO; LT_NO_MEMORY; or what visit returned.
enum lt_code journal_open(int folder, struct journal **journal, journal_visit visit, void *self,
                          struct lt_error *error);
// On stable storage when it returns LT_DONE; after a failure nothing of it stays.
enum lt_code journal_append(struct journal *journal, bool sealed, struct lt_slice bytes,
                            uint64_t *segment, uint64_t *offset, struct lt_error *error);
void journal_close(struct journal **journal);

// "00000007.log", "00000007.done"
void journal_name(uint64_t segment, const char *ending, char name[JOURNAL_NAME_ROOM]);

#endif
