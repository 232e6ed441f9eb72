// Files are named by their hash; the newest stay.
#include "recording.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/fetch.h>
#include <lienthon/settings/folder.h>

enum { KEPT = 64, WAIT_MS = 4000 };
#define SIZE_MOST (UINT64_C(64) << 20) // hours of speech

bool recording_path(struct zone *zone, const uint8_t sha256[32], char *path, size_t size)
{
    char hash[65];
    lt_hex_encode((struct lt_slice){sha256, 32}, hash);
    int written =
        snprintf(path, size, "%s/recordings/%s", lt_bridge_folder(zone->speaker->host), hash);
    return written > 0 && (size_t)written < size;
}

// The folder's oldest file, if there are more than stay.
static bool oldest(const char *folder, char *path, size_t size)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    struct timespec first = {0};
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat found;
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &found, 0) != 0)
            continue;
        bool older = found.st_mtim.tv_sec < first.tv_sec || (found.st_mtim.tv_sec == first.tv_sec &&
                                                             found.st_mtim.tv_nsec < first.tv_nsec);
        if (count++ == 0 || older) {
            first = found.st_mtim;
            snprintf(path, size, "%s/%s", folder, entry->d_name);
        }
    }
    if (dir)
        closedir(dir);
    return count > KEPT;
}

static void make_room(const char *folder)
{
    char path[4096 + 300];
    while (oldest(folder, path, sizeof path) && unlink(path) == 0) {
    }
}

static void fetched(void *user, enum lt_code code, const char *text)
{
    struct zone *zone = user;
    char line[400];
    if (code == LT_DONE) {
        plan_measured(zone);
        return;
    }
    snprintf(line, sizeof line, "a recording could not be fetched, its text is said why=%s", text);
    lt_bridge_log(zone->speaker->host, line);
}

static void fetch(struct zone *zone, const struct announcement *announcement, const char *path)
{
    struct lt_error error = {0};
    struct lt_blob blob = {.size = announcement->size};
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    memcpy(blob.sha256, announcement->sha256, sizeof blob.sha256);
    enum lt_code code = announcement->size > SIZE_MOST
                            ? lt_fail(&error, LT_TOO_LARGE, "it has more than 64 MiB")
                            : lt_folder_make(folder, 0700, &error);
    if (code == LT_DONE) {
        make_room(folder);
        code = lt_bridge_fetch(zone->speaker->host, &blob, path, fetched, zone, &error);
    }
    if (code != LT_DONE && code != LT_BUSY)
        fetched(zone, code, error.text);
}

void recording_foresee(struct zone *zone, const struct lt_part *message)
{
    struct announcement announcement = {0};
    char path[4096];
    bool has = announcement_read(message, NULL, &announcement, NULL) == LT_DONE &&
               announcement.has_recording;
    if (has && recording_path(zone, announcement.sha256, path, sizeof path) &&
        access(path, F_OK) != 0)
        fetch(zone, &announcement, path);
    announcement_clear(&announcement);
}

void recording_use(struct zone *zone, struct job *job, uint64_t now)
{
    char path[4096];
    if (job->announcement.has_recording && !job->reading.no_recording.code &&
        recording_path(zone, job->announcement.sha256, path, sizeof path))
        reading_play(&job->reading, path, now + WAIT_MS);
}
