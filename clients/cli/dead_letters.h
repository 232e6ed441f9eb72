// Dead letters as the hub tells them: what durable subscriptions were to get and gave up.
#ifndef CLI_DEAD_LETTERS_H
#define CLI_DEAD_LETTERS_H

#include <lienthon/op.h>

#include "session.h"

struct dead_letter {
    char principal[LT_PRINCIPAL_MAX + 1], durable[LT_DURABLE_MAX + 1];
    uint64_t seq, at, attempts;
    const char *detail, *state; // C strings, in the list's memory
    bool is_kept;               // the message is; then these are known:
    uint8_t id[LT_ID_SIZE];
    const char *from, *topic, *type;
    uint64_t stored, expires, priority;
    bool damaged;
    struct lt_slice sealed, again; // of one letter alone; again: an array of maps
};

struct dead_letters { // begins zeroed
    struct dead_letter *list;
    size_t count;
    struct lt_buffer values; // what the hub said
    char **texts;
    size_t text_count;
};

// All of them that the hub tells: of this principal and durable subscription (NULL: any), of this seq (0: any).
enum lt_code dead_letters_load(struct session *session, const char *principal, const char *durable,
                               uint64_t seq, struct dead_letters *letters);
void dead_letters_clear(struct dead_letters *letters);

// Asks for these to be delivered again, at most LT_AGAIN_MAX, of one subscription. codes and texts (each with room
// for count) tell what became of each; texts are yours (free).
enum lt_code dead_letters_again(struct session *session, const char *principal, const char *durable,
                                const uint64_t *seqs, size_t count, enum lt_code *codes,
                                char **texts);

#endif
