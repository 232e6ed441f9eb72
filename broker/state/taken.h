// Whose place has been taken: messages that were replaced or cancelled, also before they came.
#ifndef LT_TAKEN_H
#define LT_TAKEN_H

#include <lienthon/message.h>

#include "records.h"
#include "table.h"

struct taken {          // begins zeroed
    struct table by_re; // id → a list of those that take its place
    size_t count;       // of those
};
void taken_clear(struct taken *taken);

// Has something taken this part's place. *relation (may be NULL): LT_REPLACES or LT_CANCELS.
bool taken_is(const struct taken *taken, const struct lt_part *part, uint8_t *relation);
// Remembers that `fresh` takes the place of message fresh->re until then (ms, 0: for ever).
void taken_add(struct taken *taken, const struct lt_part *fresh, uint64_t until);
void taken_save(const struct lt_part *fresh, uint64_t until, struct records *records);
// Forgets what is over, at most `limit`.
void taken_sweep(struct taken *taken, uint64_t now, size_t limit, struct records *records);
enum lt_code taken_load(struct taken *taken, struct store_reader *reader, struct lt_error *error);

#endif
