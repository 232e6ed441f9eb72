// A line a zone. What is shown is what the loudspeaker keeps to, or has kept to when it ran last.
#include "hours_note.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/file.h>
#include <lienthon/settings/folder.h>

enum { TEXT_MOST = 128 * 1024 };

static void print_zone(const struct zone *zone, struct lt_buffer *out)
{
    lt_buffer_print(out, "hours in force ");
    if (zone->speaker->zone_count > 1)
        lt_buffer_print(out, "%s: ", zone->name);
    hours_tell(&zone->plan.hours, out);
}

static void log_zone(const struct zone *zone)
{
    struct lt_buffer line = {.max = TEXT_MOST};
    print_zone(zone, &line);
    if (lt_buffer_add(&line, "", 1))
        lt_bridge_log(zone->speaker->host, (const char *)line.data);
    lt_buffer_clear(&line);
}

void hours_note(struct speaker *speaker)
{
    struct lt_buffer text = {.max = TEXT_MOST};
    struct lt_error error = {0};
    char *path = NULL;
    for (size_t i = 0; i < speaker->zone_count; i++) {
        log_zone(&speaker->zones[i]);
        print_zone(&speaker->zones[i], &text);
        lt_buffer_print(&text, "\n");
    }
    enum lt_code code =
        text.failed ? lt_fail(&error, LT_NO_MEMORY, "no memory to note the hours")
                    : lt_folder_path(lt_bridge_folder(speaker->host), "hours.txt", &path, &error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&text), 0600, &error);
    if (code != LT_DONE)
        lt_bridge_log(speaker->host, error.text);
    lt_buffer_clear(&text);
    free(path);
}

bool hours_shown(const void *state, const char *folder, struct lt_buffer *out)
{
    const struct speaker *speaker = state;
    struct hours hours;
    char *path = NULL;
    if (lt_folder_path(folder, "hours.txt", &path, NULL) != LT_DONE)
        return false;
    if (access(path, F_OK) != 0 || lt_file_read(path, out, NULL) != LT_DONE) {
        hours_default(&hours);
        (void)own_hours_apply(&speaker->own_hours, &hours);
        if (!speaker->programme)
            hours_at_once(&hours);
        lt_buffer_print(out, "hours in force ");
        hours_tell(&hours, out);
        lt_buffer_print(out, " (until it has heard the commune's)\n");
    }
    free(path);
    return !out->failed;
}
