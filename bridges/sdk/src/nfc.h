// Whether all texts of a body are NFC, as wire.md wants of whoever writes them: what comes from outside as JSON may not be, and
// two that look the same would be different to whoever compares bytes.
#ifndef LT_BRIDGES_NFC_H
#define LT_BRIDGES_NFC_H

#include <lienthon/bytes.h>

// LT_BAD_FILE "1:1: at /body/x: …" of the first that is none, a key too; LT_NO_MEMORY. body: whole MessagePack.
enum lt_code nfc_check(struct lt_slice body, struct lt_error *error);

#endif
