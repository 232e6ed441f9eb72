// PUT and GET: blobs in pieces of at most 256 KiB. Pieces are written by the store thread and read by
// the read thread; here is asked whether there is room for them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "desks.h"
#include "log.h"
#include "state/must.h"

enum { SHA256_SIZE = 32 };

static void refuse(struct broker *broker, struct session *session, enum lt_op op,
                   const struct lt_ref *ref, enum lt_code code, const char *text)
{
    const struct lt_frame frame = {.op = op, .ref = *ref};
    desks_refuse(broker, session, &frame, 0, code, text);
}

// The session that asked and now gets its answer; NULL: it is gone, or has begun again.
static struct session *asker(struct broker *broker, uint64_t number)
{
    struct session *session = sessions_find(&broker->sessions, number);
    if (session != NULL) {
        session->asking--;
    }
    return session != NULL && session->greeted ? session : NULL;
}

// A failure of ours has its own code on the wire, and is logged.
static enum lt_code told(struct broker *broker, const struct session *session, enum lt_code code,
                         const char *text)
{
    if (lt_code_is_refusal(code) && code != LT_STORAGE_FAILED) {
        return code;
    }
    if (broker_may_log(broker))
        log_error("blob failed", LOG_TEXT("principal", session->principal),
                  LOG_TEXT("reason", text));
    return LT_STORAGE_FAILED;
}

// --- PUT ---

struct blob_put {
    struct writing base; // first: what the store thread knows
    struct lt_ref ref;
    char principal[LT_PRINCIPAL_MAX + 1];
    uint8_t sha256[SHA256_SIZE];
    uint64_t whole, offset, now, quota, room;
    zmq_msg_t bytes;
    uint64_t have; // out
};

static void destroy_put(struct writing *writing)
{
    struct blob_put *put = (struct blob_put *)writing;
    (void)zmq_msg_close(&put->bytes);
    free(put);
}

static enum lt_code ask_room(struct store *store, const struct blob_put *put, size_t size,
                             struct lt_error *error)
{
    uint64_t unfinished = 0;
    uint64_t all = 0;
    const enum lt_code code =
        store_blob_used(store, lt_slice_of(put->principal), &unfinished, &all);
    if (code != LT_DONE) {
        return lt_fail(error, code, "the room that blobs take could not be read");
    }
    if (unfinished + size > put->quota) {
        return lt_fail(error, LT_TOO_LARGE,
                       "%s has %" PRIu64 " bytes of unfinished blobs and may have %" PRIu64
                       ": finish one, or wait a day",
                       put->principal, unfinished, put->quota);
    }
    if (all + size > put->room) {
        return lt_fail(error, LT_BUSY, "the hub has no more room for blobs: try again tomorrow");
    }
    return LT_DONE;
}

static void run_put(struct writing *writing, struct store *store)
{
    struct blob_put *put = (struct blob_put *)writing;
    struct lt_error *error = &writing->error;
    const struct lt_slice who = lt_slice_of(put->principal);
    const struct lt_slice bytes = {zmq_msg_data(&put->bytes), zmq_msg_size(&put->bytes)};
    // How far is it: whoever is elsewhere is told so, whatever the quota.
    enum lt_code code = LT_DONE;
    if (bytes.size > 0) {
        code = store_blob_put(store, who, put->sha256, put->whole, put->offset,
                              (struct lt_slice){0}, put->now, &put->have, error);
        if (code != LT_DONE || put->have != put->offset) {
            writing->code = code;
            return;
        }
        code = ask_room(store, put, bytes.size, error);
    }
    if (code == LT_DONE) {
        code = store_blob_put(store, who, put->sha256, put->whole, put->offset, bytes, put->now,
                              &put->have, error);
    }
    writing->code = code;
}

static void put_is_back(void *core, struct writing **writing)
{
    struct broker *broker = core;
    struct blob_put *put = (struct blob_put *)*writing;
    struct session *session = asker(broker, (*writing)->asker);
    broker->pieces--;
    if (session != NULL && (*writing)->code != LT_DONE) {
        const char *text = (*writing)->error.text;
        refuse(broker, session, LT_PUT, &put->ref, told(broker, session, (*writing)->code, text),
               text);
    } else if (session != NULL) {
        const struct lt_frame frame = {
            .op = LT_CHUNK, .ref = put->ref, .size = put->have, .offset = put->offset};
        (void)session_send(&broker->sessions, session, &frame, NULL, 0);
    }
    writing_destroy(writing);
}

static enum lt_code check_put(const struct broker *broker, const struct session *session,
                              const struct lt_frame *frame, size_t size, size_t count,
                              struct lt_error *error)
{
    if (frame->sha256.size != SHA256_SIZE) {
        return lt_fail(error, LT_MALFORMED, "sha256: must be 32 bytes");
    }
    if (count > 1) {
        return lt_fail(error, LT_MALFORMED, "payload: one frame, not %zu", count);
    }
    if (frame->size > broker->limits.blob) {
        return lt_fail(error, LT_TOO_LARGE, "size: %" PRIu64 " bytes, a blob has at most %" PRIu64,
                       frame->size, broker->limits.blob);
    }
    if (size > LT_CHUNK_MAX) {
        return lt_fail(error, LT_TOO_LARGE, "payload: %zu bytes, a piece has at most %d", size,
                       LT_CHUNK_MAX);
    }
    if (frame->offset > frame->size || size > frame->size - frame->offset) {
        return lt_fail(error, LT_MALFORMED,
                       "offset: %" PRIu64 " and %zu bytes reach past the size %" PRIu64,
                       frame->offset, size, frame->size);
    }
    if (size > 0 && disk_takes_more(&broker->disk, error) != LT_DONE) {
        return error->code;
    }
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    if (session->asking >= (size_t)limits->asking || broker->pieces >= (size_t)limits->pieces) {
        return lt_fail(error, LT_BUSY, "too much waits to be written: put it again in a moment");
    }
    return LT_DONE;
}

void desk_put(struct broker *broker, struct session *session, const struct lt_frame *frame,
              zmq_msg_t *payload, size_t count)
{
    struct lt_error error = {0};
    const size_t size = count == 0 ? 0 : zmq_msg_size(&payload[0]);
    const enum lt_code code = check_put(broker, session, frame, size, count, &error);
    if (code != LT_DONE) {
        refuse(broker, session, LT_PUT, &frame->ref, code, error.text);
        return;
    }
    struct blob_put *put = must_calloc(1, sizeof *put);
    put->base.back = put_is_back;
    put->base.run = run_put;
    put->base.destroy = destroy_put;
    put->base.asker = session->number;
    put->ref = frame->ref;
    memcpy(put->principal, session->principal, sizeof put->principal);
    memcpy(put->sha256, frame->sha256.data, sizeof put->sha256);
    put->whole = frame->size;
    put->offset = frame->offset;
    put->now = broker->now;
    put->quota = (uint64_t)broker->commune->hub.limits.quota;
    put->room = (uint64_t)broker->commune->hub.limits.blobs;
    (void)zmq_msg_init(&put->bytes);
    if (count == 1) {
        (void)zmq_msg_move(&put->bytes, &payload[0]);
    }
    struct writing *writing = &put->base;
    session->asking++;
    broker->pieces++;
    writer_ask(broker->writer, &writing);
}

// --- GET ---

struct blob_get {
    struct reading base; // first: what the read thread knows
    struct lt_ref ref;
    uint8_t sha256[SHA256_SIZE];
    uint64_t offset, length;
    struct lt_buffer bytes; // out
    uint64_t whole;
};

static void destroy_get(struct reading *reading)
{
    struct blob_get *get = (struct blob_get *)reading;
    lt_buffer_clear(&get->bytes);
    free(get);
}

static bool read_piece(struct reading *reading, struct store_reader *store)
{
    struct blob_get *get = (struct blob_get *)reading;
    reading->code = store_blob_get(store, get->sha256, get->offset, (size_t)get->length,
                                   &get->bytes, &get->whole, &reading->error);
    return true;
}

static void send_piece(struct broker *broker, struct session *session, struct blob_get *get)
{
    const struct lt_frame frame = {
        .op = LT_CHUNK, .ref = get->ref, .size = get->whole, .offset = get->offset};
    zmq_msg_t payload;
    if (get->bytes.size == 0) {
        (void)zmq_msg_init(&payload);
    } else {
        frames_adopt(broker->frames, get->bytes.data, get->bytes.size, &payload);
        get->bytes = (struct lt_buffer){0}; // the frame's now
    }
    (void)session_send(&broker->sessions, session, &frame, &payload, 1);
}

static void get_is_back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct blob_get *get = (struct blob_get *)*reading;
    if (query_waits(broker, reading)) {
        return;
    }
    struct session *session = asker(broker, (*reading)->asker);
    broker->questions--;
    if (session != NULL && (*reading)->code != LT_DONE) {
        const char *text = (*reading)->error.text;
        refuse(broker, session, LT_GET, &get->ref, told(broker, session, (*reading)->code, text),
               text);
    } else if (session != NULL) {
        send_piece(broker, session, get);
    }
    reading_destroy(reading);
}

void desk_get(struct broker *broker, struct session *session, const struct lt_frame *frame,
              zmq_msg_t *payload, size_t count)
{
    (void)payload;
    (void)count;
    if (frame->sha256.size != SHA256_SIZE) {
        refuse(broker, session, LT_GET, &frame->ref, LT_MALFORMED, "sha256: must be 32 bytes");
        return;
    }
    if (!query_is_room(broker, session)) {
        refuse(broker, session, LT_GET, &frame->ref, LT_BUSY,
               "too much is asked at once: ask again in a moment");
        return;
    }
    struct blob_get *get = must_calloc(1, sizeof *get);
    get->base.back = get_is_back;
    get->base.slice = read_piece;
    get->base.destroy = destroy_get;
    get->base.asker = session->number;
    get->ref = frame->ref;
    memcpy(get->sha256, frame->sha256.data, sizeof get->sha256);
    get->offset = frame->offset;
    // A longer range comes in several GETs: what is asked for goes on where this piece ends.
    get->length = frame->length < LT_CHUNK_MAX ? frame->length : LT_CHUNK_MAX;
    get->bytes.max = LT_CHUNK_MAX;
    struct reading *reading = &get->base;
    session->asking++;
    broker->questions++;
    reader_ask(broker->reader, &reading);
}
