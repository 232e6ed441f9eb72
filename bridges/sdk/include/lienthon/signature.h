// Signatures over what others send and what is sent to them: HMAC-SHA256 and SHA-256 over raw bytes, compared in constant
// time. Pure; any thread.
#ifndef LIENTHON_SIGNATURE_H
#define LIENTHON_SIGNATURE_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_DIGEST_SIZE = 32 };

// Over the parts, one after the other.
void lt_hmac_sha256(struct lt_slice key, const struct lt_slice *parts, size_t count,
                    uint8_t digest[LT_DIGEST_SIZE]);
void lt_sha256(const struct lt_slice *parts, size_t count, uint8_t digest[LT_DIGEST_SIZE]);
// Whether `given` is the digest in hexadecimal, of either case, after `prefix` ("sha256=", "mac="; NULL: none). A prefix that
// is missing is no fault, nor are blanks around.
bool lt_signature_is(struct lt_slice given, const char *prefix,
                     const uint8_t digest[LT_DIGEST_SIZE]);
// Whether two secrets are equal, in a time that depends on the sizes alone. An empty one equals nothing.
bool lt_secret_equal(struct lt_slice a, struct lt_slice b);

#ifdef __cplusplus
}
#endif
#endif
