// The file is what is waited for: it may come in a second, or when the hub is back.
#include "plan_length.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "recording.h"

enum {
    SPACE_MS = 4000,   // chime and silence of an announcement, about
    BETWEEN_MS = 1500, // two times of it
    COMES_MS = 10000,  // a recording that is fetched
    DECODE_MS = 120000 // or one that is there, and those before it
};

static uint64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t with_repeats(const struct entry *entry, uint64_t once)
{
    return entry->repeat * once + (entry->repeat - 1) * (uint64_t)BETWEEN_MS + SPACE_MS;
}

void length_read(const struct zone *zone, struct entry *entry, const struct announcement *said)
{
    uint64_t words = 1;
    for (size_t i = 0; i < said->words.size; i++)
        words += said->words.data[i] == ' ' || said->words.data[i] == '\n';
    entry->repeat = said->repeat;
    entry->item.length_ms = with_repeats(entry, words * 60000 / (uint64_t)zone->speaker->rate);
    if (!said->has_recording || entry->message->priority >= LT_KHAN)
        return;
    memcpy(entry->recording, said->sha256, sizeof entry->recording);
    entry->measures = entry->item.unmeasured = true;
    entry->measured_by = steady_ms() + COMES_MS;
}

static void look(struct zone *zone, struct entry *entry)
{
    struct lengths *lengths = &zone->speaker->lengths;
    char path[4096];
    uint64_t ms = 0, now = steady_ms();
    if (lengths_find(lengths, entry->recording, &ms)) {
        entry->measures = entry->item.unmeasured = false;
        if (ms > 0)
            entry->item.length_ms = with_repeats(entry, ms);
        return;
    }
    if (recording_path(zone, entry->recording, path, sizeof path) && access(path, R_OK) == 0) {
        if (!entry->is_there)
            entry->measured_by = now + DECODE_MS;
        entry->is_there = true;
        lengths_measure(lengths, path, entry->recording);
    }
    if (now >= entry->measured_by)
        entry->item.unmeasured = false;
}

void length_look(struct zone *zone)
{
    for (struct entry *entry = zone->plan.entries; entry; entry = entry->next)
        if (entry->measures && !entry->handed_over)
            look(zone, entry);
}
