// Memory that is there, or the hub ends with a line.
#include "must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *there(void *memory)
{
    if (memory)
        return memory;
    fputs("lienthond: out of memory; what was confirmed is stored, start it again\n", stderr);
    exit(1);
}

void *must_have(void *memory)
{
    return there(memory);
}

void *must_calloc(size_t count, size_t size)
{
    return there(calloc(count ? count : 1, size ? size : 1));
}

void *must_grow(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return there(NULL);
    return there(realloc(old, count && size ? count * size : 1));
}

char *must_copy(const void *bytes, size_t size)
{
    char *copy = must_calloc(size + 1, 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

void *must_hold(void *array, size_t *room, size_t count, size_t size)
{
    if (count <= *room)
        return array;
    size_t wanted = *room ? *room : 8;
    while (wanted < count)
        wanted *= 2;
    array = must_grow(array, wanted, size);
    *room = wanted;
    return array;
}
