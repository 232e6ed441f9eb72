#include "resting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

static uint64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// NULL: no memory, or it has no disk; else yours.
static char *path_of(const struct instance *instance, const char *target)
{
    char name[160], *path = NULL;
    snprintf(name, sizeof name, "rests.%s", target);
    if (instance->folder)
        (void)instance_state(instance, name, &path, NULL);
    return path;
}

void resting_note(const struct lt_bridge_host *host, const char *target, uint64_t until,
                  const char *why)
{
    struct lt_buffer text = {.max = 1024};
    char *path = path_of(&host->instance, target);
    if (path && until && lt_buffer_print(&text, "%" PRIu64 " %s", until, why))
        (void)lt_file_write(path, lt_buffer_slice(&text), 0600, NULL);
    else if (path)
        unlink(path);
    lt_buffer_clear(&text);
    free(path);
}

bool resting_read(const struct instance *instance, const char *target, struct resting *resting)
{
    struct lt_buffer text = {.max = 1024};
    char *path = path_of(instance, target), *end = NULL;
    *resting = (struct resting){0};
    if (path && access(path, F_OK) == 0 && lt_file_read(path, &text, NULL) == LT_DONE &&
        lt_buffer_add(&text, "", 1)) {
        resting->until = strtoull((const char *)text.data, &end, 10);
        snprintf(resting->why, sizeof resting->why, "%s", *end == ' ' ? end + 1 : "");
    }
    if (resting->until <= wall_ms())
        resting->until = 0;
    lt_buffer_clear(&text);
    free(path);
    return resting->until != 0;
}
