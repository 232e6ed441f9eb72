// A connection's meter. libzmq holds a message back until it is whole and bounds only its frames, so a
// peer could send one without end; and it does not say how much of what was sent has left. The kernel
// counts the bytes of a connection; here they are compared with those of the messages that were read and
// given. One thread; knows no libzmq.
#ifndef LT_METER_H
#define LT_METER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { METER_BUFFER = 256 * 1024 }; // what a socket's receive buffer should be set to

struct meter {
    int fd;                       // lent; below 0: none
    struct sockaddr_storage peer; // of fd, so that a number used again is not mistaken
    uint64_t read, given;         // bytes on the wire of messages read whole, and of messages sent
    uint64_t forgiven, seen;      // libzmq's own commands; received at the last look
    bool has_whole;               // one was read since then
    uint64_t pending; // as of the last look: received, and not read as part of a whole message
    uint64_t unsent;  // as of the last look: given, and not with the peer's kernel
};

// Begins with what the descriptor has behind it as nothing. Takes any descriptor: on one that is no
// connected TCP socket looks tell nothing.
void meter_open(struct meter *meter, int fd);
// Bytes that a frame of this size is on the wire, under CURVE.
size_t meter_frame(size_t size);
// A whole message of that many bytes on the wire was read.
void meter_read(struct meter *meter, size_t bytes);
// Asks the kernel. drained: every whole message had been read by then. false: it tells nothing.
bool meter_look(struct meter *meter, bool drained);
// Shuts the connection down; only if it is still the one that it was. true: it was.
bool meter_cut(const struct meter *meter);

#endif
