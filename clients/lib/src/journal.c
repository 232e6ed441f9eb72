// The outbox on disk: what publish() has accepted, in numbered segments.
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/op.h>

#include "files.h"
#include "settled.h"

enum {
    HEAD_SIZE = 5,
    CHECK_SIZE = 8,
    BYTES_MAX = LT_MESSAGE_LIMIT,
    RECORD_MAX = HEAD_SIZE + BYTES_MAX + CHECK_SIZE,
    FILE_MAX = JOURNAL_SEGMENT_SIZE + RECORD_MAX,
};

struct journal {
    int folder, file; // file -1: the segment has not begun
    uint64_t segment, size;
    bool broken; // a write failed and could not be taken back
    struct lt_buffer record;
};

void journal_name(uint64_t segment, const char *ending, char name[JOURNAL_NAME_ROOM])
{
    snprintf(name, JOURNAL_NAME_ROOM, "%08" PRIu64 ".%s", segment, ending);
}

static void check_of(struct lt_slice record, uint8_t check[CHECK_SIZE])
{
    uint8_t hash[LT_HASH_SIZE];
    lt_hash(record, hash);
    memcpy(check, hash, CHECK_SIZE);
}

// The record at `offset`, or false: cut off or damaged.
static bool read_record(struct lt_slice file, size_t offset, struct left *left, size_t *whole)
{
    size_t room = file.size - offset;
    if (room < HEAD_SIZE + CHECK_SIZE)
        return false;
    const uint8_t *at = file.data + offset;
    size_t size = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
    if (size > BYTES_MAX || size > room - HEAD_SIZE - CHECK_SIZE || at[4] > 1)
        return false;
    uint8_t check[CHECK_SIZE];
    check_of((struct lt_slice){at, HEAD_SIZE + size}, check);
    if (memcmp(check, at + HEAD_SIZE + size, CHECK_SIZE) != 0)
        return false;
    left->bytes = (struct lt_slice){at + HEAD_SIZE, size};
    left->sealed = at[4] == 1;
    left->offset = offset;
    *whole = HEAD_SIZE + size + CHECK_SIZE;
    return true;
}

// The segment's records go to visit; *end: behind the last whole one; *left: how many are not settled.
static enum lt_code walk(int folder, uint64_t segment, struct lt_slice file, journal_visit visit,
                         void *self, size_t *end, size_t *left_count, struct lt_error *error)
{
    uint64_t *offsets = NULL;
    size_t count = 0, whole = 0;
    enum lt_code code = settled_read(folder, segment, &offsets, &count, error);
    struct left left = {.segment = segment};
    *end = *left_count = 0;
    while (code == LT_DONE && read_record(file, *end, &left, &whole)) {
        if (!settled_has(offsets, count, left.offset)) {
            code = visit(self, &left, error);
            (*left_count)++;
        }
        *end += whole;
    }
    free(offsets);
    return code;
}

static bool cut_off(int folder, const char *name, size_t end)
{
    int file = openat(folder, name, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool cut = ftruncate(file, (off_t)end) == 0 && fsync(file) == 0;
    close(file);
    return cut;
}

static enum lt_code read_segment(int folder, uint64_t segment, bool newest, journal_visit visit,
                                 void *self, struct lt_error *error)
{
    char name[JOURNAL_NAME_ROOM];
    journal_name(segment, "log", name);
    struct lt_buffer file = {.max = FILE_MAX};
    enum lt_code code = files_read(folder, name, &file, error);
    size_t end = 0, left = 0;
    if (code == LT_DONE)
        code = walk(folder, segment, lt_buffer_slice(&file), visit, self, &end, &left, error);
    if (code == LT_DONE && end < file.size && !newest)
        code = lt_fail(error, LT_BAD_FILE,
                       "outbox/%s: damaged at byte %zu; what stands behind it cannot be read. "
                       "Move the file away to go on without it",
                       name, end);
    if (code == LT_DONE && end < file.size && !cut_off(folder, name, end))
        code = lt_fail(error, LT_IO, "outbox/%s: cannot be shortened: %s", name, strerror(errno));
    if (code == LT_DONE && left == 0)
        settled_remove_segment(folder, segment);
    lt_buffer_clear(&file);
    return code;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The segment's number of "00000007.log"; 0: it is another file.
static uint64_t number_of(const char *name)
{
    char *end = NULL;
    if (name[0] < '0' || name[0] > '9')
        return 0;
    uint64_t number = strtoull(name, &end, 10);
    return strcmp(end, ".log") == 0 ? number : 0;
}

static enum lt_code list_segments(int folder, struct lt_buffer *numbers, struct lt_error *error)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    if (!entries) {
        if (again >= 0)
            close(again);
        return lt_fail(error, LT_IO, "outbox: cannot be listed: %s", strerror(errno));
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        uint64_t number = number_of(entry->d_name);
        if (number > 0)
            lt_buffer_add(numbers, &number, sizeof number);
    }
    closedir(entries);
    if (numbers->failed)
        return lt_fail(error, LT_NO_MEMORY, "no memory to list the outbox");
    if (numbers->size > 0)
        qsort(numbers->data, numbers->size / sizeof(uint64_t), sizeof(uint64_t), compare);
    return LT_DONE;
}

static enum lt_code read_all(struct journal *made, journal_visit visit, void *self,
                             struct lt_error *error)
{
    struct lt_buffer numbers = {.max = 1024 * 1024};
    enum lt_code code = list_segments(made->folder, &numbers, error);
    size_t count = numbers.size / sizeof(uint64_t);
    for (size_t i = 0; i < count && code == LT_DONE; i++) {
        uint64_t number = 0;
        memcpy(&number, numbers.data + i * sizeof number, sizeof number);
        made->segment = number;
        code = read_segment(made->folder, number, i + 1 == count, visit, self, error);
    }
    lt_buffer_clear(&numbers);
    return code;
}

enum lt_code journal_open(int folder, struct journal **journal_out, journal_visit visit, void *self,
                          struct lt_error *error)
{
    *journal_out = NULL;
    struct journal *made = calloc(1, sizeof *made);
    if (!made)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the outbox");
    made->folder = folder;
    made->file = -1;
    made->record.max = RECORD_MAX;
    enum lt_code code = read_all(made, visit, self, error);
    if (code != LT_DONE) {
        journal_close(&made);
        return code;
    }
    *journal_out = made;
    return LT_DONE;
}

static enum lt_code begin_segment(struct journal *journal, struct lt_error *error)
{
    char name[JOURNAL_NAME_ROOM];
    if (journal->file >= 0)
        close(journal->file);
    settled_remove_segment(journal->folder, journal->segment + 1);
    journal_name(journal->segment + 1, "log", name);
    journal->file =
        openat(journal->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (journal->file >= 0 && fsync(journal->folder) == 0) {
        journal->segment++;
        journal->size = 0;
        return LT_DONE;
    }
    int reason = errno;
    if (journal->file >= 0) {
        close(journal->file);
        unlinkat(journal->folder, name, 0); // so that it can be begun again
    }
    journal->file = -1;
    return files_fail(error, "outbox", "written", reason);
}

static bool build_record(struct journal *journal, bool sealed, struct lt_slice bytes)
{
    uint8_t head[HEAD_SIZE] = {(uint8_t)(bytes.size >> 24), (uint8_t)(bytes.size >> 16),
                               (uint8_t)(bytes.size >> 8), (uint8_t)bytes.size, sealed ? 1 : 0};
    uint8_t check[CHECK_SIZE];
    lt_buffer_empty(&journal->record);
    if (!lt_buffer_add(&journal->record, head, sizeof head) ||
        !lt_buffer_add(&journal->record, bytes.data, bytes.size))
        return false;
    check_of(lt_buffer_slice(&journal->record), check);
    return lt_buffer_add(&journal->record, check, sizeof check);
}

// Nothing stays of a record that was not accepted: behind it nothing would be read.
static bool take_back(struct journal *journal)
{
    journal->broken = ftruncate(journal->file, (off_t)journal->size) != 0;
    return !journal->broken;
}

enum lt_code journal_append(struct journal *journal, bool sealed, struct lt_slice bytes,
                            uint64_t *segment, uint64_t *offset, struct lt_error *error)
{
    if (journal->broken && !take_back(journal))
        return files_fail(error, "outbox", "written", errno);
    if (journal->file < 0 || journal->size >= JOURNAL_SEGMENT_SIZE) {
        enum lt_code code = begin_segment(journal, error);
        if (code != LT_DONE)
            return code;
    }
    if (!build_record(journal, sealed, bytes))
        return lt_fail(error, LT_NO_MEMORY, "no memory for an outbox record");
    struct lt_slice record = lt_buffer_slice(&journal->record);
    if (!files_write_all(journal->file, record) || fdatasync(journal->file) != 0) {
        int reason = errno;
        take_back(journal);
        return files_fail(error, "outbox", "written", reason);
    }
    *segment = journal->segment;
    *offset = journal->size;
    journal->size += record.size;
    return LT_DONE;
}

void journal_close(struct journal **journal_pointer)
{
    struct journal *closed = *journal_pointer;
    if (!closed)
        return;
    if (closed->file >= 0)
        close(closed->file);
    lt_buffer_clear(&closed->record);
    free(closed);
    *journal_pointer = NULL;
}
