// A receipt for a message (wire.md "Receipts"), as a draft to publish. Pure.
#ifndef LT_BRIDGES_RECEIPT_H
#define LT_BRIDGES_RECEIPT_H

#include <lienthon/message.h>

struct receipt {
    struct lt_part draft; // looks into the two below: do not copy the struct
    char topic[LT_TOPIC_MAX + 1];
    struct lt_buffer body;
};

// Does its sender want one: the receipt flag, and a sender whom a topic can name.
bool receipt_wanted(const struct lt_part *message);
// outcome: "received", "handed-over", "done", "skipped", "failed", "unknown". detail: NULL or a
// sentence, cut at 255 bytes. false: no memory, or a sender whose topic would be too long.
bool receipt_write(const struct lt_part *message, const char *outcome, const char *target,
                   uint64_t at, const char *detail, struct receipt *receipt);
void receipt_clear(struct receipt *receipt);

#endif
