// Invitations: a grant of the single right `enrol`, for a key pair whose seed is in the code.
#ifndef CLI_INVITE_H
#define CLI_INVITE_H

#include <lienthon/book.h>

#include "session.h"

struct invite {
    lt_signer *signer;
    uint8_t *seed;                        // sodium_malloc
    char principal[LT_PRINCIPAL_MAX + 1]; // the invitation's own
};

enum { INVITE_CODE_MAX = 2048 };

// Makes the invitation's keys. Takes a zeroed struct; invite_clear frees.
enum lt_code invite_make(struct invite *invite, struct lt_error *error);
void invite_clear(struct invite *invite);

// Publishes the invitation's grant (its keys are filled in here) and waits until the hub has it.
enum lt_code invite_publish(struct session *session, const struct invite *invite,
                            struct lt_grant *grant);
// Appends the code for `whom`, of a session that has been up. It is a secret: wipe it.
enum lt_code invite_code(struct session *session, const struct invite *invite, const char *whom,
                         struct lt_buffer *code);

// May an invitation by this identity still put somebody's grant in force? LT_NOT_ALLOWED says what to do instead.
enum lt_code invite_check(struct session *session, const lt_book *book, const char *whom);

#endif
