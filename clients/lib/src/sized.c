// Structs that a caller fills, of this library's header or of an older or newer one.
#include "sized.h"

#include <string.h>

#include <lienthon/version.h>

enum lt_code sized_take(const void *given, size_t given_size, void *known, size_t known_size,
                        struct lt_error *error)
{
    const uint8_t *bytes = given;
    for (size_t i = known_size; i < given_size; i++) {
        if (bytes[i] != 0)
            return lt_fail(error, LT_BAD_USE,
                           "the program asks for what this library (version %s) does not have yet: "
                           "it was built with the header of a newer one",
                           lt_version());
    }
    memset(known, 0, known_size);
    memcpy(known, given, given_size < known_size ? given_size : known_size);
    return LT_DONE;
}
