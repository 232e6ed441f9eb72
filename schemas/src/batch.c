// Sealing: the signer, and one signature over a batch of parts.
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/pack.h"
#include "lienthon/seal.h"
#include "merkle.h"

struct lt_signer {
    uint8_t key[LT_KEY_SIZE], key_id[LT_KEY_ID_SIZE];
    uint8_t *secret; // crypto_sign_SECRETKEYBYTES in sodium_malloc memory
};

lt_signer *lt_signer_new(const uint8_t seed[LT_SEED_SIZE])
{
    if (sodium_init() < 0) {
        return NULL;
    }
    lt_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL) {
        return NULL;
    }
    signer->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    if (signer->secret == NULL) {
        lt_signer_destroy(&signer);
        return NULL;
    }
    (void)crypto_sign_seed_keypair(signer->key, signer->secret, seed);
    (void)sodium_mprotect_readonly(signer->secret);
    lt_key_id(signer->key, signer->key_id);
    return signer;
}

void lt_signer_destroy(lt_signer **signer)
{
    if (*signer != NULL) {
        sodium_free((*signer)->secret);
        free(*signer);
        *signer = NULL;
    }
}

const uint8_t *lt_signer_key(const lt_signer *signer)
{
    return signer->key;
}

struct batch {
    size_t count, written; // written: hashes that merkle_build made
    uint8_t (*hashes)[LT_HASH_SIZE];
    uint8_t signature[LT_SIGNATURE_SIZE];
};

static bool write_sealed(const lt_signer *signer, const struct batch *batch, size_t index,
                         struct lt_slice part, struct lt_buffer *out)
{
    uint8_t path[MERKLE_PATH_MAX][LT_HASH_SIZE];
    const size_t steps = merkle_path(batch->hashes, batch->count, index, path);
    lt_pack_array(out, 2);
    lt_pack_bin(out, part.data, part.size);
    lt_pack_array(out, 5);
    lt_pack_bin(out, signer->key_id, LT_KEY_ID_SIZE);
    lt_pack_uint(out, batch->count);
    lt_pack_uint(out, index);
    lt_pack_bin(out, path, steps * LT_HASH_SIZE);
    lt_pack_bin(out, batch->signature, LT_SIGNATURE_SIZE);
    return !out->failed;
}

static void sign(const lt_signer *signer, struct batch *batch, const struct lt_slice *parts)
{
    uint8_t bytes[SEAL_SIGNED_SIZE];
    for (size_t i = 0; i < batch->count; i++) {
        merkle_leaf(parts[i], batch->hashes[i]);
    }
    batch->written = merkle_build(batch->hashes, batch->count);
    merkle_signed((uint32_t)batch->count, batch->hashes[batch->written - 1], bytes);
    (void)crypto_sign_detached(batch->signature, NULL, bytes, sizeof bytes, signer->secret);
}

enum lt_code lt_seal_batch(const lt_signer *signer, const struct lt_slice *parts, size_t count,
                           struct lt_buffer *out, struct lt_error *error)
{
    if (count == 0 || count > LT_BATCH_MAX) {
        return lt_fail(error, LT_BAD_USE, "a batch has 1 to %d messages", LT_BATCH_MAX);
    }
    struct batch batch = {.count = count};
    batch.hashes = calloc(2 * count + MERKLE_PATH_MAX, LT_HASH_SIZE);
    if (batch.hashes == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to seal");
    }
    sign(signer, &batch, parts);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < count && code == LT_DONE; i++) {
        if (!write_sealed(signer, &batch, i, parts[i], &out[i])) {
            code = lt_fail(error, LT_TOO_LARGE, "sealed message: above %zu bytes", out[i].max);
        }
    }
    free(batch.hashes);
    return code;
}

enum lt_code lt_seal_part(const lt_signer *signer, const struct lt_part *part,
                          struct lt_buffer *out, struct lt_error *error)
{
    struct lt_buffer bytes = {.max = out->max};
    enum lt_code code = lt_part_encode(part, &bytes, error);
    if (code == LT_DONE) {
        const struct lt_slice encoded = lt_buffer_slice(&bytes);
        code = lt_seal_batch(signer, &encoded, 1, out, error);
    }
    lt_buffer_clear(&bytes);
    return code;
}
