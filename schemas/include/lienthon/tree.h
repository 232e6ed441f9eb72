// The hub's log as an RFC 9162 tree of SHA-256: its right edge, size and root. A message's leaf is
// SHA-256(0x00 ‖ SHA-256(sealed bytes)), so that a body can be erased later while its leaf stays.
#ifndef LIENTHON_TREE_H
#define LIENTHON_TREE_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lt_tree { // begins as {0}
    uint64_t size;
    uint8_t
        edge[64]
            [32]; // edge[k]: root of the perfect subtree of 2^k leaves, where bit k of size is set
};

// The leaf of a message; a leaf is added behind the others; the root of all, which changes nothing.
void lt_tree_leaf(struct lt_slice sealed, uint8_t leaf[32]);
void lt_tree_add(struct lt_tree *tree, const uint8_t leaf[32]);
void lt_tree_root(const struct lt_tree *tree,
                  uint8_t root[32]); // of the empty tree: SHA-256 of nothing

#ifdef __cplusplus
}
#endif
#endif
