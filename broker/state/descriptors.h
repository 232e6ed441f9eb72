// Open files: every connection takes one, and the hub keeps some for itself.
#ifndef LT_DESCRIPTORS_H
#define LT_DESCRIPTORS_H

#include <stdbool.h>

struct broker;

struct descriptors { // begins zeroed
    int limit;       // of this process
    bool is_short;   // connections are refused for want of them
    bool was_short;  // in the time that is looked back on
};

// At the start, when all of the hub's own are open.
void descriptors_begin(struct broker *broker);
// A connection that was accepted: true when it is one too many, and has been refused.
bool descriptors_refuse(struct broker *broker, int fd);
// One could not be accepted at all.
void descriptors_failed(struct broker *broker);
// A chore, once a second.
void descriptors_look(struct broker *broker);

#endif
