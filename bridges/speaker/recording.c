// Files are named by their hash; those that were used last stay.
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/fetch.h>
#include <lienthon/settings/folder.h>

#include "recordings_room.h"

enum { WAIT_MS = 4000 };
#define MIB       (UINT64_C(1) << 20)
#define SIZE_MOST (64 * MIB) // hours of speech

static const struct recordings_limit limit = {.files = 64, .bytes = 512 * MIB, .spare = 64 * MIB};

bool recording_path(struct zone *zone, const uint8_t sha256[32], char *path, size_t size)
{
    char hash[65];
    lt_hex_encode((struct lt_slice){sha256, 32}, hash);
    int written =
        snprintf(path, size, "%s/recordings/%s", lt_bridge_folder(zone->speaker->host), hash);
    return written > 0 && (size_t)written < size;
}

static void fetched(void *user, enum lt_code code, const char *text)
{
    struct zone *zone = user;
    char line[LT_ERROR_MAX + 100];
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
    if (code == LT_DONE)
        code = recordings_room(folder, announcement->size, &limit, &error);
    if (code == LT_DONE)
        code = lt_bridge_fetch(zone->speaker->host, &blob, path, fetched, zone, &error);
    if (code != LT_DONE && code != LT_BUSY)
        fetched(zone, code, error.text);
}

void recording_foresee(struct zone *zone, const struct lt_part *message)
{
    struct announcement announcement = {0};
    char path[4096];
    bool has = announcement_read(message, NULL, &announcement, NULL) == LT_DONE &&
               announcement.has_recording;
    has = has && recording_path(zone, announcement.sha256, path, sizeof path);
    if (has && access(path, F_OK) == 0)
        recordings_touch(path);
    else if (has)
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
