// Invitation codes (wire.md section 4): `lienthon:` + base64url of what a joiner must know.
#ifndef LIENTHON_INVITATION_H
#define LIENTHON_INVITATION_H

#include "seal.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lt_invitation {
    char join_url[256];
    uint8_t hub_curve[LT_KEY_SIZE], root[LT_KEY_SIZE];
    char principal[LT_PRINCIPAL_MAX + 1];
    uint8_t seed
        [LT_SEED_SIZE]; // a secret: the caller wipes it (keep the struct in sodium_malloc memory)
};

// Appends the code as text, without NUL. LT_BAD_USE: a url or a principal that is none; LT_TOO_LARGE: beyond code->max.
enum lt_code lt_invitation_encode(const struct lt_invitation *invitation, struct lt_buffer *code,
                                  struct lt_error *error);
// LT_MALFORMED: it is no such code, or not all of it. LT_VERSION: one of a later version.
enum lt_code lt_invitation_decode(struct lt_slice code, struct lt_invitation *invitation,
                                  struct lt_error *error);
// The invitation's own principal: `invite.` + 8 hex digits of its key's id. out: LT_PRINCIPAL_MAX + 1 bytes.
void lt_invitation_principal(const uint8_t key[LT_KEY_SIZE], char *out);

#ifdef __cplusplus
}
#endif
#endif
