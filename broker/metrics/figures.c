// Looking up figures.
#include "figures.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "state/must.h"

enum { MINUTE_MS = 60000 };
#define SOON_MS (UINT64_C(30) * 86400000)

struct look {
    struct reading base;
    struct figures figures;
};

// The second number of the file, in pages.
static uint64_t resident_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    bool has_line = fgets(line, sizeof line, file);
    fclose(file);
    const char *space = has_line ? strchr(line, ' ') : NULL;
    return space ? strtoull(space, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t open_descriptors(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    for (const struct dirent *one = NULL; (one = readdir(folder));)
        count += one->d_name[0] != '.';
    closedir(folder);
    return count - 1; // the folder's own
}

void figures_descriptors(uint64_t *open, uint64_t *most)
{
    struct rlimit files;
    *open = open_descriptors();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        *most = files.rlim_cur;
}

static void look_at_process(struct figures *figures)
{
    struct rusage usage;
    figures->resident = resident_bytes();
    figures_descriptors(&figures->descriptors, &figures->descriptors_most);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        figures->processor = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                             (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct look *look = (struct look *)reading;
    look_at_process(&look->figures);
    reading->code = store_health(store, &look->figures.health, &reading->error);
    return true;
}

static void destroy(struct reading *reading)
{
    free(reading);
}

void figures_ask(struct broker *broker, void (*back)(void *core, struct reading **reading))
{
    struct look *look = must_calloc(1, sizeof *look);
    struct reading *reading = &look->base;
    reading->slice = slice;
    reading->destroy = destroy;
    reading->back = back;
    reader_ask(broker->reader, &reading);
}

bool figures_take(const struct reading *reading, uint64_t now, struct figures *figures)
{
    const struct look *look = (const struct look *)reading;
    if (reading->code != LT_DONE)
        return false;
    *figures = look->figures;
    figures->looked = now;
    return true;
}

// --- grants ---

struct sum {
    const struct broker *broker;
    struct figures_grants *grants;
};

static bool add(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    struct sum *sum = self;
    struct figures_grants *grants = sum->grants;
    uint64_t now = sum->broker->now;
    bool is_invitation = (grant->powers.rights & LT_ENROL) && !(grant->powers.rights & LT_GRANT);
    (void)sealed;
    if (grant->revoked || is_invitation)
        return true;
    if (lt_slice_is(grant->principal, sum->broker->principal))
        grants->hub = grant->expires;
    if (grant->expires <= now)
        return true;
    grants->count++;
    grants->ending += grant->expires - now <= SOON_MS;
    if (grants->next && grants->next <= grant->expires)
        return true;
    grants->next = grant->expires;
    snprintf(grants->next_principal, sizeof grants->next_principal, "%.*s",
             (int)grant->principal.size, (const char *)grant->principal.data);
    return true;
}

void figures_sum_grants(const struct broker *broker, struct figures_grants *grants)
{
    uint64_t version = lt_book_version(broker->book);
    bool is_fresh = broker->now >= grants->summed && broker->now - grants->summed < MINUTE_MS;
    if (grants->summed && grants->version == version && is_fresh)
        return;
    struct sum sum = {broker, grants};
    *grants = (struct figures_grants){.version = version, .summed = broker->now};
    lt_book_each(broker->book, add, &sum);
}
