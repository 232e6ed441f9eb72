// A table by seq and a list by use; the least lately used go when the bytes are too many.
#include "messages.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"

enum { SLOTS = 1 << 14 };

struct messages {
    struct message *slots[SLOTS];
    struct message *newest, *oldest;
    size_t bytes, max_bytes;
};

struct messages *messages_new(size_t max_bytes)
{
    struct messages *messages = must_calloc(1, sizeof *messages);
    messages->max_bytes = max_bytes;
    return messages;
}

static size_t weight(struct message *message)
{
    return sizeof *message + zmq_msg_size(&message->frame);
}

static void unlink_from_list(struct messages *messages, struct message *message)
{
    *(message->newer ? &message->newer->older : &messages->newest) = message->older;
    *(message->older ? &message->older->newer : &messages->oldest) = message->newer;
    message->newer = message->older = NULL;
}

static void make_newest(struct messages *messages, struct message *message)
{
    message->older = messages->newest;
    *(messages->newest ? &messages->newest->newer : &messages->oldest) = message;
    messages->newest = message;
}

static void drop(struct messages *messages, struct message *message)
{
    struct message **at = &messages->slots[message->seq % SLOTS];
    while (*at != message)
        at = &(*at)->chain;
    *at = message->chain;
    unlink_from_list(messages, message);
    messages->bytes -= weight(message);
    zmq_msg_close(&message->frame);
    free(message);
}

void messages_destroy(struct messages **messages)
{
    if (!*messages)
        return;
    while ((*messages)->oldest)
        drop(*messages, (*messages)->oldest);
    free(*messages);
    *messages = NULL;
}

struct message *messages_find(struct messages *messages, uint64_t seq)
{
    struct message *message = messages->slots[seq % SLOTS];
    while (message && message->seq != seq)
        message = message->chain;
    if (message && message != messages->newest) {
        unlink_from_list(messages, message);
        make_newest(messages, message);
    }
    return message;
}

static void decode(struct message *message)
{
    struct lt_slice bytes = {zmq_msg_data(&message->frame), zmq_msg_size(&message->frame)};
    message->readable = lt_sealed_decode(bytes, &message->sealed, NULL) == LT_DONE;
    if (!message->readable)
        return;
    const struct lt_part *part = &message->sealed.part;
    memcpy(message->topic, part->topic.data, part->topic.size);
    message->topic[part->topic.size] = '\0';
    message->priority = part->priority;
    message->label = part->label;
}

struct message *messages_put(struct messages *messages, uint64_t seq, uint64_t stored,
                             zmq_msg_t *frame)
{
    struct message *message = messages_find(messages, seq);
    if (message) {
        zmq_msg_close(frame);
        return message;
    }
    message = must_calloc(1, sizeof *message);
    message->seq = seq;
    message->stored = stored;
    zmq_msg_init(&message->frame);
    zmq_msg_move(&message->frame, frame);
    zmq_msg_close(frame);
    decode(message);
    message->chain = messages->slots[seq % SLOTS];
    messages->slots[seq % SLOTS] = message;
    make_newest(messages, message);
    messages->bytes += weight(message);
    while (messages->bytes > messages->max_bytes && messages->oldest != message)
        drop(messages, messages->oldest);
    return message;
}

void messages_drop(struct messages *messages, uint64_t seq)
{
    struct message *message = messages_find(messages, seq);
    if (message)
        drop(messages, message);
}

size_t messages_bytes(const struct messages *messages)
{
    return messages->bytes;
}
