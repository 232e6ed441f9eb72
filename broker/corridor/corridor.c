// The corridor: groups wait, walk one at a time, and leave for the store.
#include "corridor.h"

#include <stdlib.h>

#include "broker.h"
#include "checkers.h"
#include "commit.h"
#include "related.h"
#include "rooms.h"
#include "state/must.h"

static void group_destroy(struct writing *writing)
{
    struct corridor_group *group = (struct corridor_group *)writing;
    for (size_t i = 0; i < group->count; i++)
        passage_destroy(&group->passages[i]);
    free(group->passages);
    free(group->puts);
    records_clear(&group->records);
    lt_book_destroy(&group->book);
    free(group);
}

void corridor_clear(struct corridor *corridor)
{
    for (struct corridor_group *group = corridor->waiting, *next = NULL; group; group = next) {
        next = group->next;
        group_destroy(&group->base);
    }
    if (corridor->walking)
        group_destroy(&corridor->walking->base);
    corridor->waiting = corridor->walking = NULL;
}

bool corridor_is_full(const struct corridor *corridor)
{
    return corridor->waiting_count >= BOUNDS_INTAKE || corridor->waiting_bytes >= corridor->most;
}

bool corridor_is_idle(const struct corridor *corridor)
{
    return !corridor->waiting && !corridor->walking && !corridor->in_store;
}

// --- the door ---

static bool fits(const struct corridor_group *group, const struct passage *passage)
{
    return group->count < BOUNDS_GROUP &&
           group->bytes + zmq_msg_size((zmq_msg_t *)&passage->frame) <= BOUNDS_GROUP_BYTES;
}

static struct corridor_group *group_new(struct corridor_group **place, bool has_grants,
                                        bool has_urgent)
{
    struct corridor_group *group = must_calloc(1, sizeof *group);
    group->has_grants = has_grants;
    group->has_urgent = has_urgent;
    group->next = *place;
    *place = group;
    return group;
}

// Behind everything; but an emergency goes before what is not urgent, though behind grants, on which
// it may lean.
static struct corridor_group *group_for(struct corridor *corridor, const struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    bool is_grant = lt_slice_is(part->type, "grant.v1");
    bool is_urgent = part->priority == LT_HOA_TOC && !is_grant;
    struct corridor_group **place = &corridor->waiting, **at = &corridor->waiting, *last = NULL;
    for (; *at; at = &(*at)->next) {
        if (is_urgent && !(*at)->has_grants && !(*at)->has_urgent)
            continue;
        last = *at;
        place = &(*at)->next;
    }
    bool same = last && last->has_grants == is_grant && last->has_urgent == is_urgent;
    return same && fits(last, passage) ? last : group_new(place, is_grant, is_urgent);
}

void corridor_enter(struct broker *broker, struct passage **entering)
{
    struct corridor *corridor = &broker->corridor;
    struct passage *passage = *entering;
    *entering = NULL;
    corridor->answers++;
    if (passage_is_refused(passage)) {
        receipt(broker, passage);
        passage_destroy(&passage);
        return;
    }
    struct corridor_group *group = group_for(corridor, passage);
    group->passages =
        must_hold(group->passages, &group->room, group->count + 1, sizeof(struct passage *));
    group->passages[group->count++] = passage;
    group->bytes += zmq_msg_size(&passage->frame);
    group->has_relations |= passage->sealed.part.relation >= LT_REPLACES;
    corridor->waiting_count++;
    corridor->waiting_bytes += zmq_msg_size(&passage->frame);
}

// --- walking ---

static bool may_begin(const struct corridor *corridor)
{
    const struct corridor_group *group = corridor->waiting;
    if (!group || corridor->walking || corridor->grants_in_store)
        return false;
    // A run of grants is judged, and what is replaced is looked up, when all before it is committed.
    size_t most = group->has_grants || group->has_relations ? 1 : BOUNDS_IN_STORE;
    return corridor->in_store < most;
}

static void begin(struct broker *broker)
{
    struct corridor *corridor = &broker->corridor;
    struct corridor_group *group = corridor->waiting;
    corridor->waiting = group->next;
    corridor->waiting_count -= group->count;
    corridor->waiting_bytes -= group->bytes;
    corridor->walking = group;
    group->next = NULL;
    group->stage = STAGE_CHECK;
    group->began = zclock_usecs();
    for (size_t i = 0; i < group->count; i++) {
        struct passage *passage = group->passages[i];
        // A grant's issuer may come into force just before it, in the same run.
        if (group->has_grants || !authenticate_key(passage, broker->book))
            continue;
        // The members of a batch have one signature.
        struct lt_slice signature = passage->sealed.seal.signature;
        bool is_same =
            i > 0 && lt_slice_equal(signature, group->passages[i - 1]->sealed.seal.signature);
        if (!is_same && !lt_seal_is_cached(&passage->sealed, passage->key, broker->seals))
            group->checks_left++;
    }
}

static void recalled(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_recall *asked = (struct reading_recall *)*reading;
    struct corridor_group *group = broker->corridor.walking;
    for (size_t i = 0, next = 0; i < group->count && next < asked->count; i++) {
        struct passage *passage = group->passages[i];
        if (!passage->is_known)
            continue;
        passage->known = asked->known[next++];
        if ((*reading)->code != LT_DONE)
            passage_refuse(passage, LT_STORAGE_FAILED, "the store could not be read: %s",
                           (*reading)->error.text);
    }
    reading_destroy(reading);
    group->stage = STAGE_RELATED;
    group->is_asked = false;
    corridor_turn(broker);
}

static void copy_text(char *room, size_t size, struct lt_slice text)
{
    size_t count = text.size < size ? text.size : size - 1;
    if (text.data)
        memcpy(room, text.data, count);
}

// What is older than the memory is asked of the store, all of a group at once.
static bool ask_recall(struct broker *broker, struct corridor_group *group)
{
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        struct passage *passage = group->passages[i];
        passage->is_known = !passage_is_refused(passage) &&
                            !memory_is_complete(broker->memory, &passage->sealed.part);
        count += passage->is_known;
    }
    if (!count)
        return false;
    struct reading_recall *asked = reading_recall_new(count);
    if (!asked)
        return false;
    for (size_t i = 0, next = 0; i < group->count; i++) {
        const struct lt_part *part = &group->passages[i]->sealed.part;
        if (!group->passages[i]->is_known)
            continue;
        struct reading_known *known = &asked->known[next++];
        copy_text(known->from, sizeof known->from, part->from);
        copy_text(known->topic, sizeof known->topic, part->topic);
        copy_text(known->origin, sizeof known->origin, part->origin);
        memcpy(known->id, part->id, sizeof known->id);
        memcpy(known->hash, group->passages[i]->hash, sizeof known->hash);
    }
    struct reading *reading = &asked->base;
    reading->back = recalled;
    reader_ask(broker->reader, &reading);
    return true;
}

// Is a new participant's grant one too many. Whoever is known may get another, or lose it.
static bool is_crowded(const struct broker *broker, const lt_book *book, const struct lt_part *part)
{
    const struct lt_slice prefix = lt_slice_of("$lt/grants/");
    if (!lt_slice_is(part->type, "grant.v1") || part->topic.size <= prefix.size ||
        lt_book_bytes(book) < (size_t)broker->commune->hub.limits.grants)
        return false;
    struct lt_slice principal = {part->topic.data + prefix.size, part->topic.size - prefix.size};
    return !lt_book_key(book, principal);
}

// What stays in memory for as long as the message counts has a limit.
static bool has_room(const struct broker *broker, const lt_book *book, struct passage *passage)
{
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    const struct lt_part *part = &passage->sealed.part;
    // So that whoever cancels for nothing does not keep an urgent cancellation out.
    size_t takers = (size_t)limits->cancellations * (part->priority >= LT_KHAN ? 2 : 1);
    if (part->deliver_at > broker->now && broker->due.count >= (size_t)limits->deferred)
        return passage_refuse(passage, LT_BUSY,
                              "deliver_at: %zu messages wait for their time here: publish it later",
                              broker->due.count);
    if (part->relation >= LT_REPLACES && broker->taken.count >= takers)
        return passage_refuse(passage, LT_BUSY,
                              "relation: %zu cancellations and replacements are remembered here: "
                              "publish it later",
                              broker->taken.count);
    if (is_crowded(broker, book, part))
        return passage_refuse(passage, LT_BUSY,
                              "this hub has as many grants as it may (hub.limits.grants)");
    return true;
}

static void walk(struct broker *broker, struct corridor_group *group, struct passage *passage)
{
    lt_book *book = group->has_grants ? group->book : broker->book;
    if (passage_is_refused(passage))
        return;
    related_in_group(group, passage);
    bool walked = authenticate(passage, book, broker->seals) && recall(passage, broker->memory) &&
                  validate(passage, broker->types, &broker->limits, broker->now) &&
                  has_room(broker, book, passage) && authorise(passage, book, broker->now) &&
                  store_has_room(passage, &broker->disk) &&
                  store_message(passage, broker->commune, &broker->taken, group, broker->now) &&
                  route(passage, broker->subscriptions, book, group, broker->now);
    if (walked)
        memory_pend(broker->memory, &passage->sealed.part);
    group->has_twins |= passage->is_twin;
}

static void leave(struct broker *broker, struct corridor_group *group)
{
    struct corridor *corridor = &broker->corridor;
    struct writing *writing = &group->base;
    corridor->walking = NULL;
    counts_time(&broker->counts.group_check, zclock_usecs() - group->began);
    writing->destroy = group_destroy;
    // With a twin of what is still in the store it goes the same way, to come back behind it.
    if (!group->put_count && !(group->has_twins && corridor->in_store)) {
        commit_refused(broker, &writing);
        return;
    }
    commit_notes(broker, &group->records, false);
    writing->run = commit_run;
    writing->back = commit_back;
    writing->generation = group->records.leans ? broker->generation : 0;
    corridor->in_store++;
    corridor->grants_in_store = group->has_grants;
    broker->counts.groups++;
    writer_ask(broker->writer, &writing);
}

static void walk_all(struct broker *broker, struct corridor_group *group)
{
    group->puts = must_calloc(group->count, sizeof *group->puts);
    if (group->has_grants) {
        group->book = lt_book_copy(broker->book);
        for (size_t i = 0; !group->book && i < group->count; i++)
            passage_refuse(group->passages[i], LT_STORAGE_FAILED, "no memory for the grants");
    }
    for (size_t i = 0; i < group->count; i++)
        walk(broker, group, group->passages[i]);
    leave(broker, group);
}

void corridor_checked(struct broker *broker)
{
    struct corridor_group *group = broker->corridor.walking;
    group->stage = STAGE_RECALL;
    group->is_asked = false;
    corridor_turn(broker);
}

// One stage on; false: it waits for somebody.
static bool step(struct broker *broker, struct corridor_group *group)
{
    if (group->is_asked)
        return false;
    switch (group->stage) {
    case STAGE_CHECK:
        group->is_asked =
            group->checks_left > CHECKERS_FROM && checkers_ask(broker->checkers, group);
        group->stage = STAGE_RECALL;
        break;
    case STAGE_RECALL:
        group->is_asked = ask_recall(broker, group);
        group->stage = STAGE_RELATED;
        break;
    case STAGE_RELATED:
        group->is_asked = group->has_relations && related_ask(broker, group);
        group->stage = STAGE_WALK;
        break;
    case STAGE_WALK:
        walk_all(broker, group);
        break;
    }
    return true;
}

void corridor_turn(struct broker *broker)
{
    struct corridor *corridor = &broker->corridor;
    for (;;) {
        if (corridor->walking) {
            if (!step(broker, corridor->walking))
                return;
        } else if (may_begin(corridor)) {
            begin(broker);
        } else {
            return;
        }
    }
}
