// The judge's memory on disk: a snapshot, and a log of what has been judged since.
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/op.h>

#include "files.h"

// A record of the log: length (4 bytes, big-endian), kind (1), when it was judged (8), the sealed message, and
// the first 8 bytes of H over all of these. One that is cut off at the end was never reported as done.
enum {
    KIND_AT = 4,
    TIME_AT = 5,
    HEAD_SIZE = 13,
    CHECK_SIZE = 8,
    BYTES_MAX = LT_MESSAGE_LIMIT,
    LOG_LONG = 1024 * 1024, // then a new snapshot takes its place
    LOG_MAX = 2 * LOG_LONG + HEAD_SIZE + BYTES_MAX + CHECK_SIZE,
    SNAPSHOT_MAX = 256 * 1024 * 1024,
    HEARD = 0,
    OBEYED = 1,
};

static const char SNAPSHOT[] = "seen";
static const char LOG[] = "seen.log";

struct seen {
    int folder, file;
    lt_judge *judge;
    uint64_t size;
    bool broken;
    struct lt_buffer record;
};

static uint64_t read_number(const uint8_t *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[i];
    return number;
}

static void write_number(uint8_t *at, size_t size, uint64_t number)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
}

// The bytes of the record at the front, 0: cut off or damaged.
static size_t check_record(struct lt_slice log)
{
    if (log.size < HEAD_SIZE + CHECK_SIZE)
        return 0;
    size_t size = (size_t)read_number(log.data, KIND_AT);
    if (size > BYTES_MAX || size > log.size - HEAD_SIZE - CHECK_SIZE)
        return 0;
    uint8_t hash[LT_HASH_SIZE];
    lt_hash((struct lt_slice){log.data, HEAD_SIZE + size}, hash);
    bool whole = memcmp(hash, log.data + HEAD_SIZE + size, CHECK_SIZE) == 0;
    return whole ? HEAD_SIZE + size + CHECK_SIZE : 0;
}

static void replay(lt_judge *judge, struct lt_slice record)
{
    struct lt_sealed sealed = {0};
    uint64_t now = read_number(record.data + TIME_AT, sizeof now);
    struct lt_slice bytes = {record.data + HEAD_SIZE, record.size - HEAD_SIZE - CHECK_SIZE};
    // Its sender may have lost the right since, and get it back: what was acted on stays seen.
    if (lt_sealed_decode(bytes, &sealed, NULL) == LT_DONE)
        (void)lt_judge_recall(judge, &sealed, now, record.data[KIND_AT] == OBEYED, NULL);
}

static enum lt_code load_snapshot(int folder, lt_judge *judge, struct lt_error *error)
{
    struct lt_buffer saved = {.max = SNAPSHOT_MAX};
    enum lt_code code = files_read(folder, SNAPSHOT, &saved, error);
    struct lt_error reason = {0};
    if (code == LT_DONE)
        code = lt_judge_load(judge, lt_buffer_slice(&saved), &reason);
    if (reason.code != LT_DONE)
        lt_fail(error, code,
                "%s: %.150s. Move the file away to go on; what was acted on is then forgotten",
                SNAPSHOT, reason.text);
    lt_buffer_clear(&saved);
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

static enum lt_code load_log(int folder, lt_judge *judge, struct lt_error *error)
{
    struct lt_buffer log = {.max = LOG_MAX};
    enum lt_code code = files_read(folder, LOG, &log, error);
    size_t at = 0, whole = 1;
    while (code == LT_DONE && whole > 0 && at < log.size) {
        struct lt_slice rest = {log.data + at, log.size - at};
        whole = check_record(rest);
        if (whole > 0)
            replay(judge, (struct lt_slice){rest.data, whole});
        at += whole;
    }
    lt_buffer_clear(&log);
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

// The snapshot first, then the empty log: what is in both is judged twice, which changes nothing.
static enum lt_code take_snapshot(struct seen *seen, struct lt_error *error)
{
    struct lt_buffer saved = {.max = SNAPSHOT_MAX};
    enum lt_code code = lt_judge_save(seen->judge, &saved);
    if (code != LT_DONE)
        lt_fail(error, code, "seen: what was seen cannot be written down");
    else
        code = files_replace(seen->folder, SNAPSHOT, lt_buffer_slice(&saved), error);
    lt_buffer_clear(&saved);
    if (code != LT_DONE)
        return code;
    if (ftruncate(seen->file, 0) != 0)
        return lt_fail(error, LT_IO, "%s: cannot be emptied: %s", LOG, strerror(errno));
    seen->size = 0;
    seen->broken = false;
    return LT_DONE;
}

static enum lt_code open_log(struct seen *made, struct lt_error *error)
{
    enum lt_code code = load_snapshot(made->folder, made->judge, error);
    if (code == LT_DONE)
        code = load_log(made->folder, made->judge, error);
    if (code != LT_DONE)
        return code;
    made->file = openat(made->folder, LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (made->file < 0)
        return lt_fail(error, LT_IO, "%s: cannot be opened: %s", LOG, strerror(errno));
    off_t size = lseek(made->file, 0, SEEK_END);
    return size > 0 ? take_snapshot(made, error) : LT_DONE;
}

enum lt_code seen_open(int folder, lt_judge *judge, struct seen **seen_out, struct lt_error *error)
{
    *seen_out = NULL;
    struct seen *made = calloc(1, sizeof *made);
    if (!made)
        return lt_fail(error, LT_NO_MEMORY, "no memory for what was seen");
    made->folder = folder;
    made->file = -1;
    made->judge = judge;
    made->record.max = HEAD_SIZE + BYTES_MAX + CHECK_SIZE;
    enum lt_code code = open_log(made, error);
    if (code == LT_DONE) {
        *seen_out = made;
        return LT_DONE;
    }
    if (made->file >= 0)
        close(made->file);
    free(made);
    return code;
}

enum lt_code seen_look(int folder, lt_judge *judge, struct lt_error *error)
{
    enum lt_code code = load_snapshot(folder, judge, error);
    return code == LT_DONE ? load_log(folder, judge, error) : code;
}

static bool build_record(struct seen *seen, bool obeyed, struct lt_slice sealed, uint64_t now)
{
    uint8_t head[HEAD_SIZE], hash[LT_HASH_SIZE];
    write_number(head, KIND_AT, sealed.size);
    head[KIND_AT] = obeyed ? OBEYED : HEARD;
    write_number(head + TIME_AT, sizeof now, now);
    lt_buffer_empty(&seen->record);
    if (!lt_buffer_add(&seen->record, head, sizeof head) ||
        !lt_buffer_add(&seen->record, sealed.data, sealed.size))
        return false;
    lt_hash(lt_buffer_slice(&seen->record), hash);
    return lt_buffer_add(&seen->record, hash, CHECK_SIZE);
}

enum lt_code seen_add(struct seen *seen, bool obeyed, struct lt_slice sealed, uint64_t now,
                      struct lt_error *error)
{
    if (seen->broken || seen->size >= LOG_LONG) {
        enum lt_code code = take_snapshot(seen, error);
        if (code != LT_DONE)
            return code;
    }
    if (!build_record(seen, obeyed, sealed, now))
        return lt_fail(error, LT_NO_MEMORY, "no memory to remember a message");
    struct lt_slice record = lt_buffer_slice(&seen->record);
    if (!files_write_all(seen->file, record) || fdatasync(seen->file) != 0) {
        int reason = errno;
        seen->broken = ftruncate(seen->file, (off_t)seen->size) != 0;
        return files_fail(error, LOG, "written", reason);
    }
    seen->size += record.size;
    return LT_DONE;
}

void seen_close(struct seen **seen_pointer)
{
    struct seen *closed = *seen_pointer;
    if (!closed)
        return;
    if (closed->size > 0)
        (void)take_snapshot(closed, NULL);
    close(closed->file);
    lt_buffer_clear(&closed->record);
    free(closed);
    *seen_pointer = NULL;
}
