// The watch over connections: libzmq holds a message back until it is whole and bounds only its
// frames, so a peer could send one without end. What the kernel has received from a connection is
// compared with what has come whole; and a connection that ends ends its session at once.
#ifndef LT_WATCH_H
#define LT_WATCH_H

#include <stdbool.h>

struct broker;

void watch_events(struct broker *broker);        // reads the doors' monitors
void watch_whole(struct broker *broker, int fd); // a message has come whole on it
void watch_look(
    struct broker *broker); // cuts what sends without end; call when the doors are drained
void watch_clear(struct broker *broker);

#endif
