// A count that the last frame frees, if that comes later than its owner.
#include "frames.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "handover.h"
#include "must.h"

struct frames {
    atomic_size_t bytes, holders; // holders: the owner, and each frame
};

struct piece {
    struct frames *frames;
    size_t size;
};

struct frames *frames_new(void)
{
    struct frames *frames = must_calloc(1, sizeof *frames);
    atomic_init(&frames->bytes, 0);
    atomic_init(&frames->holders, 1);
    return frames;
}

static void leave(struct frames *frames)
{
    if (frames && atomic_fetch_sub(&frames->holders, 1) == 1)
        free(frames);
}

void frames_release(struct frames **frames)
{
    leave(*frames);
    *frames = NULL;
}

enum { OVERHEAD = 192 }; // what libzmq, malloc and a piece take beside the bytes

// On whichever of libzmq's threads is the last to have it.
static void piece_free(void *bytes, void *hint)
{
    struct piece *piece = hint;
#ifdef HANDOVER_TSAN
    __tsan_acquire(piece);
#endif
    if (piece->frames)
        atomic_fetch_sub(&piece->frames->bytes, piece->size + OVERHEAD);
    leave(piece->frames);
    free(bytes);
    free(piece);
}

void frames_adopt(struct frames *frames, uint8_t *bytes, size_t size, zmq_msg_t *frame)
{
    struct piece *piece = must_calloc(1, sizeof *piece);
    *piece = (struct piece){frames, size};
    if (frames) {
        atomic_fetch_add(&frames->bytes, size + OVERHEAD);
        atomic_fetch_add(&frames->holders, 1);
    }
#ifdef HANDOVER_TSAN
    __tsan_release(piece);
#endif
    if (zmq_msg_init_data(frame, bytes, size, piece_free, piece) != 0)
        must_have(NULL);
}

void frames_copy(struct frames *frames, struct lt_slice bytes, zmq_msg_t *frame)
{
    frames_adopt(frames, (uint8_t *)must_copy(bytes.data, bytes.size), bytes.size, frame);
}

size_t frames_bytes(const struct frames *frames)
{
    return frames ? atomic_load(&frames->bytes) : 0;
}
