// A file of records, each appended and synced, and the same in memory as an open-addressed table. When it has grown to
// twice what is remembered it is written anew.
#include <lienthon/replay.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/settings/file.h>

enum {
    IDS = 65536,
    IDS_MOST = 1024 * 1024,
    DIGEST = 16,
    RECORD = DIGEST + 8,
    HEAD = 16,
    FEW = 256
};

static const char head[HEAD + 1] = "lt-replay 1\n\n\n\n\n";

struct record {
    uint8_t digest[DIGEST];
    uint64_t at; // 0: none
};

struct lt_replay {
    struct lt_replay_config config;
    char *path;
    struct record *table;
    size_t room, count; // room: a power of two
    uint64_t oldest;
    int file;
    size_t written; // records in the file
};

static uint64_t kept_until(const struct lt_replay *replay, uint64_t at)
{
    return at + (uint64_t)replay->config.window_ms + (uint64_t)replay->config.ahead_ms;
}

static void digest_of(struct lt_slice id, uint8_t digest[DIGEST])
{
    crypto_generichash(digest, DIGEST, id.data, id.size, NULL, 0);
}

// Where it stands, or would stand.
static struct record *find(const struct lt_replay *replay, const uint8_t digest[DIGEST])
{
    uint64_t start;
    memcpy(&start, digest, sizeof start);
    size_t at = (size_t)start & (replay->room - 1);
    while (replay->table[at].at && memcmp(replay->table[at].digest, digest, DIGEST) != 0)
        at = (at + 1) & (replay->room - 1);
    return &replay->table[at];
}

static void put(struct lt_replay *replay, const uint8_t digest[DIGEST], uint64_t at)
{
    struct record *record = find(replay, digest);
    if (!record->at)
        replay->count++;
    memcpy(record->digest, digest, DIGEST);
    record->at = at;
    if (!replay->oldest || at < replay->oldest)
        replay->oldest = at;
}

static bool is_full(const struct lt_replay *replay, uint64_t now)
{
    return replay->count >= replay->config.ids && now <= kept_until(replay, replay->oldest);
}

static enum lt_code forget_old(struct lt_replay *replay, uint64_t now, struct lt_error *error)
{
    struct record *old = replay->table;
    struct record *table = calloc(replay->room, sizeof *table);
    if (!table)
        return lt_fail(error, LT_NO_MEMORY, "no memory for what came before");
    replay->table = table;
    replay->count = 0;
    replay->oldest = 0;
    for (size_t i = 0; i < replay->room; i++)
        if (old[i].at && now <= kept_until(replay, old[i].at))
            put(replay, old[i].digest, old[i].at);
    free(old);
    return LT_DONE;
}

static void encode(const struct record *record, uint8_t out[RECORD])
{
    memcpy(out, record->digest, DIGEST);
    for (size_t i = 0; i < 8; i++)
        out[DIGEST + i] = (uint8_t)(record->at >> (8 * i));
}

static enum lt_code fail(const struct lt_replay *replay, const char *what, struct lt_error *error)
{
    return lt_fail(error, LT_IO, "cannot %s %s: %s", what, replay->path, strerror(errno));
}

static enum lt_code reopen(struct lt_replay *replay, struct lt_error *error)
{
    if (replay->file >= 0)
        close(replay->file);
    replay->file = open(replay->path, O_WRONLY | O_CLOEXEC);
    return replay->file < 0 ? fail(replay, "open", error) : LT_DONE;
}

static enum lt_code write_anew(struct lt_replay *replay, struct lt_error *error)
{
    uint8_t bytes[RECORD];
    struct lt_buffer out = {.max = HEAD + replay->count * RECORD};
    lt_buffer_add(&out, head, HEAD);
    for (size_t i = 0; i < replay->room; i++) {
        if (!replay->table[i].at)
            continue;
        encode(&replay->table[i], bytes);
        lt_buffer_add(&out, bytes, sizeof bytes);
    }
    enum lt_code code = out.failed
                            ? lt_fail(error, LT_NO_MEMORY, "no memory for what came before")
                            : lt_file_write(replay->path, lt_buffer_slice(&out), 0600, error);
    lt_buffer_clear(&out);
    if (code != LT_DONE)
        return code;
    replay->written = replay->count;
    return reopen(replay, error);
}

static enum lt_code read_records(struct lt_replay *replay, struct lt_slice bytes,
                                 struct lt_error *error)
{
    if (bytes.size < HEAD || memcmp(bytes.data, head, HEAD) != 0)
        return lt_fail(error, LT_BAD_FILE, "%s:1:1: this is no file of remembered requests",
                       replay->path);
    replay->written = (bytes.size - HEAD) / RECORD;
    // The newest first: the oldest may be forgotten.
    for (size_t i = replay->written; i > 0 && replay->count < replay->config.ids; i--) {
        const uint8_t *record = bytes.data + HEAD + (i - 1) * RECORD;
        uint64_t when = 0;
        for (size_t k = 0; k < 8; k++)
            when |= (uint64_t)record[DIGEST + k] << (8 * k);
        if (when && !find(replay, record)->at)
            put(replay, record, when);
    }
    return LT_DONE;
}

static enum lt_code load(struct lt_replay *replay, struct lt_error *error)
{
    struct lt_buffer bytes = {.max = HEAD + (4 * replay->room + 2 * FEW) * RECORD};
    if (access(replay->path, F_OK) != 0)
        return errno == ENOENT ? write_anew(replay, error) : fail(replay, "open", error);
    enum lt_code code = lt_file_read(replay->path, &bytes, error);
    if (code == LT_DONE)
        code = read_records(replay, lt_buffer_slice(&bytes), error);
    lt_buffer_clear(&bytes);
    return code == LT_DONE ? reopen(replay, error) : code;
}

enum lt_code lt_replay_open(const struct lt_replay_config *config, lt_replay **out,
                            struct lt_error *error)
{
    *out = NULL;
    if (config->window_ms <= 0 || config->ahead_ms < 0 || config->ids > IDS_MOST)
        return lt_fail(error, LT_BAD_USE, "no window, or more than %d ids", IDS_MOST);
    struct lt_replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return lt_fail(error, LT_NO_MEMORY, "no memory for what came before");
    replay->config = *config;
    if (!replay->config.ids)
        replay->config.ids = IDS;
    replay->file = -1;
    replay->room = 16;
    while (replay->room < 2 * replay->config.ids)
        replay->room *= 2;
    replay->path = strdup(config->path);
    replay->table = calloc(replay->room, sizeof *replay->table);
    enum lt_code code = replay->path && replay->table
                            ? load(replay, error)
                            : lt_fail(error, LT_NO_MEMORY, "no memory for what came before");
    if (code != LT_DONE)
        lt_replay_close(&replay);
    *out = replay;
    return code;
}

void lt_replay_close(lt_replay **replay)
{
    if (!*replay)
        return;
    if ((*replay)->file >= 0)
        close((*replay)->file);
    free((*replay)->table);
    free((*replay)->path);
    free(*replay);
    *replay = NULL;
}

enum lt_code lt_replay_check(const lt_replay *replay, struct lt_slice id, uint64_t stamp,
                             uint64_t now, struct lt_error *error)
{
    uint8_t digest[DIGEST];
    if (stamp && stamp + (uint64_t)replay->config.window_ms < now)
        return lt_fail(error, LT_STALE, "the request is too old");
    if (stamp && stamp > now + (uint64_t)replay->config.ahead_ms)
        return lt_fail(error, LT_STALE, "the request is of a time that has not come yet");
    digest_of(id, digest);
    const struct record *record = find(replay, digest);
    if (record->at && now <= kept_until(replay, record->at))
        return LT_DONE_BEFORE;
    return is_full(replay, now)
               ? lt_fail(error, LT_BUSY, "more requests came than are remembered (%zu)",
                         replay->config.ids)
               : LT_DONE;
}

enum lt_code lt_replay_keep(lt_replay *replay, struct lt_slice id, uint64_t now,
                            struct lt_error *error)
{
    struct record record = {.at = now};
    uint8_t bytes[RECORD];
    enum lt_code code = LT_DONE;
    if (is_full(replay, now))
        return lt_fail(error, LT_BUSY, "more requests came than are remembered (%zu)",
                       replay->config.ids);
    if (replay->count >= replay->config.ids)
        code = forget_old(replay, now, error);
    if (code == LT_DONE && (replay->file < 0 || replay->written > 2 * replay->count + FEW))
        code = write_anew(replay, error);
    if (code != LT_DONE)
        return code;
    digest_of(id, record.digest);
    encode(&record, bytes);
    off_t place = (off_t)(HEAD + replay->written * RECORD);
    // At its place, so that one which was cut off by a full disk is written over.
    if (pwrite(replay->file, bytes, RECORD, place) != RECORD || fdatasync(replay->file) != 0)
        return fail(replay, "write", error);
    replay->written++;
    put(replay, record.digest, now);
    return LT_DONE;
}
