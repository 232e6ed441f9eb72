// Bundles (wire.md section 5): `*.ltb`, sealed messages one after the other where there is no link.
#ifndef LIENTHON_BUNDLE_H
#define LIENTHON_BUNDLE_H

#include "seal.h"

#ifdef __cplusplus
extern "C" {
#endif

// Appends the head of a bundle, and a sealed message behind it. false: no memory, or beyond out->max.
bool lt_bundle_begin(struct lt_buffer *out);
bool lt_bundle_add(struct lt_buffer *out, struct lt_slice sealed);

// Reads a bundle from memory: open checks the head, next gives each message whole until the end.
struct lt_bundle {
    const uint8_t *at, *begin, *end;
};
enum lt_code lt_bundle_open(struct lt_slice bytes, struct lt_bundle *bundle,
                            struct lt_error *error);
// LT_DONE with *sealed; LT_NOT_FOUND at the end; LT_MALFORMED with the byte offset in the sentence (asking on gives
// what is behind, if that can be found).
enum lt_code lt_bundle_next(struct lt_bundle *bundle, struct lt_slice *sealed,
                            struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
