// Structs that a caller fills, of this library's header or of an older or newer one (client.h, "How this grows").
#ifndef LT_SIZED_H
#define LT_SIZED_H

#include <lienthon/bytes.h>

// Copies what was given; what the caller's header does not know is zero. LT_BAD_USE: a newer header's field asks for
// something that this library does not have.
enum lt_code sized_take(const void *given, size_t given_size, void *known, size_t known_size,
                        struct lt_error *error);

#endif
