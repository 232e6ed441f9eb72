// New keys for an identity: what the command and the taking up of one that was broken off share.
#ifndef CLI_REKEY_H
#define CLI_REKEY_H

#include <lienthon/book.h>

#include "session.h"

struct change {
    struct cli *cli;
    struct session session;
    lt_book *book;
    char *name;
    struct lt_identity identity; // of the name
    bool is_own;                 // identity.yaml is the name's
    bool by_root;                // its grant is the root's
    bool is_hub; // keeps its connection key: whoever has it written down would be locked out
    lt_signer *fresh;
    struct lt_buffer first;  // the new grant
    struct lt_buffer bundle; // it and all that the name had issued
    size_t children;
    bool was_begun;                 // an earlier one was broken off: `first` and `bundle` are its
    bool seed_waits, curve_waits;   // and these keys of it are not in use yet
    uint8_t begun_key[LT_KEY_SIZE]; // of its grant
};

// Makes keys/NAME.next.* and, into `first`, their grant, by whoever of this folder may grant the name its rights.
enum lt_code rekey_seal_first(struct change *change);
// Adds all that the name had issued to `bundle`, under the new key.
enum lt_code rekey_seal_children(struct change *change);

// state/NAME/rekey.ltb, which is there as long as something is left to be said; yours.
char *rekey_bundle_path(const struct change *change);

// Is there an earlier one that was broken off, and are its keys still here? Sets what `change` knows of it; a file that
// does not fit the keys is nothing to go on with.
enum lt_code resume_look(struct change *change);
// Has the hub taken its grant? Asked of the book; false also where it is nobody's.
bool resume_was_taken(const struct change *change);

#endif
