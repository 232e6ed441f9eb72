// The disk under the store: how much room is left, and what may still have it when there is little.
#include "disk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "broker.h"
#include "log.h"
#include "must.h"

enum { MIB = 1024 * 1024, AGAIN_MS = 60000, CLEAR_OF = 8, UNREAD_AT_ONCE = 10 };

struct look {
    struct reading base;
    uint64_t room;
};

static bool slice(struct reading *reading, struct store_reader *store)
{
    struct look *look = (struct look *)reading;
    reading->code = store_room(store, &look->room, &reading->error);
    return true;
}

static void destroy(struct reading *reading)
{
    free(reading);
}

static void back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct disk *disk = &broker->disk;
    uint64_t reserve = (uint64_t)broker->commune->hub.limits.reserve;
    disk->is_looking = false;
    if ((*reading)->code == LT_DONE) {
        disk->room = ((struct look *)*reading)->room;
        // Not in and out with every message.
        uint64_t enough = disk->is_short ? reserve + reserve / CLEAR_OF : reserve;
        bool is_short = disk->room < enough;
        if (is_short && !disk->is_short)
            log_warning("disk nearly full, only what is urgent is taken",
                        LOG_NUMBER("room", disk->room), LOG_NUMBER("reserve", reserve),
                        LOG_TEXT("data", broker->data));
        else if (!is_short && disk->is_short)
            log_info("disk has room again", LOG_NUMBER("room", disk->room),
                     LOG_TEXT("data", broker->data));
        disk->is_short = is_short;
    }
    reading_destroy(reading);
}

void disk_look(struct broker *broker)
{
    if (broker->disk.is_looking)
        return;
    struct look *look = must_calloc(1, sizeof *look);
    struct reading *reading = &look->base;
    reading->slice = slice;
    reading->back = back;
    reading->destroy = destroy;
    broker->disk.is_looking = true;
    reader_ask(broker->reader, &reading);
}

void disk_committed(struct broker *broker)
{
    struct disk *disk = &broker->disk;
    if (!disk->is_failing)
        return;
    log_info("store takes writes again", LOG_NUMBER("failed", disk->failed));
    disk->is_failing = false;
    disk->failed = 0;
}

void disk_failed(struct broker *broker, const struct lt_error *why)
{
    struct disk *disk = &broker->disk;
    disk->failed++;
    if (disk->is_failing && broker->tick - disk->told < AGAIN_MS)
        return;
    disk->is_failing = true;
    disk->told = broker->tick;
    log_error("store failed, a group was refused", LOG_NUMBER("failed", disk->failed),
              LOG_TEXT("reason", why->text));
}

void disk_unread(struct broker *broker, const char *what, const char *principal,
                 const struct lt_error *why)
{
    struct log_pace *pace = &broker->disk.unread;
    if (!log_may(pace, broker->tick, UNREAD_AT_ONCE, AGAIN_MS))
        return;
    log_error("store could not be read", LOG_TEXT("for", what), LOG_TEXT("principal", principal),
              LOG_TEXT("reason", why->text), LOG_NUMBER("left_out", log_left_out(pace)));
}

enum lt_code disk_takes_more(const struct disk *disk, struct lt_error *error)
{
    if (!disk->is_short)
        return LT_DONE;
    return lt_fail(error, LT_STORAGE_FAILED,
                   "the hub's disk has %" PRIu64
                   " MiB left and keeps them for what is urgent: make room on it, then try again",
                   disk->room / MIB);
}

enum lt_code disk_takes(const struct disk *disk, const struct lt_part *part, struct lt_error *error)
{
    bool is_urgent = part->priority == LT_HOA_TOC || part->relation == LT_CANCELS ||
                     lt_slice_is(part->type, "grant.v1") || lt_slice_is(part->type, "receipt.v1");
    return is_urgent ? LT_DONE : disk_takes_more(disk, error);
}
