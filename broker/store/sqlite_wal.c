// What the database's write-ahead log holds before it is opened: SQLite drops all behind the first frame
// that is not whole, and does not say so.
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sqlite.h"

// https://www.sqlite.org/fileformat2.html#walformat
enum {
    HEADER_SIZE = 32,
    FRAME_HEADER_SIZE = 24,
    MAGIC = 0x377F0682, // the lowest bit: its checksums are over big-endian words
    PAGE_MOST = 65536,
};

struct wal {
    int file;
    bool big_endian;
    uint32_t salts[2], sums[2], page_size;
    uint8_t *frame;
};

static uint32_t word_at(const uint8_t *at, bool big_endian)
{
    return big_endian
               ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void sum(const struct wal *wal, const uint8_t *bytes, size_t size, uint32_t sums[2])
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        sums[0] += word_at(bytes + i, wal->big_endian) + sums[1];
        sums[1] += word_at(bytes + i + 4, wal->big_endian) + sums[0];
    }
}

static bool has_sums(const uint8_t *at, const uint32_t sums[2])
{
    return word_at(at, true) == sums[0] && word_at(at + 4, true) == sums[1];
}

static bool open_header(struct wal *wal)
{
    uint8_t header[HEADER_SIZE];
    if (pread(wal->file, header, sizeof header, 0) != HEADER_SIZE ||
        (word_at(header, true) & ~1U) != MAGIC) {
        return false;
    }
    wal->big_endian = (word_at(header, true) & 1U) != 0;
    wal->page_size = word_at(header + 8, true);
    wal->salts[0] = word_at(header + 16, true);
    wal->salts[1] = word_at(header + 20, true);
    sum(wal, header, 24, wal->sums);
    const bool sized = wal->page_size >= 512 && wal->page_size <= PAGE_MOST;
    return sized && has_sums(header + 24, wal->sums);
}

// The frame at `at`, of this log and not an earlier one's that is being written over.
static bool read_frame(const struct wal *wal, uint64_t at)
{
    const size_t size = FRAME_HEADER_SIZE + (size_t)wal->page_size;
    const ssize_t got = pread(wal->file, wal->frame, size, (off_t)at);
    return got == (ssize_t)size && word_at(wal->frame + 8, true) == wal->salts[0] &&
           word_at(wal->frame + 12, true) == wal->salts[1];
}

static bool is_commit(const struct wal *wal)
{
    return word_at(wal->frame + 4, true) != 0;
}

static void walk(struct wal *wal, struct store_opened *found)
{
    const uint64_t size = FRAME_HEADER_SIZE + (uint64_t)wal->page_size;
    uint64_t end = HEADER_SIZE; // behind the last commit that is whole
    uint64_t at = HEADER_SIZE;
    bool whole = true;
    for (; read_frame(wal, at); at += size) {
        uint32_t sums[2] = {wal->sums[0], wal->sums[1]};
        sum(wal, wal->frame, 8, sums);
        sum(wal, wal->frame + FRAME_HEADER_SIZE, wal->page_size, sums);
        whole = whole && has_sums(wal->frame + 16, sums);
        if (whole) {
            wal->sums[0] = sums[0];
            wal->sums[1] = sums[1];
            end = is_commit(wal) ? at + size : end;
        } else {
            found->lost_commits += is_commit(wal);
        }
    }
    found->cut = at - end;
    // Of the last one nobody can say whether it was synced. Those before it were: one follows the other.
    found->lost_commits -= found->lost_commits > 0;
}

void wal_look(const char *folder, struct store_opened *found)
{
    char path[PATH_MAX];
    struct wal wal = {.file = -1};
    const int size = snprintf(path, sizeof path, "%s/" DATABASE_NAME "-wal", folder);
    *found = (struct store_opened){0};
    if (size > 0 && (size_t)size < sizeof path) {
        wal.file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (wal.file < 0) {
        return;
    }
    wal.frame = malloc(FRAME_HEADER_SIZE + PAGE_MOST);
    if (wal.frame != NULL && open_header(&wal)) {
        walk(&wal, found);
    }
    free(wal.frame);
    (void)close(wal.file);
}
