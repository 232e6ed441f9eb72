// Memory that is there, or the hub ends with a line: the store makes that safe.
#ifndef LT_MUST_H
#define LT_MUST_H

#include <stddef.h>

void *must_calloc(size_t count, size_t size);
void *must_have(void *memory);                         // what somebody else has asked for
void *must_grow(void *old, size_t count, size_t size); // as realloc; overflow-checked
char *must_copy(const void *bytes, size_t size);       // with a NUL behind it
// Doubles *room of an array until it holds `count` elements of `size` bytes.
void *must_hold(void *array, size_t *room, size_t count, size_t size);

#endif
