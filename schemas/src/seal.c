// Reading and verifying seals, with a bounded memory of the roots whose signature held.
#include "lienthon/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "merkle.h"

enum { WAYS = 4 };

struct checked { // all that a verification depends on
    uint8_t key[LT_KEY_SIZE], root[LT_HASH_SIZE], signature[LT_SIGNATURE_SIZE];
    uint32_t count; // 0: this entry is free
};

struct lt_seal_cache {
    size_t sets;
    uint8_t *oldest; // of each set
    struct checked *entries;
};

static enum lt_code malformed(struct lt_error *error, const char *what)
{
    return lt_fail(error, LT_MALFORMED, "%s", what);
}

static enum lt_code take_seal(struct lt_cursor *cursor, struct lt_seal *seal,
                              struct lt_error *error)
{
    uint32_t fields = 0;
    uint64_t count = 0;
    uint64_t index = 0;
    if (!lt_cursor_array(cursor, &fields) || fields != 5) {
        return malformed(error, "seal: not an array of 5");
    }
    if (!lt_cursor_bin(cursor, &seal->key_id) || seal->key_id.size != LT_KEY_ID_SIZE) {
        return malformed(error, "seal[0] key: not 8 bytes");
    }
    if (!lt_cursor_uint(cursor, LT_BATCH_MAX, &count) || count == 0) {
        return malformed(error, "seal[1] count: not an integer from 1 to 1024");
    }
    if (!lt_cursor_uint(cursor, count - 1, &index)) {
        return malformed(error, "seal[2] index: not an integer below count");
    }
    if (!lt_cursor_bin(cursor, &seal->path) || seal->path.size % LT_HASH_SIZE != 0 ||
        seal->path.size > (size_t)MERKLE_PATH_MAX * LT_HASH_SIZE) {
        return malformed(error, "seal[3] path: not 0 to 10 hashes of 32 bytes");
    }
    if (!lt_cursor_bin(cursor, &seal->signature) || seal->signature.size != LT_SIGNATURE_SIZE) {
        return malformed(error, "seal[4] signature: not 64 bytes");
    }
    seal->count = (uint32_t)count;
    seal->index = (uint32_t)index;
    return LT_DONE;
}

enum lt_code lt_sealed_split(struct lt_slice bytes, struct lt_sealed *sealed,
                             struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    uint32_t fields = 0;
    *sealed = (struct lt_sealed){.bytes = bytes};
    if (!lt_cursor_array(&cursor, &fields) || fields != 2) {
        return malformed(error, "sealed message: not an array of 2");
    }
    if (!lt_cursor_bin(&cursor, &sealed->part.bytes)) {
        return malformed(error, "part: not bytes");
    }
    const enum lt_code code = take_seal(&cursor, &sealed->seal, error);
    if (code != LT_DONE) {
        return code;
    }
    return lt_cursor_at_end(&cursor) ? LT_DONE
                                     : malformed(error, "sealed message: bytes after the array");
}

enum lt_code lt_sealed_decode(struct lt_slice bytes, struct lt_sealed *sealed,
                              struct lt_error *error)
{
    const enum lt_code code = lt_sealed_split(bytes, sealed, error);
    return code == LT_DONE ? lt_part_decode(sealed->part.bytes, &sealed->part, error) : code;
}

void lt_key_id(const uint8_t key[LT_KEY_SIZE], uint8_t id[LT_KEY_ID_SIZE])
{
    uint8_t hash[LT_HASH_SIZE];
    lt_hash((struct lt_slice){key, LT_KEY_SIZE}, hash);
    memcpy(id, hash, LT_KEY_ID_SIZE);
}

lt_seal_cache *lt_seal_cache_new(size_t entries)
{
    if (sodium_init() < 0) {
        return NULL;
    }
    lt_seal_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        return NULL;
    }
    cache->sets = entries / WAYS + (entries % WAYS != 0 || entries == 0);
    cache->oldest = calloc(cache->sets, sizeof *cache->oldest);
    cache->entries = calloc(cache->sets, WAYS * sizeof *cache->entries);
    if (cache->oldest == NULL || cache->entries == NULL) {
        lt_seal_cache_destroy(&cache);
    }
    return cache;
}

void lt_seal_cache_destroy(lt_seal_cache **cache)
{
    if (*cache != NULL) {
        free((*cache)->oldest);
        free((*cache)->entries);
        free(*cache);
        *cache = NULL;
    }
}

static void describe(const struct lt_sealed *sealed, const uint8_t key[LT_KEY_SIZE],
                     const uint8_t root[LT_HASH_SIZE], struct checked *wanted)
{
    memcpy(wanted->key, key, LT_KEY_SIZE);
    memcpy(wanted->root, root, LT_HASH_SIZE);
    memcpy(wanted->signature, sealed->seal.signature.data, LT_SIGNATURE_SIZE);
    wanted->count = sealed->seal.count;
}

static size_t set_of(const lt_seal_cache *cache, const struct checked *wanted)
{
    uint64_t number = 0;
    memcpy(&number, wanted->root, sizeof number);
    return (size_t)(number % cache->sets);
}

static bool same(const struct checked *a, const struct checked *b)
{
    return a->count == b->count && memcmp(a->root, b->root, LT_HASH_SIZE) == 0 &&
           memcmp(a->key, b->key, LT_KEY_SIZE) == 0 &&
           memcmp(a->signature, b->signature, LT_SIGNATURE_SIZE) == 0;
}

static bool knows(const lt_seal_cache *cache, const struct checked *wanted)
{
    const struct checked *set = &cache->entries[set_of(cache, wanted) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (same(&set[i], wanted)) {
            return true;
        }
    }
    return false;
}

static void remember(lt_seal_cache *cache, const struct checked *fresh)
{
    const size_t set = set_of(cache, fresh);
    cache->entries[set * WAYS + cache->oldest[set]] = *fresh;
    cache->oldest[set] = (uint8_t)((cache->oldest[set] + 1) % WAYS);
}

static bool find_root(const struct lt_sealed *sealed, uint8_t root[LT_HASH_SIZE])
{
    uint8_t leaf[LT_HASH_SIZE];
    merkle_leaf(sealed->part.bytes, leaf);
    return merkle_root(leaf, sealed->seal.index, sealed->seal.count, sealed->seal.path, root);
}

enum lt_code lt_seal_verify(const struct lt_sealed *sealed, const uint8_t key[LT_KEY_SIZE],
                            lt_seal_cache *cache, struct lt_error *error)
{
    uint8_t id[LT_KEY_ID_SIZE];
    uint8_t root[LT_HASH_SIZE];
    lt_key_id(key, id);
    if (memcmp(id, sealed->seal.key_id.data, LT_KEY_ID_SIZE) != 0) {
        return lt_fail(error, LT_BAD_SEAL, "seal: made with another key than its sender's");
    }
    if (!find_root(sealed, root)) {
        return lt_fail(error, LT_BAD_SEAL, "seal: the path does not fit index and count");
    }
    struct checked wanted;
    describe(sealed, key, root, &wanted);
    if (cache != NULL && knows(cache, &wanted)) {
        return LT_DONE;
    }
    uint8_t bytes[SEAL_SIGNED_SIZE];
    merkle_signed(sealed->seal.count, root, bytes);
    if (crypto_sign_verify_detached(sealed->seal.signature.data, bytes, sizeof bytes, key) != 0) {
        return lt_fail(error, LT_BAD_SEAL, "seal: the signature does not hold");
    }
    if (cache != NULL) {
        remember(cache, &wanted);
    }
    return LT_DONE;
}

bool lt_seal_is_cached(const struct lt_sealed *sealed, const uint8_t key[LT_KEY_SIZE],
                       const lt_seal_cache *cache)
{
    uint8_t root[LT_HASH_SIZE];
    struct checked wanted;
    if (cache == NULL || !find_root(sealed, root)) {
        return false;
    }
    describe(sealed, key, root, &wanted);
    return knows(cache, &wanted);
}
