#include "keys.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
    const struct lt_slice *one = a;
    const struct lt_slice *other = b;
    if (one->size != other->size) {
        return one->size < other->size ? -1 : 1;
    }
    return one->size == 0 ? 0 : memcmp(one->data, other->data, one->size);
}

bool keys_twice(struct lt_slice *keys, size_t count)
{
    if (count > 1) {
        qsort(keys, count, sizeof *keys, compare_keys);
    }
    for (size_t i = 1; i < count; i++) {
        if (compare_keys(&keys[i - 1], &keys[i]) == 0) {
            return true;
        }
    }
    return false;
}
