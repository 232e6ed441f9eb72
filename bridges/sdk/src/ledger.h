// What was begun and not ended, on disk: one file each, so that a later life knows that an earlier one was cut off in the
// middle, and how far it had come.
//
//     nothing → begun → (ended)                     for what may happen twice: an empty file
//     nothing → intended → sent → seen → (ended)    for what must not: what the far side knows it by
#ifndef LT_BRIDGES_LEDGER_H
#define LT_BRIDGES_LEDGER_H

#include <lienthon/message.h>

enum { LEDGER_TEXT = 255, LEDGER_NAME_SIZE = 33 };

enum ledger_state { LEDGER_NOTHING, LEDGER_BEGUN, LEDGER_INTENDED, LEDGER_SENT, LEDGER_SEEN };

struct ledger_entry {
    enum ledger_state state;
    char key[LEDGER_TEXT + 1], far_id[LEDGER_TEXT + 1]; // UTF-8; empty: none
};

struct ledger {
    int folder; // a descriptor; -1: not open
    char *path; // NULL: not open
};

// 32 hexadecimal digits: a hash of target, sender and id, so no name from outside becomes a path. false: no memory.
bool ledger_name(const char *target, const struct lt_part *message, char name[LEDGER_NAME_SIZE]);
enum lt_code ledger_open(const char *path, struct ledger *ledger, struct lt_error *error);
void ledger_close(struct ledger *ledger);
// An entry that is damaged is LEDGER_INTENDED without a key: nobody knows. LT_IO: it cannot be read now.
enum lt_code ledger_read(const struct ledger *ledger, const char *target,
                         const struct lt_part *message, struct ledger_entry *entry,
                         struct lt_error *error);
// The entry is on disk, synced, when this returns LT_DONE; else what was there before is.
enum lt_code ledger_write(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, const struct ledger_entry *entry,
                          struct lt_error *error);
// *again: it was begun before and never ended.
enum lt_code ledger_begin(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, bool *again, struct lt_error *error);
void ledger_end(const struct ledger *ledger, const char *target, const struct lt_part *message);

#endif
