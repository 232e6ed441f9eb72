// The keys of one map.
#ifndef LT_KEYS_H
#define LT_KEYS_H

#include <lienthon/bytes.h>

// Does one of them stand there twice? Brings them into another order.
bool keys_twice(struct lt_slice *keys, size_t count);

#endif
