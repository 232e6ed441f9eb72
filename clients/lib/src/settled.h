// Which messages of the outbox's segments (journal.c) need no more sending. Written by the engine only. A mark
// that a power cut takes away costs one more PUBLISH, so marks are not synced; a segment of which nothing is
// left, and behind which a newer one has begun, is removed.
#ifndef LT_SETTLED_H
#define LT_SETTLED_H

#include <stdbool.h>
#include <stdint.h>

#include <lienthon/bytes.h>

struct settled;

struct settled *settled_new(int folder); // lent; NULL: no memory
// A message of that segment is now waited for. false: no memory.
bool settled_expect(struct settled *settled, uint64_t segment);
// It is settled; written by settled_flush.
bool settled_mark(struct settled *settled, uint64_t segment, uint64_t offset);
// false: the disk did not take the marks, which costs one more PUBLISH each after a restart.
bool settled_flush(struct settled *settled);
// Flushes; removes every segment of which nothing is left: no more is written by the caller.
void settled_close(struct settled **settled);

// Reads the offsets that earlier runs marked in a segment; sorted in *offsets (yours, free()).
enum lt_code settled_read(int folder, uint64_t segment, uint64_t **offsets, size_t *count,
                          struct lt_error *error);
bool settled_has(const uint64_t *offsets, size_t count, uint64_t offset);
void settled_remove_segment(int folder, uint64_t segment);

#endif
