// What the tests of the client library need: a folder of their own, keys, and messages.
#ifndef CLIENT_CASE_H
#define CLIENT_CASE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <lienthon/pack.h>
#include <lienthon/seal.h>

#define CASE_NOW UINT64_C(1767225600000)

static inline int case_folder(char path[64])
{
    snprintf(path, 64, "/tmp/lt-client-XXXXXX");
    cr_assert_not_null(mkdtemp(path));
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    cr_assert_geq(folder, 0);
    return folder;
}

static inline void case_remove(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    cr_assert_eq(system(command), 0);
}

static inline struct lt_part case_part(const char *from, const char *topic, uint64_t created)
{
    static const uint8_t empty_map[] = {0x80};
    struct lt_part part = {.from = lt_slice_of(from),
                           .topic = lt_slice_of(topic),
                           .type = lt_slice_of("notice.v1"),
                           .created = created,
                           .body = {empty_map, sizeof empty_map}};
    lt_id_make(created, part.id);
    return part;
}

// malloc'ed bytes of the part.
static inline uint8_t *case_bytes(const struct lt_part *part, size_t *size)
{
    struct lt_buffer bytes = {.max = 1 << 20};
    cr_assert_eq(lt_part_encode(part, &bytes, NULL), LT_DONE);
    *size = bytes.size;
    return bytes.data;
}

static inline lt_signer *case_signer(uint8_t first)
{
    uint8_t seed[LT_SEED_SIZE] = {first};
    lt_signer *signer = lt_signer_new(seed);
    cr_assert_not_null(signer);
    return signer;
}

// Files may not grow beyond so many bytes: what a full disk does, for one process.
static inline void case_let_files_grow(rlim_t bytes)
{
    struct rlimit limit = {0};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif
