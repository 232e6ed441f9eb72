// One blob on its way: what is asked next, and what is made of the answers.
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetched.h"
#include "files.h"

enum {
    PIECE_LEAST = 4 * 1024,
    QUICK_MS = 1000, // an answer within it: the link bears more
    SLOW_MS = 4000,  // beyond it: less, or the heartbeats starve
    IDLE_MAX = 16,
};

void transfer_destroy(struct transfer **transfer)
{
    struct transfer *gone = *transfer;
    if (!gone)
        return;
    if (gone->has_part && gone->at == 0)
        unlinkat(gone->folder, gone->part, 0); // nothing has come
    if (gone->file >= 0)
        close(gone->file);
    if (gone->folder >= 0)
        close(gone->folder);
    lt_buffer_clear(&gone->bytes);
    free(gone->name);
    free(gone->part);
    free(gone);
    *transfer = NULL;
}

static enum lt_code read_piece(const struct transfer *transfer, size_t size,
                               struct lt_buffer *payload, struct lt_error *error)
{
    if (transfer->file < 0)
        return lt_buffer_add(payload, transfer->bytes.data + transfer->at, size)
                   ? LT_DONE
                   : lt_fail(error, LT_NO_MEMORY, "no memory for a piece of the blob");
    uint8_t piece[16 * 1024];
    for (size_t have = 0; have < size;) {
        size_t wanted = size - have < sizeof piece ? size - have : sizeof piece;
        ssize_t got = pread(transfer->file, piece, wanted, (off_t)(transfer->at + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return files_fail(error, "the blob's file", "read", errno);
        if (got == 0)
            return lt_fail(error, LT_IO, "the blob's file has become shorter while it was sent");
        if (!lt_buffer_add(payload, piece, (size_t)got))
            return lt_fail(error, LT_NO_MEMORY, "no memory for a piece of the blob");
        have += (size_t)got;
    }
    return LT_DONE;
}

enum lt_code transfer_ask(struct transfer *transfer, const struct lt_ref *ref,
                          struct lt_buffer *frame, struct lt_buffer *payload,
                          struct lt_error *error)
{
    uint64_t left = transfer->blob.size - transfer->at;
    bool bounded = !transfer->fetches || transfer->blob.size > 0;
    size_t size = bounded && left < transfer->piece ? (size_t)left : transfer->piece;
    // The first PUT is empty: its answer says how far an earlier one came.
    if (!transfer->fetches && transfer->asked == 0)
        size = 0;
    struct lt_frame next = {.op = transfer->fetches ? LT_GET : LT_PUT,
                            .ref = *ref,
                            .sha256 = {transfer->blob.sha256, sizeof transfer->blob.sha256},
                            .size = transfer->blob.size,
                            .offset = transfer->at,
                            .length = size > 0 ? size : 1};
    lt_buffer_empty(frame);
    lt_buffer_empty(payload);
    frame->failed = payload->failed = false;
    if (!lt_frame_encode(&next, frame))
        return lt_fail(error, LT_NO_MEMORY, "no memory for a piece of the blob");
    transfer->asked = size > 0 ? size : 1;
    return transfer->fetches ? LT_DONE : read_piece(transfer, size, payload, error);
}

void transfer_lost(struct transfer *transfer)
{
    transfer->piece = transfer->piece / 4 > PIECE_LEAST ? transfer->piece / 4 : PIECE_LEAST;
    if (!transfer->fetches)
        transfer->asked = 0; // what the hub has of it is asked again
}

static void adapt(struct transfer *transfer, int64_t took_ms)
{
    if (took_ms < QUICK_MS && transfer->asked >= transfer->piece && transfer->piece < LT_CHUNK_MAX)
        transfer->piece *= 2;
    else if (took_ms > SLOW_MS && transfer->piece > PIECE_LEAST)
        transfer->piece /= 2;
}

// A hub that takes pieces and never has more of them would be fed for ever.
static enum transfer_step check_progress(struct transfer *transfer, bool moved,
                                         struct lt_error *error)
{
    transfer->idle = moved ? 0 : transfer->idle + 1;
    if (transfer->idle < IDLE_MAX)
        return TRANSFER_GOES_ON;
    lt_fail(error, LT_CLOSED,
            "the hub answers, but the blob does not come on: it stays at %" PRIu64, transfer->at);
    return TRANSFER_FAILED;
}

static enum transfer_step was_sent(struct transfer *transfer, const struct lt_frame *frame,
                                   struct lt_error *error)
{
    if (frame->size > transfer->blob.size) {
        lt_fail(error, LT_MALFORMED,
                "the hub says that it has %" PRIu64 " bytes of a blob of %" PRIu64, frame->size,
                transfer->blob.size);
        return TRANSFER_FAILED;
    }
    bool moved = frame->size > transfer->at;
    transfer->at = frame->size;
    if (frame->size == transfer->blob.size)
        return TRANSFER_IS_WHOLE;
    return check_progress(transfer, moved, error);
}

static enum transfer_step was_fetched(struct transfer *transfer, const struct lt_frame *frame,
                                      struct lt_slice payload, uint64_t most,
                                      struct lt_error *error)
{
    uint64_t size = transfer->blob.size > 0 ? transfer->blob.size : frame->size;
    if (transfer->at > size)
        return fetched_begin_again(transfer, error) == LT_DONE ? TRANSFER_GOES_ON : TRANSFER_FAILED;
    if (frame->size != size || size > most || frame->offset != transfer->at ||
        payload.size > transfer->asked || payload.size > size - transfer->at) {
        lt_fail(error, LT_BODY_WRONG,
                "the hub's blob has %" PRIu64 " bytes and this piece of it %zu at %" PRIu64
                ": not what was asked for",
                frame->size, payload.size, frame->offset);
        return TRANSFER_FAILED;
    }
    transfer->blob.size = size;
    if (fetched_add(transfer, payload, error) != LT_DONE)
        return TRANSFER_FAILED;
    if (transfer->at == size)
        return fetched_finish(transfer, error) == LT_DONE ? TRANSFER_IS_WHOLE : TRANSFER_FAILED;
    return check_progress(transfer, payload.size > 0, error);
}

enum transfer_step transfer_take(struct transfer *transfer, const struct lt_frame *frame,
                                 struct lt_slice payload, int64_t took_ms, uint64_t most,
                                 struct lt_error *error)
{
    adapt(transfer, took_ms);
    return transfer->fetches ? was_fetched(transfer, frame, payload, most, error)
                             : was_sent(transfer, frame, error);
}
