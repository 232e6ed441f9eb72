// One blob on its way, as a row of PUTs or GETs. It owns its file; what is asked and what is made of the answers is decided
// here, when it is sent is for requests.c.
#ifndef LT_TRANSFER_H
#define LT_TRANSFER_H

#include <lienthon/blob.h>
#include <lienthon/op.h>

#include <sodium.h>

struct transfer {
    struct lt_blob blob;
    bool fetches;
    int file;               // -1: bytes
    struct lt_buffer bytes; // in memory, to be sent
    int folder;             // where the file of a fetched one shall be
    bool has_part;          // the part is locked: nobody else fetches into it
    char *name, *part;
    crypto_hash_sha256_state hash; // of what has been fetched
    uint64_t at;                   // so many bytes are on the other side
    size_t piece;                  // bytes of the next one
    size_t asked;                  // bytes of the one that is on its way
    unsigned idle;                 // answers in a row that brought nothing
};

// In the caller's thread. LT_IO, LT_NO_MEMORY, LT_BUSY, LT_BAD_USE.
enum lt_code transfer_send_file(const char *path, struct transfer **transfer,
                                struct lt_error *error);
enum lt_code transfer_send_bytes(struct lt_slice bytes, struct transfer **transfer,
                                 struct lt_error *error);
enum lt_code transfer_fetch(const struct lt_blob *blob, const char *path,
                            struct transfer **transfer, struct lt_error *error);
void transfer_destroy(struct transfer **transfer);

// The next frame 0 and its payload, in place of what was in the buffers.
enum lt_code transfer_ask(struct transfer *transfer, const struct lt_ref *ref,
                          struct lt_buffer *frame, struct lt_buffer *payload,
                          struct lt_error *error);
// The connection was lost over a piece: it may have been too large for the link.
void transfer_lost(struct transfer *transfer);

enum transfer_step { TRANSFER_GOES_ON, TRANSFER_IS_WHOLE, TRANSFER_FAILED };
// An answer that is no refusal, which took so long. most: what a blob may have where its size is not known.
enum transfer_step transfer_take(struct transfer *transfer, const struct lt_frame *frame,
                                 struct lt_slice payload, int64_t took_ms, uint64_t most,
                                 struct lt_error *error);

#endif
