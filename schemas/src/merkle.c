// Hashing up a batch: a leaf alone along its path, or the whole tree level by level. A level's lone
// last node goes up as it is, which gives the same tree as splitting at powers of two from above.
#include "merkle.h"

#include <sodium.h>
#include <string.h>

static const char domain[] = "lienthon/seal/1\n";

void merkle_leaf(struct lt_slice part, uint8_t leaf[LT_HASH_SIZE])
{
    const uint8_t mark = 0x00;
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, LT_HASH_SIZE);
    (void)crypto_generichash_update(&state, &mark, 1);
    (void)crypto_generichash_update(&state, part.data, part.size);
    (void)crypto_generichash_final(&state, leaf, LT_HASH_SIZE);
}

void merkle_node(const uint8_t left[LT_HASH_SIZE], const uint8_t right[LT_HASH_SIZE],
                 uint8_t node[LT_HASH_SIZE])
{
    uint8_t bytes[1 + 2 * LT_HASH_SIZE] = {0x01};
    memcpy(bytes + 1, left, LT_HASH_SIZE);
    memcpy(bytes + 1 + LT_HASH_SIZE, right, LT_HASH_SIZE);
    (void)crypto_generichash(node, LT_HASH_SIZE, bytes, sizeof bytes, NULL, 0);
}

bool merkle_root(const uint8_t leaf[LT_HASH_SIZE], uint32_t index, uint32_t count,
                 struct lt_slice path, uint8_t root[LT_HASH_SIZE])
{
    uint32_t at = index;
    uint32_t last = count - 1;
    memcpy(root, leaf, LT_HASH_SIZE);
    for (size_t i = 0; i + LT_HASH_SIZE <= path.size; i += LT_HASH_SIZE) {
        const uint8_t *sibling = path.data + i;
        if (last == 0) {
            return false;
        }
        if ((at & 1) == 1 || at == last) {
            merkle_node(sibling, root, root);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            merkle_node(root, sibling, root);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0;
}

size_t merkle_build(uint8_t (*hashes)[LT_HASH_SIZE], size_t count)
{
    size_t begin = 0;
    size_t width = count;
    while (width > 1) {
        const size_t next = begin + width;
        for (size_t i = 0; i + 1 < width; i += 2) {
            merkle_node(hashes[begin + i], hashes[begin + i + 1], hashes[next + i / 2]);
        }
        if (width % 2 == 1) {
            memcpy(hashes[next + width / 2], hashes[begin + width - 1], LT_HASH_SIZE);
        }
        begin = next;
        width = (width + 1) / 2;
    }
    return begin + width;
}

size_t merkle_path(uint8_t (*hashes)[LT_HASH_SIZE], size_t count, size_t index,
                   uint8_t path[MERKLE_PATH_MAX][LT_HASH_SIZE])
{
    size_t steps = 0;
    size_t begin = 0;
    for (size_t width = count; width > 1; width = (width + 1) / 2) {
        const size_t sibling = index ^ 1;
        if (sibling < width) {
            memcpy(path[steps++], hashes[begin + sibling], LT_HASH_SIZE);
        }
        begin += width;
        index /= 2;
    }
    return steps;
}

void merkle_signed(uint32_t count, const uint8_t root[LT_HASH_SIZE],
                   uint8_t bytes[SEAL_SIGNED_SIZE])
{
    memcpy(bytes, domain, sizeof domain - 1);
    for (size_t i = 0; i < 4; i++) {
        bytes[sizeof domain - 1 + i] = (uint8_t)(count >> (24 - 8 * i));
    }
    memcpy(bytes + sizeof domain - 1 + 4, root, LT_HASH_SIZE);
}
