// The log's tree, kept by its right edge alone.
#include "lienthon/tree.h"

#include <sodium.h>
#include <string.h>

enum { HASH_SIZE = 32 };

static void hash_marked(uint8_t mark, const uint8_t *one, const uint8_t *other, uint8_t *hash)
{
    uint8_t bytes[1 + 2 * HASH_SIZE] = {mark};
    memcpy(bytes + 1, one, HASH_SIZE);
    if (other != NULL) {
        memcpy(bytes + 1 + HASH_SIZE, other, HASH_SIZE);
    }
    (void)crypto_hash_sha256(hash, bytes, other == NULL ? 1 + HASH_SIZE : sizeof bytes);
}

void lt_tree_leaf(struct lt_slice sealed, uint8_t leaf[32])
{
    uint8_t inner[HASH_SIZE];
    (void)crypto_hash_sha256(inner, sealed.data, sealed.size);
    hash_marked(0x00, inner, NULL, leaf);
}

void lt_tree_add(struct lt_tree *tree, const uint8_t leaf[32])
{
    uint8_t node[HASH_SIZE];
    size_t level = 0;
    memcpy(node, leaf, HASH_SIZE);
    for (; (tree->size >> level & 1) == 1; level++) {
        hash_marked(0x01, tree->edge[level], node, node);
    }
    memcpy(tree->edge[level], node, HASH_SIZE);
    tree->size++;
}

void lt_tree_root(const struct lt_tree *tree, uint8_t root[32])
{
    bool begun = false;
    for (size_t level = 0; level < 64; level++) {
        if ((tree->size >> level & 1) == 0) {
            continue;
        }
        if (begun) {
            hash_marked(0x01, tree->edge[level], root, root);
        } else {
            memcpy(root, tree->edge[level], HASH_SIZE);
            begun = true;
        }
    }
    if (!begun) {
        (void)crypto_hash_sha256(root, NULL, 0);
    }
}
