// Which messages of the outbox's segments need no more sending.
#include "settled.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "journal.h"

// A mark is the offset and its complement, so that what a power cut leaves of one marks nothing.
enum { NUMBER_SIZE = 8, MARK_SIZE = 2 * NUMBER_SIZE, MARKS_MAX = 64 * 1024 * 1024 };

struct segment {
    struct segment *next;
    uint64_t number;
    size_t waiting;
    struct lt_buffer marks; // not yet written
};

struct settled {
    int folder;
    struct segment *segments; // newest first
};

struct settled *settled_new(int folder)
{
    struct settled *made = calloc(1, sizeof *made);
    if (made)
        made->folder = folder;
    return made;
}

static struct segment *find(const struct settled *settled, uint64_t number)
{
    struct segment *segment = settled->segments;
    while (segment && segment->number != number)
        segment = segment->next;
    return segment;
}

bool settled_expect(struct settled *settled, uint64_t number)
{
    struct segment *segment = find(settled, number);
    if (!segment) {
        segment = calloc(1, sizeof *segment);
        if (!segment)
            return false;
        segment->number = number;
        segment->marks.max = MARKS_MAX;
        segment->next = settled->segments;
        settled->segments = segment;
    }
    segment->waiting++;
    return true;
}

bool settled_mark(struct settled *settled, uint64_t number, uint64_t offset)
{
    struct segment *segment = find(settled, number);
    if (!segment || segment->waiting == 0)
        return false;
    segment->waiting--;
    uint8_t mark[MARK_SIZE];
    for (size_t i = 0; i < NUMBER_SIZE; i++) {
        mark[i] = (uint8_t)(offset >> (8 * (NUMBER_SIZE - 1 - i)));
        mark[NUMBER_SIZE + i] = (uint8_t)~mark[i];
    }
    return lt_buffer_add(&segment->marks, mark, sizeof mark);
}

static bool write_marks(const struct settled *settled, struct segment *segment)
{
    char name[JOURNAL_NAME_ROOM];
    journal_name(segment->number, "done", name);
    int file = openat(settled->folder, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    off_t size = lseek(file, 0, SEEK_END);
    bool written = size >= 0 && files_write_all(file, lt_buffer_slice(&segment->marks));
    // What is cut off would hide what comes behind it. They are tried again with the next.
    if (written)
        lt_buffer_empty(&segment->marks);
    else if (size >= 0)
        (void)!ftruncate(file, size);
    close(file);
    return written;
}

void settled_remove_segment(int folder, uint64_t segment)
{
    // The marks go first: without them a record is only published again, but marks that outlived their
    // segment would settle what a later segment of that number accepts.
    char name[JOURNAL_NAME_ROOM];
    journal_name(segment, "done", name);
    unlinkat(folder, name, 0);
    journal_name(segment, "log", name);
    unlinkat(folder, name, 0);
}

static void destroy_segment(struct segment *segment)
{
    lt_buffer_clear(&segment->marks);
    free(segment);
}

// Removes what nobody waits for; the newest only when the caller writes no more to it.
static void sweep(struct settled *settled, bool newest_too)
{
    struct segment **link = &settled->segments;
    while (*link) {
        struct segment *segment = *link;
        bool newest = segment == settled->segments;
        if (segment->waiting > 0 || (newest && !newest_too)) {
            link = &segment->next;
            continue;
        }
        settled_remove_segment(settled->folder, segment->number);
        *link = segment->next;
        destroy_segment(segment);
    }
}

bool settled_flush(struct settled *settled)
{
    sweep(settled, false);
    bool written = true;
    for (struct segment *segment = settled->segments; segment; segment = segment->next) {
        if (segment->marks.size > 0 && !write_marks(settled, segment))
            written = false;
    }
    return written;
}

void settled_close(struct settled **settled_pointer)
{
    struct settled *closed = *settled_pointer;
    if (!closed)
        return;
    sweep(closed, true);
    settled_flush(closed);
    while (closed->segments) {
        struct segment *segment = closed->segments;
        closed->segments = segment->next;
        destroy_segment(segment);
    }
    free(closed);
    *settled_pointer = NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool read_mark(const uint8_t *mark, uint64_t *offset)
{
    *offset = 0;
    for (size_t i = 0; i < NUMBER_SIZE; i++) {
        if ((mark[i] ^ mark[NUMBER_SIZE + i]) != 0xff)
            return false;
        *offset = *offset << 8 | mark[i];
    }
    return true;
}

enum lt_code settled_read(int folder, uint64_t segment, uint64_t **offsets, size_t *count,
                          struct lt_error *error)
{
    *offsets = NULL;
    *count = 0;
    char name[JOURNAL_NAME_ROOM];
    journal_name(segment, "done", name);
    struct lt_buffer marks = {.max = MARKS_MAX};
    enum lt_code code = files_read(folder, name, &marks, error);
    if (code == LT_NOT_FOUND)
        return LT_DONE;
    size_t whole = marks.size / MARK_SIZE;
    if (code == LT_DONE && whole > 0) {
        *offsets = calloc(whole, sizeof **offsets);
        if (!*offsets)
            code = lt_fail(error, LT_NO_MEMORY, "%s: no memory to read it", name);
    }
    while (*offsets && *count < whole &&
           read_mark(marks.data + *count * MARK_SIZE, *offsets + *count))
        (*count)++;
    if (*count > 0)
        qsort(*offsets, *count, sizeof **offsets, compare);
    lt_buffer_clear(&marks);
    return code;
}

bool settled_has(const uint64_t *offsets, size_t count, uint64_t offset)
{
    return count > 0 && bsearch(&offset, offsets, count, sizeof *offsets, compare);
}
