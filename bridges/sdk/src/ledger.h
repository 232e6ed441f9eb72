// What was begun and not ended: one empty file each, so that a later life knows that an earlier one
// was cut off in the middle and can say so.
#ifndef LT_BRIDGES_LEDGER_H
#define LT_BRIDGES_LEDGER_H

#include <lienthon/message.h>

struct ledger {
    int folder; // a descriptor; -1: not open
};

enum { LEDGER_NAME_SIZE = 33 };
// The name of a file for that message and target: no name from outside becomes a path. false: no memory.
bool ledger_name(const char *target, const struct lt_part *message, char name[LEDGER_NAME_SIZE]);

enum lt_code ledger_open(const char *path, struct ledger *ledger, struct lt_error *error);
void ledger_close(struct ledger *ledger);
// *again: it was begun before and never ended.
enum lt_code ledger_begin(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, bool *again, struct lt_error *error);
void ledger_end(const struct ledger *ledger, const char *target, const struct lt_part *message);

#endif
