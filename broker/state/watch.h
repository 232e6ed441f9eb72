// The watch over connections: what each has sent that is not whole, or that the hub has not read, and
// what it was sent and has not taken, by the kernel's own counts. Whoever has too much of it is cut, and
// when all together have too much, whoever has most. A connection that ends ends its session at once.
#ifndef LT_WATCH_H
#define LT_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct broker;

void watch_events(struct broker *broker); // reads the doors' monitors
// A whole message was read from it, of so many bytes on the wire.
void watch_whole(struct broker *broker, int fd, size_t bytes);
// Cuts whoever is beyond its limits; call when the doors are drained.
void watch_look(struct broker *broker);
// How many ms may pass between two looks.
unsigned watch_pause(const struct broker *broker);
// At the stop: cuts whoever is in the middle of a message; libzmq frees what has come of it only while the door
// is still there. Are there any that were cut and have not ended.
void watch_cut_unfinished(struct broker *broker);
bool watch_has_cut(const struct broker *broker);
void watch_clear(struct broker *broker);

// So much is on its way out that nothing large is begun.
bool watch_is_sending_much(const struct broker *broker);

#endif
