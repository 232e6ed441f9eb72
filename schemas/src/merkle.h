// The tree of a batch: RFC 9162 section 2.1 with H for its hash.
#ifndef SCHEMAS_MERKLE_H
#define SCHEMAS_MERKLE_H

#include "lienthon/seal.h"

enum { MERKLE_PATH_MAX = 10 };

void merkle_leaf(struct lt_slice part, uint8_t leaf[LT_HASH_SIZE]);
void merkle_node(const uint8_t left[LT_HASH_SIZE], const uint8_t right[LT_HASH_SIZE],
                 uint8_t node[LT_HASH_SIZE]);

// The root that leaf `index` of `count` and its path give; false: the path is too short or too long.
bool merkle_root(const uint8_t leaf[LT_HASH_SIZE], uint32_t index, uint32_t count,
                 struct lt_slice path, uint8_t root[LT_HASH_SIZE]);

// Level upon level: `hashes` begins with the count leaves and has room for 2 * count + MERKLE_PATH_MAX.
// The last hash written is the root. Returns how many were written.
size_t merkle_build(uint8_t (*hashes)[LT_HASH_SIZE], size_t count);
// The path of a leaf in what was built; returns how many hashes it has, at most MERKLE_PATH_MAX.
size_t merkle_path(uint8_t (*hashes)[LT_HASH_SIZE], size_t count, size_t index,
                   uint8_t path[MERKLE_PATH_MAX][LT_HASH_SIZE]);

// What a seal's signature is over.
enum { SEAL_SIGNED_SIZE = 16 + 4 + LT_HASH_SIZE };
void merkle_signed(uint32_t count, const uint8_t root[LT_HASH_SIZE],
                   uint8_t bytes[SEAL_SIGNED_SIZE]);

#endif
