// Issuing grants: from a grant as a struct to its sealed message.
#ifndef CLI_ISSUE_H
#define CLI_ISSUE_H

#include <lienthon/grant.h>

#include "session.h"

enum {
    ISSUE_BUNDLE_MAX = 16 * 1024 * 1024,
    ISSUE_SEALED_MAX = 32 * 1024, // of one sealed grant
    ISSUE_EARLIER_MS =
        10 * 60 * 1000, // how much behind ours another clock may be when a grant begins to hold
};

// The seal is `signer`'s, who is the principal `issuer` ("root" for the root key). sealed has its max set.
enum lt_code issue_seal(const lt_signer *signer, struct lt_slice issuer,
                        const struct lt_grant *grant, uint64_t now, struct lt_buffer *sealed,
                        struct lt_error *error);

// Publishes a grant under the session's own identity, and waits until the hub has it.
enum lt_code issue_publish(struct session *session, const struct lt_grant *grant);

// The signing key of the root, its passphrase asked for where it needs one. *signer is yours.
enum lt_code issue_root(const char *folder, lt_signer **signer, struct lt_error *error);

// The signing key of an identity of the folder. *signer is yours.
enum lt_code issue_signer(const char *folder, const struct lt_identity *identity,
                          lt_signer **signer, struct lt_error *error);

// Adds sealed grants to the bundle in the file (made when it is not there), which the hub reads at each start. What they
// take the place of, the same issuer's for the same principal, leaves it.
enum lt_code issue_keep(const char *path, const struct lt_buffer *sealed, size_t count,
                        struct lt_error *error);

#endif
