// Seals (wire.md section 3): one Ed25519 signature over a batch of parts, each provable alone.
#ifndef LIENTHON_SEAL_H
#define LIENTHON_SEAL_H

#include "message.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_BATCH_MAX = 1024, LT_SEED_SIZE = 32, LT_KEY_ID_SIZE = 8, LT_SIGNATURE_SIZE = 64 };

struct lt_seal {
    struct lt_slice key_id; // 8 bytes
    uint32_t count, index;
    struct lt_slice path;      // 32 * k bytes
    struct lt_slice signature; // 64 bytes
};

// A sealed message, as views into its bytes.
struct lt_sealed {
    struct lt_slice bytes;
    struct lt_part part;
    struct lt_seal seal;
};

// LT_DONE or LT_MALFORMED: the outer array and the seal alone; of the part only `bytes` is set. Enough to verify.
enum lt_code lt_sealed_split(struct lt_slice bytes, struct lt_sealed *sealed,
                             struct lt_error *error);
// LT_DONE or LT_MALFORMED; decodes the part too.
enum lt_code lt_sealed_decode(struct lt_slice bytes, struct lt_sealed *sealed,
                              struct lt_error *error);

// A bounded memory of roots whose signature held, so that a batch costs one verification. Not thread-safe.
typedef struct lt_seal_cache lt_seal_cache;
lt_seal_cache *lt_seal_cache_new(size_t entries); // NULL: no memory
void lt_seal_cache_destroy(lt_seal_cache **cache);

// Does the seal hold under this whole public key: LT_DONE or LT_BAD_SEAL. cache may be NULL.
enum lt_code lt_seal_verify(const struct lt_sealed *sealed, const uint8_t key[LT_KEY_SIZE],
                            lt_seal_cache *cache, struct lt_error *error);
// true: the cache knows the root, verifying will cost hashing only.
bool lt_seal_is_cached(const struct lt_sealed *sealed, const uint8_t key[LT_KEY_SIZE],
                       const lt_seal_cache *cache);

// The signing key pair of a 32-byte seed; the secret half in sodium_malloc memory. Thread-safe for reading.
typedef struct lt_signer lt_signer;
lt_signer *lt_signer_new(const uint8_t seed[LT_SEED_SIZE]); // NULL: no memory
void lt_signer_destroy(lt_signer **signer);
const uint8_t *lt_signer_key(const lt_signer *signer); // 32 bytes, lent

// Seals 1..1024 parts under one signature. out[i] (each with its own max) receives the sealed message of parts[i].
// LT_BAD_USE for another count, LT_TOO_LARGE where one does not fit (what is in the buffers is then no use).
enum lt_code lt_seal_batch(const lt_signer *signer, const struct lt_slice *parts, size_t count,
                           struct lt_buffer *out, struct lt_error *error);
// Encode and seal one.
enum lt_code lt_seal_part(const lt_signer *signer, const struct lt_part *part,
                          struct lt_buffer *out, struct lt_error *error);

void lt_key_id(const uint8_t key[LT_KEY_SIZE], uint8_t id[LT_KEY_ID_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
