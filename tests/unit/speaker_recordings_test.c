// What stays of recordings on a small disk.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recordings_room.h"

static char folder[64];

static void path_of(const char *name, char path[160])
{
    snprintf(path, 160, "%s/%s", folder, name);
}

// It takes no room on the disk, and was used so many seconds after 1970.
static void put(const char *name, off_t size, time_t used)
{
    char path[160];
    path_of(name, path);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    const struct timespec times[2] = {{.tv_sec = used}, {.tv_sec = used}};
    cr_assert(fd >= 0 && ftruncate(fd, size) == 0 && futimens(fd, times) == 0);
    close(fd);
}

static bool has(const char *name)
{
    char path[160];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/lt-recordings-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static void end(void)
{
    static const char *const names[] = {"a", "b", "c"};
    char path[160];
    for (size_t i = 0; i < 3; i++) {
        path_of(names[i], path);
        unlink(path);
    }
    cr_assert_eq(rmdir(folder), 0);
}

Test(recordings, those_that_were_used_longest_ago_go, .init = begin, .fini = end)
{
    const struct recordings_limit limit = {.files = 3, .bytes = 1000};
    char path[160];
    put("a", 10, 100);
    put("b", 10, 200);
    put("c", 10, 300);
    path_of("a", path);
    recordings_touch(path);
    cr_expect_eq(recordings_room(folder, 10, &limit, NULL), LT_DONE);
    cr_expect(has("a") && !has("b") && has("c"));
}

Test(recordings, they_have_so_many_bytes_together, .init = begin, .fini = end)
{
    const struct recordings_limit limit = {.files = 64, .bytes = 1000};
    put("a", 400, 100);
    put("b", 400, 200);
    put("c", 100, 300);
    cr_expect_eq(recordings_room(folder, 450, &limit, NULL), LT_DONE);
    cr_expect(!has("a") && has("b") && has("c"));
}

Test(recordings, the_disk_keeps_room_for_others, .init = begin, .fini = end)
{
    const struct recordings_limit limit = {
        .files = 64, .bytes = UINT64_MAX / 2, .spare = UINT64_MAX / 4};
    struct lt_error error = {0};
    put("a", 400, 100);
    cr_expect_eq(recordings_room(folder, 10, &limit, &error), LT_TOO_LARGE);
    cr_expect(has("a"), "nothing goes where that is of no use");
}
