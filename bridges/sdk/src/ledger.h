// What was begun and not ended: one empty file each, so that a later life knows that an earlier one
// was cut off in the middle and can say so.
#ifndef LT_BRIDGES_LEDGER_H
#define LT_BRIDGES_LEDGER_H

#include <lienthon/message.h>

struct ledger {
    int folder; // a descriptor; -1: not open
};

enum lt_code ledger_open(const char *path, struct ledger *ledger, struct lt_error *error);
void ledger_close(struct ledger *ledger);
// *again: it was begun before and never ended.
enum lt_code ledger_begin(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, bool *again, struct lt_error *error);
void ledger_end(const struct ledger *ledger, const char *target, const struct lt_part *message);

#endif
