// Messages and blobs are swept by the store; rosters and endings by their own keep_until.
#include "sweep.h"

#include <stdlib.h>

#include "broker.h"
#include "corridor/commit.h"
#include "log.h"
#include "must.h"

enum { EVERY_MS = 60000, ROWS = 500, RECORDS = 256 };

struct sweeping {
    struct writing base;
    uint64_t now;
    size_t swept;
};

static void run(struct writing *writing, struct store *store)
{
    struct sweeping *sweeping = (struct sweeping *)writing;
    writing->code = store_sweep(store, sweeping->now, ROWS, &sweeping->swept, &writing->error);
}

static void back(void *core, struct writing **writing)
{
    struct broker *broker = core;
    const struct sweeping *sweeping = (const struct sweeping *)*writing;
    broker->is_sweeping = false;
    if ((*writing)->code != LT_DONE)
        log_error("store could not be swept", LOG_TEXT("reason", (*writing)->error.text));
    else if (sweeping->swept == ROWS)
        broker->swept = 0; // there is more: go on with the next second
    writing_destroy(writing);
}

static void destroy(struct writing *writing)
{
    free(writing);
}

// --- rosters and endings ---

struct old_records {
    struct reading base;
    uint64_t now;
    struct sweep_place places[SWEEP_BUCKETS];
    struct records gone;
};

struct look {
    struct old_records *old;
    const char *bucket;
    struct sweep_place *place;
    size_t count;
};

static bool look_at(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct look *look = self;
    struct roster roster;
    struct dead_letter dead;
    struct again_notes notes;
    uint64_t until = UINT64_MAX;
    (void)version;
    look->count++;
    look->place->size = key.size <= sizeof look->place->key ? key.size : 0;
    memcpy(look->place->key, key.data, look->place->size);
    if (strcmp(look->bucket, ROSTER_BUCKET) == 0 && roster_open(value, &roster))
        until = roster.keep_until ? roster.keep_until : UINT64_MAX;
    else if (strcmp(look->bucket, DEAD_BUCKET) == 0 && dead_letter_open(value, &dead))
        until = dead.keep_until ? dead.keep_until : UINT64_MAX;
    else if (strcmp(look->bucket, AGAIN_BUCKET) == 0 && again_notes_open(value, &notes))
        until = notes.keep_until ? notes.keep_until : UINT64_MAX;
    if (until >= look->old->now)
        return true;
    records_put(&look->old->gone, look->bucket, key, (struct lt_slice){NULL, 0});
    return true;
}

static bool old_slice(struct reading *reading, struct store_reader *store)
{
    struct old_records *old = (struct old_records *)reading;
    static const char *const buckets[SWEEP_BUCKETS] = {ROSTER_BUCKET, DEAD_BUCKET, AGAIN_BUCKET};
    for (size_t i = 0; i < SWEEP_BUCKETS && reading->code == LT_DONE; i++) {
        struct sweep_place from = old->places[i];
        struct look look = {old, buckets[i], &old->places[i], 0};
        struct lt_slice none = {NULL, 0}, after = {from.size ? from.key : NULL, from.size};
        reading->code =
            store_records(store, buckets[i], none, after, RECORDS, look_at, &look, &reading->error);
        if (look.count < RECORDS)
            old->places[i].size = 0; // from the beginning again
    }
    return true;
}

static void old_back(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct old_records *old = (struct old_records *)*reading;
    if ((*reading)->code == LT_DONE)
        memcpy(broker->sweep_places, old->places, sizeof broker->sweep_places);
    if (old->gone.plain_count >= RECORDS)
        broker->swept = 0; // very many: go on with the next second
    if (old->gone.plain_count)
        commit_records(core, &old->gone, NULL, 0, NULL);
    reading_destroy(reading);
}

static void old_destroy(struct reading *reading)
{
    records_clear(&((struct old_records *)reading)->gone);
    free(reading);
}

void sweep(struct broker *broker)
{
    if (!clock_lets_sweep(broker) || broker->is_sweeping ||
        (broker->swept && broker->tick - broker->swept < EVERY_MS))
        return;
    broker->swept = broker->tick;
    broker->is_sweeping = true;
    struct sweeping *sweeping = must_calloc(1, sizeof *sweeping);
    struct writing *writing = &sweeping->base;
    sweeping->now = broker->now;
    writing->run = run;
    writing->back = back;
    writing->destroy = destroy;
    writer_ask(broker->writer, &writing);
    struct old_records *old = must_calloc(1, sizeof *old);
    struct reading *reading = &old->base;
    old->now = broker->now;
    memcpy(old->places, broker->sweep_places, sizeof old->places);
    reading->slice = old_slice;
    reading->back = old_back;
    reading->destroy = old_destroy;
    reader_ask(broker->reader, &reading);
    struct records records = {0};
    taken_sweep(&broker->taken, broker->now, RECORDS, &records);
    if (records.plain_count)
        commit_records(broker, &records, NULL, 0, NULL);
}
