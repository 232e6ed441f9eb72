// The hours that the commune has told, kept on the instance's disk: the message's `created`, a zero byte, its body.
#include "plan_again.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

#include "turns.h"

enum { FILE_MOST = 300 * 1024 };

// That of its target. Where that has several, `<xa>/<ap>/loa/<name>`, where it tells its state, names it. Lent until the next
// lt_bridge_hamlet or lt_bridge_topic.
static struct lt_slice hamlet_of(const struct zone *zone)
{
    const char *hamlet = lt_bridge_hamlet(zone->speaker->host, zone->name);
    if (hamlet || zone->speaker->zone_count > 1)
        return hamlet ? lt_slice_of(hamlet) : (struct lt_slice){0};
    const char *topic = lt_bridge_topic(zone->speaker->host, "speaker-state.v1");
    const char *level = topic ? strchr(topic, '/') : NULL;
    const char *end = level ? strchr(level + 1, '/') : NULL;
    if (!end)
        return (struct lt_slice){0};
    return (struct lt_slice){(const uint8_t *)level + 1, (size_t)(end - level - 1)};
}

static void keep(struct zone *zone, const struct lt_part *message)
{
    char head[32], *path = NULL;
    struct lt_buffer file = {.max = FILE_MOST};
    struct lt_error error = {0};
    int size = snprintf(head, sizeof head, "%" PRIu64, message->created);
    lt_buffer_add(&file, head, (size_t)size + 1);
    lt_buffer_add(&file, message->body.data, message->body.size);
    enum lt_code code =
        file.failed ? lt_fail(&error, LT_NO_MEMORY, "no memory to keep the hours")
                    : lt_folder_path(lt_bridge_folder(zone->speaker->host), "hours", &path, &error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&file), 0600, &error);
    if (code == LT_DONE) {
        illness_well(&zone->speaker->illness, &zone->speaker->hours_fault, "the hours are kept");
    } else {
        zone->speaker->hours_fault.keeps_sound = true;
        illness_ill(&zone->speaker->illness, &zone->speaker->hours_fault, error.text);
    }
    lt_buffer_clear(&file);
    free(path);
}

// What the instance has of its own; where it says so all is said as it comes.
static void apply_options(struct zone *zone)
{
    struct hours *hours = &zone->plan.hours;
    if (!own_hours_apply(&zone->speaker->own_hours, hours))
        lt_bridge_log(zone->speaker->host, "there are more than 12 programmes a day, the last of "
                                           "hours-programmes are left out");
    if (!zone->speaker->programme)
        hours_at_once(hours);
}

static void note_hamlet(struct zone *zone)
{
    struct lt_slice hamlet = hamlet_of(zone);
    snprintf(zone->plan.hamlet, sizeof zone->plan.hamlet, "%.*s", (int)hamlet.size,
             hamlet.data ? (const char *)hamlet.data : "");
}

static void read_kept(struct zone *zone)
{
    struct plan *plan = &zone->plan;
    struct lt_buffer file = {.max = FILE_MOST};
    char *path = NULL;
    if (lt_folder_path(lt_bridge_folder(zone->speaker->host), "hours", &path, NULL) != LT_DONE)
        return;
    const uint8_t *end = access(path, F_OK) == 0 && lt_file_read(path, &file, NULL) == LT_DONE
                             ? memchr(file.data, '\0', file.size)
                             : NULL;
    if (end) {
        size_t head = (size_t)(end - file.data) + 1;
        struct lt_slice body = {file.data + head, file.size - head};
        if (hours_read(body, lt_slice_of(plan->hamlet), &plan->hours))
            plan->hours_made = strtoull((const char *)file.data, NULL, 10);
        else
            lt_bridge_log(zone->speaker->host, "the hours that were kept cannot be read");
    }
    lt_buffer_clear(&file);
    free(path);
}

void plan_hours_load(struct zone *zone)
{
    hours_default(&zone->plan.hours);
    note_hamlet(zone);
    read_kept(zone);
    apply_options(zone);
}

// The newer one holds, whichever comes last: an old one from a hub that lies changes nothing.
bool plan_told(struct zone *zone, const struct lt_part *message)
{
    struct plan *plan = &zone->plan;
    struct hours hours;
    if (message->created <= plan->hours_made)
        return false;
    if (!hours_read(message->body, lt_slice_of(plan->hamlet), &hours)) {
        lt_bridge_log(zone->speaker->host, "the hours that were told do not fit");
        return false;
    }
    plan->hours = hours;
    plan->programme.on = NULL; // it looked into the old ones
    plan->hours_made = message->created;
    apply_options(zone);
    keep(zone, message);
    lt_bridge_log(zone->speaker->host, "hours told");
    lt_timer_set(plan->timer, 0);
    return true;
}
