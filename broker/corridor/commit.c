// Commits, and what they change.
#include "commit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "apply.h"
#include "broker.h"
#include "rooms.h"
#include "state/must.h"

enum { SAVE_WITH_GROUP_MS = 100, NOTES_MOST = 4096 };

void commit_run(struct writing *writing, struct store *store)
{
    struct corridor_group *group = (struct corridor_group *)writing;
    struct store_group whole = {
        .puts = group->puts,
        .put_count = group->put_count,
        .records = group->records.plain,
        .record_count = group->records.plain_count,
        .seq_records = group->records.numbered,
        .seq_record_count = group->records.numbered_count,
    };
    writing->code = store_append(store, &whole, &writing->error);
    store_tree(store, &group->tree);
}

static void take_outcome(struct passage *passage, const struct corridor_group *group)
{
    const struct store_put *put = &group->puts[passage->put];
    if (group->base.code != LT_DONE) {
        passage_refuse(passage, LT_STORAGE_FAILED, "nothing was stored: %s",
                       group->base.error.text);
        return;
    }
    passage->seq = put->seq;
    switch (put->outcome) {
    case LT_DONE:
        break;
    case LT_DONE_BEFORE:
        passage_refuse(passage, LT_DONE_BEFORE, "stored before");
        break;
    case LT_ID_TAKEN:
        passage_refuse(passage, LT_ID_TAKEN,
                       "this sender has used the id for another message: make a new id");
        break;
    default:
        passage_refuse(passage, LT_STORAGE_FAILED,
                       "it is not known whether it was stored: publish the same bytes again");
        break;
    }
}

// The same came in front of it and has come back by now.
static void resolve_twin(struct broker *broker, struct passage *passage)
{
    uint64_t seq = 0;
    const struct lt_part *part = &passage->sealed.part;
    enum memory_answer answer = memory_find(broker->memory, part, passage->hash, &seq);
    if (answer == MEMORY_UNKNOWN && memory_find_origin(broker->memory, part, &seq))
        answer = MEMORY_SAME;
    passage->seq = seq;
    if (answer == MEMORY_SAME)
        passage_refuse(passage, LT_DONE_BEFORE, "stored before");
    else if (answer == MEMORY_OTHER)
        passage_refuse(passage, LT_ID_TAKEN,
                       "this sender has used the id for another message: make a new id");
}

static void take_over_book(struct broker *broker, struct corridor_group *group)
{
    lt_book *old = broker->book;
    broker->book = group->book;
    group->book = NULL;
    lt_book_destroy(&old);
}

static void finish(struct broker *broker, struct corridor_group *group)
{
    bool took_grants = group->book && group->put_count && group->base.code == LT_DONE;
    if (took_grants)
        take_over_book(broker, group);
    for (size_t i = 0; i < group->count; i++) {
        struct passage *passage = group->passages[i];
        if (passage->is_put) {
            memory_unpend(broker->memory, &passage->sealed.part);
            take_outcome(passage, group);
        } else if (passage->is_twin) {
            resolve_twin(broker, passage);
        }
        if (!passage_is_refused(passage))
            apply(broker, passage);
    }
    // Everything is in place: now the answers.
    for (size_t i = 0; i < group->count; i++)
        receipt(broker, group->passages[i]);
    if (took_grants)
        apply_grants(broker);
}

// Nothing of it is written: what was noted goes with the next, before what was noted since, and
// everything is saved again.
static void failed(struct broker *broker, const struct writing *writing,
                   const struct records *records)
{
    disk_failed(broker, &writing->error);
    size_t count = records->notes_to - records->notes_from;
    records_insert(&broker->notes, broker->failed_notes, records->plain + records->notes_from,
                   count);
    broker->failed_notes += count;
    for (size_t i = records->notes_from; i < records->notes_to; i++)
        broker->has_released |= strcmp(records->plain[i].bucket, DUE_BUCKET) == 0;
    if (records->leans)
        broker->generation++;
    if (records->has_saves)
        subscriptions_unsaved(broker->subscriptions);
}

void commit_back(void *core, struct writing **writing)
{
    struct broker *broker = core;
    struct corridor_group *group = (struct corridor_group *)*writing;
    broker->corridor.in_store--;
    if (group->has_grants)
        broker->corridor.grants_in_store = false;
    counts_time(&broker->counts.sync, group->base.took);
    if (group->base.code == LT_DONE) {
        broker->tree = group->tree;
        histogram_observe(&broker->counts.group_size, &histogram_sizes, (double)group->put_count);
        disk_committed(broker);
    } else {
        failed(broker, &group->base, &group->records);
    }
    finish(broker, group);
    writing_destroy(writing);
    corridor_turn(broker);
}

void commit_refused(struct broker *broker, struct writing **writing)
{
    finish(broker, (struct corridor_group *)*writing);
    writing_destroy(writing);
}

void commit_notes(struct broker *broker, struct records *records, bool at_once)
{
    // A due row goes in the commit that writes what became of its message.
    at_once = at_once || broker->has_released;
    records->notes_from = records->plain_count;
    records_join(records, &broker->notes);
    records->notes_to = records->plain_count;
    records->leans = at_once || records->notes_to > records->notes_from;
    broker->failed_notes = 0;
    broker->has_released = false;
    if (!broker->subscriptions->dirty)
        return;
    if (!at_once && broker->tick - broker->saved < SAVE_WITH_GROUP_MS)
        return;
    broker->saved = broker->tick;
    records->has_saves = records->leans = true;
    subscriptions_save(broker->subscriptions, records, broker->now, broker->tick);
}

bool commit_is_behind(const struct broker *broker)
{
    return broker->notes.plain_count >= NOTES_MOST;
}

struct noting {
    struct writing base;
    struct records records;
    commit_done *done;
    struct lt_ref ref;
};

static void noting_run(struct writing *writing, struct store *store)
{
    struct noting *noting = (struct noting *)writing;
    struct store_group group = {
        .records = noting->records.plain,
        .record_count = noting->records.plain_count,
    };
    writing->code = store_append(store, &group, &writing->error);
}

static void noting_back(void *core, struct writing **writing)
{
    struct noting *noting = (struct noting *)*writing;
    counts_time(&((struct broker *)core)->counts.sync, noting->base.took);
    if (noting->base.code != LT_DONE)
        failed(core, &noting->base, &noting->records);
    else
        disk_committed(core);
    if (noting->done)
        noting->done(core, noting->base.code, noting->base.asker, &noting->ref);
    writing_destroy(writing);
}

static void noting_destroy(struct writing *writing)
{
    records_clear(&((struct noting *)writing)->records);
    free(writing);
}

void commit_records(struct broker *broker, struct records *records, commit_done *done,
                    uint64_t asker, const struct lt_ref *ref)
{
    struct noting *noting = must_calloc(1, sizeof *noting);
    struct writing *writing = &noting->base;
    noting->records = *records;
    *records = (struct records){0};
    noting->done = done;
    writing->asker = asker;
    if (ref)
        noting->ref = *ref;
    writing->run = noting_run;
    writing->back = noting_back;
    writing->generation = noting->records.leans ? broker->generation : 0;
    writing->destroy = noting_destroy;
    writer_ask(broker->writer, &writing);
}
