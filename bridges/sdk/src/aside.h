// What is set aside until a person decides: messages of which the bridge has died three times, and those of which nobody can
// tell whether they were done. One file each in the instance's state, with the sealed message in it, so nothing is lost
// whatever becomes of the hub. The command that a person uses leaves a wish beside it; the host sees to it.
#ifndef LT_BRIDGES_ASIDE_H
#define LT_BRIDGES_ASIDE_H

#include <lienthon/seal.h>

#include "ledger.h"

#define ASIDE_FOLDER "aside" // in the instance's state
enum { ASIDE_TARGET = 64, ASIDE_WHY = 255 };

enum aside_reason { ASIDE_CRASHED, ASIDE_UNKNOWN };
// ASIDE_AGAIN: a release that the host has seen to, until the message is done with. What earlier lives had noted of the message
// is forgotten when a release becomes that, once: what is noted from then on is of the new try.
enum aside_wish { ASIDE_NONE, ASIDE_RELEASE, ASIDE_AGAIN, ASIDE_DONE };

struct aside_item {
    char name[LEDGER_NAME_SIZE];
    char target[ASIDE_TARGET + 1];
    enum aside_reason reason;
    enum aside_wish wish;
    char why[ASIDE_WHY + 1], key[LEDGER_TEXT + 1];
    uint64_t at, seq; // ms since 1970; of the hub
    struct lt_buffer sealed_bytes;
    struct lt_sealed sealed; // looks into them
};

// Writes it, synced; its name is made of target and message. `sealed_bytes` is lent.
enum lt_code aside_keep(const char *folder, const struct aside_item *item, struct lt_error *error);
// Is a message of that name set aside, and what is wished for it? false: it is not.
bool aside_has(const char *folder, const char *name, enum aside_wish *wish);
// LT_NOT_FOUND, LT_IO, LT_BAD_FILE, LT_NO_MEMORY; clear it with aside_clear.
enum lt_code aside_read(const char *folder, const char *name, struct aside_item *item,
                        struct lt_error *error);
void aside_clear(struct aside_item *item);
// Appends the names of all, each LEDGER_NAME_SIZE bytes with its NUL, in order. LT_DONE also where there are none.
enum lt_code aside_names(const char *folder, struct lt_buffer *names, struct lt_error *error);
// A release that is under way already stays one.
enum lt_code aside_ask(const char *folder, const char *name, enum aside_wish wish,
                       struct lt_error *error);
// The release becomes ASIDE_AGAIN. false: it could not be written.
bool aside_begin_again(const char *folder, const char *name);
// Forgets the wish, or all of it.
void aside_unask(const char *folder, const char *name);
void aside_remove(const char *folder, const char *name);
// "crashed", "unknown"; constants.
const char *aside_reason_name(enum aside_reason reason);

#endif
