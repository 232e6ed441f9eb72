// The log's tree against RFC 9162 written out recursively.
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "lienthon/tree.h"

enum { LEAVES = 130 };

static void plain_root(uint8_t (*leaves)[32], size_t count, uint8_t root[32])
{
    if (count == 0) {
        crypto_hash_sha256(root, NULL, 0);
        return;
    }
    if (count == 1) {
        memcpy(root, leaves[0], 32);
        return;
    }
    size_t split = 1;
    while (split * 2 < count) {
        split *= 2;
    }
    uint8_t bytes[65] = {1};
    plain_root(leaves, split, bytes + 1);
    plain_root(leaves + split, count - split, bytes + 33);
    crypto_hash_sha256(root, bytes, sizeof bytes);
}

Test(tree, its_root_is_the_rfcs_at_every_size)
{
    static uint8_t leaves[LEAVES][32];
    struct lt_tree tree = {0};
    uint8_t got[32];
    uint8_t wanted[32];
    for (size_t i = 0; i <= LEAVES; i++) {
        lt_tree_root(&tree, got);
        plain_root(leaves, i, wanted);
        cr_assert_arr_eq(got, wanted, 32, "%zu leaves", i);
        cr_assert_eq(tree.size, i);
        if (i < LEAVES) {
            const uint8_t byte = (uint8_t)i;
            lt_tree_leaf((struct lt_slice){&byte, 1}, leaves[i]);
            lt_tree_add(&tree, leaves[i]);
        }
    }
}

Test(tree, a_leaf_is_the_hash_of_a_marked_hash)
{
    uint8_t leaf[32];
    char hex[65];
    uint8_t bytes[33] = {0};
    uint8_t wanted[32];
    crypto_hash_sha256(bytes + 1, (const uint8_t *)"abc", 3);
    crypto_hash_sha256(wanted, bytes, sizeof bytes);
    lt_tree_leaf(lt_slice_of("abc"), leaf);
    cr_expect_arr_eq(leaf, wanted, 32);
    const struct lt_tree empty = {0};
    lt_tree_root(&empty, leaf);
    lt_hex_encode((struct lt_slice){leaf, 32}, hex);
    cr_expect_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
