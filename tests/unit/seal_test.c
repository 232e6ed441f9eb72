// Seals: every case of seals.json, batches of our own, the cache.
#include <sodium.h>

#include "lienthon/seal.h"
#include "vectors.h"

static enum lt_code verify(struct lt_slice bytes, const uint8_t *key, lt_seal_cache *cache)
{
    struct lt_sealed sealed = {0};
    const enum lt_code code = lt_sealed_split(bytes, &sealed, NULL);
    return code == LT_DONE ? lt_seal_verify(&sealed, key, cache, NULL) : code;
}

Test(seal, every_vector_holds_with_and_without_a_cache)
{
    json_t *all = vectors_load("seals.json");
    lt_seal_cache *cache = lt_seal_cache_new(64);
    size_t i = 0;
    const json_t *one = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "cases")), 50);
    json_array_foreach(json_object_get(all, "cases"), i, one)
    {
        const struct lt_slice bytes = vectors_field(one, "sealed");
        const struct lt_slice key = vectors_field(one, "key");
        cr_expect_eq((int)verify(bytes, key.data, NULL), vectors_code(one), "%s",
                     vectors_name(one));
        cr_expect_eq((int)verify(bytes, key.data, cache), vectors_code(one), "%s",
                     vectors_name(one));
        cr_expect_eq((int)verify(bytes, key.data, cache), vectors_code(one), "%s",
                     vectors_name(one));
        struct lt_sealed sealed = {0};
        if (vectors_code(one) == 0) {
            cr_expect_eq(lt_sealed_decode(bytes, &sealed, NULL), LT_DONE, "%s", vectors_name(one));
            cr_expect(lt_seal_is_cached(&sealed, key.data, cache), "%s", vectors_name(one));
        }
        vectors_free(bytes);
        vectors_free(key);
    }
    lt_seal_cache_destroy(&cache);
    json_decref(all);
}

Test(seal, every_hash_vector_holds)
{
    json_t *all = vectors_load("seals.json");
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(all, "hash"), i, one)
    {
        const struct lt_slice bytes = vectors_bytes(json_array_get(one, 0));
        const struct lt_slice wanted = vectors_bytes(json_array_get(one, 1));
        uint8_t hash[LT_HASH_SIZE];
        lt_hash(bytes, hash);
        cr_expect_arr_eq(hash, wanted.data, LT_HASH_SIZE);
        vectors_free(bytes);
        vectors_free(wanted);
    }
    cr_expect_eq(i, 3);
    json_decref(all);
}

Test(seal, the_seed_of_the_vectors_gives_their_key_and_the_same_sealed_bytes)
{
    json_t *all = vectors_load("seals.json");
    const struct lt_slice seed = vectors_field(all, "seed");
    const struct lt_slice key = vectors_field(all, "public_key");
    const struct lt_slice key_id = vectors_field(all, "key_id");
    lt_signer *signer = lt_signer_new(seed.data);
    uint8_t id[LT_KEY_ID_SIZE];
    lt_key_id(lt_signer_key(signer), id);
    cr_expect_arr_eq(lt_signer_key(signer), key.data, LT_KEY_SIZE);
    cr_expect_arr_eq(id, key_id.data, LT_KEY_ID_SIZE);

    const json_t *single = json_array_get(json_object_get(all, "cases"), 0);
    const struct lt_slice part = vectors_field(single, "part");
    const struct lt_slice sealed = vectors_field(single, "sealed");
    struct lt_buffer out = {.max = 4096};
    cr_expect_eq(lt_seal_batch(signer, &part, 1, &out, NULL), LT_DONE);
    cr_expect(lt_slice_equal(lt_buffer_slice(&out), sealed));
    lt_buffer_clear(&out);
    lt_signer_destroy(&signer);
    vectors_free(seed);
    vectors_free(key);
    vectors_free(key_id);
    vectors_free(part);
    vectors_free(sealed);
    json_decref(all);
}

static void check_batch(const lt_signer *signer, size_t count)
{
    struct lt_slice *parts = calloc(count, sizeof *parts);
    struct lt_buffer *out = calloc(count, sizeof *out);
    uint32_t *numbers = calloc(count, sizeof *numbers);
    lt_seal_cache *cache = lt_seal_cache_new(4);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (uint32_t)i;
        parts[i] = (struct lt_slice){(const uint8_t *)&numbers[i], sizeof numbers[i]};
        out[i].max = 1024;
    }
    cr_assert_eq(lt_seal_batch(signer, parts, count, out, NULL), LT_DONE);
    for (size_t i = 0; i < count; i++) {
        struct lt_sealed sealed = {0};
        cr_assert_eq(lt_sealed_split(lt_buffer_slice(&out[i]), &sealed, NULL), LT_DONE);
        cr_expect_eq(lt_seal_is_cached(&sealed, lt_signer_key(signer), cache), i > 0);
        cr_expect_eq(lt_seal_verify(&sealed, lt_signer_key(signer), cache, NULL), LT_DONE,
                     "%zu of %zu", i, count);
        cr_expect(lt_slice_equal(sealed.part.bytes, parts[i]));
        if (count > 1) {
            sealed.part.bytes = parts[(i + 1) % count];
            cr_expect_eq(lt_seal_verify(&sealed, lt_signer_key(signer), cache, NULL), LT_BAD_SEAL);
        }
        lt_buffer_clear(&out[i]);
    }
    lt_seal_cache_destroy(&cache);
    free(parts);
    free(out);
    free(numbers);
}

Test(seal, each_of_a_batch_can_be_proved_alone)
{
    const uint8_t seed[LT_SEED_SIZE] = {7};
    lt_signer *signer = lt_signer_new(seed);
    for (size_t count = 1; count <= 33; count++) {
        check_batch(signer, count);
    }
    check_batch(signer, 1023);
    check_batch(signer, 1024);
    lt_signer_destroy(&signer);
}

Test(seal, a_batch_of_none_or_too_many_is_refused)
{
    const uint8_t seed[LT_SEED_SIZE] = {7};
    lt_signer *signer = lt_signer_new(seed);
    struct lt_buffer out = {.max = 8};
    const struct lt_slice part = lt_slice_of("a part that does not fit");
    cr_expect_eq(lt_seal_batch(signer, NULL, 0, NULL, NULL), LT_BAD_USE);
    cr_expect_eq(lt_seal_batch(signer, NULL, LT_BATCH_MAX + 1, NULL, NULL), LT_BAD_USE);
    cr_expect_eq(lt_seal_batch(signer, &part, 1, &out, NULL), LT_TOO_LARGE);
    lt_buffer_clear(&out);
    lt_signer_destroy(&signer);
}

Test(seal, a_cache_forgets_the_oldest_and_never_takes_another_key)
{
    const uint8_t seed[LT_SEED_SIZE] = {7};
    const uint8_t other_seed[LT_SEED_SIZE] = {8};
    lt_signer *signer = lt_signer_new(seed);
    lt_signer *other = lt_signer_new(other_seed);
    lt_seal_cache *cache = lt_seal_cache_new(1);
    struct lt_buffer first = {.max = 512};
    struct lt_sealed sealed = {0};
    const struct lt_slice part = lt_slice_of("the first");
    cr_assert_eq(lt_seal_batch(signer, &part, 1, &first, NULL), LT_DONE);
    cr_assert_eq(lt_sealed_split(lt_buffer_slice(&first), &sealed, NULL), LT_DONE);
    cr_expect_eq(lt_seal_verify(&sealed, lt_signer_key(signer), cache, NULL), LT_DONE);
    cr_expect_not(lt_seal_is_cached(&sealed, lt_signer_key(other), cache));
    cr_expect_eq(lt_seal_verify(&sealed, lt_signer_key(other), cache, NULL), LT_BAD_SEAL);
    for (uint8_t i = 0; i < 8; i++) {
        struct lt_buffer next = {.max = 512};
        struct lt_sealed fresh = {0};
        const struct lt_slice bytes = {&i, 1};
        cr_assert_eq(lt_seal_batch(signer, &bytes, 1, &next, NULL), LT_DONE);
        cr_assert_eq(lt_sealed_split(lt_buffer_slice(&next), &fresh, NULL), LT_DONE);
        cr_expect_eq(lt_seal_verify(&fresh, lt_signer_key(signer), cache, NULL), LT_DONE);
        lt_buffer_clear(&next);
    }
    cr_expect_not(lt_seal_is_cached(&sealed, lt_signer_key(signer), cache));
    cr_expect_eq(lt_seal_verify(&sealed, lt_signer_key(signer), cache, NULL), LT_DONE);
    lt_buffer_clear(&first);
    lt_seal_cache_destroy(&cache);
    lt_signer_destroy(&other);
    lt_signer_destroy(&signer);
}

// A signer who means harm: count and root signed as they are, but no path that leads there.
Test(seal, a_signature_over_a_leaf_told_as_the_root_of_two_is_refused)
{
    uint8_t key[LT_KEY_SIZE];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t key_id[LT_KEY_ID_SIZE];
    uint8_t leaf_of[] = {0x00, 'p'};
    uint8_t signed_bytes[16 + 4 + LT_HASH_SIZE];
    uint8_t signature[LT_SIGNATURE_SIZE];
    cr_assert_geq(sodium_init(), 0);
    crypto_sign_keypair(key, secret);
    lt_key_id(key, key_id);
    for (uint8_t count = 1; count <= 2; count++) {
        memcpy(signed_bytes, "lienthon/seal/1\n\0\0\0", 19);
        signed_bytes[19] = count;
        lt_hash((struct lt_slice){leaf_of, sizeof leaf_of}, signed_bytes + 20);
        crypto_sign_detached(signature, NULL, signed_bytes, sizeof signed_bytes, secret);
        const struct lt_sealed sealed = {
            .part = {.bytes = {leaf_of + 1, 1}},
            .seal = {.key_id = {key_id, sizeof key_id},
                     .count = count,
                     .signature = {signature, sizeof signature}},
        };
        cr_expect_eq(lt_seal_verify(&sealed, key, NULL, NULL), count == 1 ? LT_DONE : LT_BAD_SEAL);
    }
}
