// The stored messages that the core has at hand, by seq: the latest and those just read. Bounded in
// bytes; what is not here lies in the store and is fetched by the read thread. A message is one
// counted frame, copied to each receiver by reference.
#ifndef LT_MESSAGES_H
#define LT_MESSAGES_H

#include <lienthon/seal.h>
#include <zmq.h>

struct message {
    uint64_t seq, stored;
    zmq_msg_t frame;
    bool damaged;            // not as it was stored, or cannot be read: never handed out
    bool readable;           // sealed is decoded; else only what follows is known
    struct lt_sealed sealed; // looks into frame
    char topic[LT_TOPIC_MAX + 1];
    uint8_t priority, label;
    uint64_t asked_version,
        asked_at; // when its sender's right was asked last: the book's version, ms
    enum lt_code asked;
    struct message *newer, *older, *chain; // messages.c's own
};

struct messages;
struct messages *messages_new(size_t max_bytes);
void messages_destroy(struct messages **messages);

// Valid until the next messages_put. NULL: not at hand.
struct message *messages_find(struct messages *messages, uint64_t seq);
// Takes the frame over (it is closed here in the end). The caller fills in what is not decoded.
struct message *messages_put(struct messages *messages, uint64_t seq, uint64_t stored,
                             zmq_msg_t *frame);
size_t messages_bytes(const struct messages *messages); // of what is at hand
void messages_drop(struct messages *messages, uint64_t seq);

#endif
