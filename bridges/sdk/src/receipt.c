// The body is small and always of the same shape, so it is written here and not by a binding.
#include "receipt.h"

#include <string.h>

#include <lienthon/pack.h>

bool receipt_wanted(const struct lt_part *message)
{
    return (message->flags & LT_RECEIPT) != 0;
}

bool receipt_write(const struct lt_part *message, const char *outcome, const char *target,
                   uint64_t at, const char *detail, struct receipt *receipt)
{
    *receipt = (struct receipt){.body = {.max = 4096}};
    size_t size = lt_principal_topic("$lt/receipts/", message->from, receipt->topic);
    if (!size)
        return false;
    struct lt_error cut = {0}; // its text is cut at a character
    if (detail && *detail)
        lt_fail(&cut, LT_DONE, "%s", detail);
    lt_pack_map(&receipt->body, cut.text[0] ? 4 : 3);
    lt_pack_text(&receipt->body, "outcome");
    lt_pack_text(&receipt->body, outcome);
    lt_pack_text(&receipt->body, "target");
    lt_pack_text(&receipt->body, target);
    lt_pack_text(&receipt->body, "at");
    lt_pack_uint(&receipt->body, at);
    if (cut.text[0]) {
        lt_pack_text(&receipt->body, "detail");
        lt_pack_text(&receipt->body, cut.text);
    }
    struct lt_part *draft = &receipt->draft;
    draft->topic = (struct lt_slice){(const uint8_t *)receipt->topic, size};
    draft->type = lt_slice_of("receipt.v1");
    draft->priority = message->priority > LT_THUONG ? LT_KHAN : LT_THUONG;
    draft->label = message->label;
    draft->relation = LT_ANSWERS;
    memcpy(draft->re, message->id, LT_ID_SIZE);
    draft->flags = message->flags & LT_DRILL;
    draft->body = lt_buffer_slice(&receipt->body);
    return !receipt->body.failed;
}

void receipt_clear(struct receipt *receipt)
{
    lt_buffer_clear(&receipt->body);
}
