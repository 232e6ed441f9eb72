// Frames that are handed to libzmq and counted until it has done with them, on whichever thread: how
// many bytes wait to be sent, a message to many counted once.
#ifndef LT_FRAMES_H
#define LT_FRAMES_H

#include <lienthon/bytes.h>
#include <zmq.h>

struct frames;
struct frames *frames_new(void);
// Frames that are still out stay valid.
void frames_release(struct frames **frames);

// Makes *frame with a copy of the bytes. frames NULL: it is not counted.
void frames_copy(struct frames *frames, struct lt_slice bytes, zmq_msg_t *frame);
// The same with bytes from malloc, which become the frame's.
void frames_adopt(struct frames *frames, uint8_t *bytes, size_t size, zmq_msg_t *frame);
size_t frames_bytes(const struct frames *frames); // of all that are alive

#endif
