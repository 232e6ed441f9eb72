// Reading what a subscription is to get from the store: what it has missed, and last values.
#include <stdlib.h>

#include "corridor/deliver.h"
#include "fill.h"
#include "log.h"
#include "state/ending.h"
#include "state/must.h"

enum { READ_AGAIN_MS = 1000 };

// All that any of its eras asks for; which one asks is looked at row by row.
struct reading_wish_room {
    struct lt_slice *patterns, types[64];
    struct reading_wish wish;
};

static void make_wish(const struct subscription *sub, struct reading_wish_room *room)
{
    size_t most = 0, count = 0;
    for (size_t i = 0; i < sub->era_count; i++)
        most += sub->eras[i].pattern_count;
    room->patterns = must_calloc(most, sizeof *room->patterns);
    for (size_t i = 0; i < sub->era_count; i++) {
        for (size_t j = 0; j < sub->eras[i].pattern_count; j++)
            room->patterns[count++] = lt_slice_of(sub->eras[i].patterns[j]);
    }
    room->wish = (struct reading_wish){.patterns = room->patterns, .pattern_count = count};
    if (sub->era_count > 1)
        return;
    const struct era *era = &sub->eras[0];
    for (size_t i = 0; i < era->type_count; i++)
        room->types[i] = lt_slice_of(era->types[i]);
    room->wish.types = room->types;
    room->wish.type_count = era->type_count;
    room->wish.min_priority = era->min_priority;
}

static void offer_row(struct broker *broker, struct subscription *sub,
                      const struct reading_row *row)
{
    struct offer offer = {
        .seq = row->seq,
        .order = row->seq,
        .expires = row->readable ? row->sealed.part.expires : 0,
        .size = (uint32_t)row->sealed.bytes.size,
        .priority = row->priority,
        .receipt = row->readable && (row->sealed.part.flags & LT_RECEIPT),
        .force = true,
    };
    deliver_keep(broker, row);
    subscription_offer(sub, &offer);
}

// Is the row for this subscription, now.
static bool is_for(struct broker *broker, struct subscription *sub, const struct reading_row *row)
{
    const struct lt_part *part = &row->sealed.part;
    const struct lt_grant *grant = lt_book_find(broker->book, lt_slice_of(sub->principal), NULL);
    if (!grant || !lt_grant_may_receive(grant, row->topic, row->label))
        return false;
    struct lt_slice type = row->readable ? part->type : (struct lt_slice){NULL, 0};
    if (!subscription_wants(sub, row->seq, row->topic, type, row->priority))
        return false;
    if (!row->readable)
        return true; // deliver says that it is damaged
    if (taken_is(&broker->taken, part, NULL))
        return false;
    if (clock_has_passed(broker, part->expires)) {
        if (part->flags & LT_RECEIPT)
            ending_record(broker, sub, row->seq, ROSTER_EXPIRED, "expired");
        return false;
    }
    return true;
}

static bool is_deferred(const struct broker *broker, const struct subscription *sub,
                        const struct reading_row *row)
{
    // The clock may have gone back since it was due.
    return row->readable && row->sealed.part.deliver_at > broker->now &&
           due_has(&broker->due, row->seq) && !subscription_is_early(sub, row->seq);
}

// Every class that it is behind in is full: there is no use in reading on.
static bool is_full(const struct subscription *sub)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (sub->behind[class] && !sub->stopped[class])
            return false;
    }
    return true;
}

// Takes one row in; false: it takes no more. A class that was full once takes nothing more of this
// reading, so that it has no gaps.
static bool take_row(struct broker *broker, struct subscription *sub, const struct reading_row *row)
{
    uint8_t class = row->priority;
    if (!sub->behind[class] || row->seq <= sub->read[class] || !is_for(broker, sub, row))
        return true;
    if (is_deferred(broker, sub, row)) {
        sub->deferred += sub->counting;
        return true;
    }
    if (sub->stopped[class] || sub->queue.unsettled[class] >= SUBSCRIPTION_WINDOW) {
        sub->stopped[class] = true;
        sub->beyond += sub->counting;
        return sub->counting || !is_full(sub);
    }
    if (!sub->counting && sub->beyond)
        sub->beyond--;
    offer_row(broker, sub, row);
    sub->read[class] = row->seq;
    return true;
}

static void filled_all(struct broker *broker, struct subscription *sub, uint64_t end)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (!sub->behind[class] || sub->stopped[class])
            continue;
        if (sub->read[class] < end)
            sub->read[class] = end;
        if (end >= broker->subscriptions->end)
            sub->behind[class] = false;
    }
    if (!subscription_is_behind(sub))
        sub->beyond = 0;
}

static void filled(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, (*reading)->asker);
    bool goes_on = sub != NULL;
    if ((*reading)->code != LT_DONE)
        log_error("store could not be read", LOG_TEXT("for", "catch-up"),
                  LOG_TEXT("reason", (*reading)->error.text));
    for (size_t i = 0; goes_on && i < page->row_count; i++) {
        if (sub->counting && sub->begin_is_open) {
            sub->begin = sub->position = page->rows[i].seq - 1;
            sub->begin_is_open = false;
        }
        goes_on = take_row(broker, sub, &page->rows[i]);
    }
    if (goes_on && (*reading)->more) {
        reader_ask(broker->reader, reading);
        return;
    }
    uint64_t end = (*reading)->tag;
    enum lt_code code = (*reading)->code;
    bool is_whole = goes_on && (*reading)->code == LT_DONE;
    reading_destroy(reading);
    if (!sub)
        return;
    sub->filling = false;
    if (is_whole && sub->begin_is_open) {
        sub->begin = sub->position = end;
        sub->begin_is_open = false;
    }
    if (is_whole)
        filled_all(broker, sub, end);
    if (sub->counting) {
        fill_done(broker, sub, code);
        return;
    }
    subscriptions_touch(broker->subscriptions, sub);
    struct session *session = sessions_find(&broker->sessions, sub->session);
    if (code != LT_DONE)
        sub->wake = broker->tick + READ_AGAIN_MS;
    else if (session)
        sessions_make_ready(&broker->sessions, session);
}

static void fill_from(struct broker *broker, struct subscription *sub, uint64_t after,
                      uint64_t since)
{
    struct reading_wish_room room;
    make_wish(sub, &room);
    room.wish.after = after;
    room.wish.since = since;
    room.wish.before = broker->subscriptions->end + 1;
    struct reading_messages *page = must_have(reading_scan_new(&room.wish));
    free(room.patterns);
    struct reading *reading = &page->base;
    reading->asker = sub->number;
    reading->tag = broker->subscriptions->end;
    reading->back = filled;
    // A class that is further behind than where this begins is not for this reading.
    for (int class = 0; class < QUEUE_CLASSES; class ++)
        sub->stopped[class] = sub->behind[class] && sub->read[class] < after;
    sub->filling = true;
    reader_ask(broker->reader, &reading);
}

void subscribe_fill(struct broker *broker, struct subscription *sub)
{
    uint64_t after = UINT64_MAX;
    if (sub->filling || sub->counting)
        return;
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (sub->behind[class] && sub->read[class] < after &&
            sub->queue.unsettled[class] <= SUBSCRIPTION_WINDOW / 2)
            after = sub->read[class];
    }
    if (after != UINT64_MAX)
        fill_from(broker, sub, after, 0);
}

void fill_count(struct broker *broker, struct subscription *sub, uint64_t since)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        sub->behind[class] = true;
        sub->read[class] = 0;
    }
    sub->counting = true;
    fill_from(broker, sub, 0, since);
}

static void last_read(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, (*reading)->asker);
    for (size_t i = 0; sub && i < page->row_count; i++) {
        const struct reading_row *row = &page->rows[i];
        const struct lt_part *part = &row->sealed.part;
        if (row->readable &&
            (clock_has_passed(broker, part->expires) || taken_is(&broker->taken, part, NULL)))
            continue;
        offer_row(broker, sub, row);
    }
    if (sub && (*reading)->more) {
        reader_ask(broker->reader, reading);
        return;
    }
    enum lt_code code = (*reading)->code;
    if (code != LT_DONE)
        log_error("store could not be read", LOG_TEXT("for", "catch-up"),
                  LOG_TEXT("reason", (*reading)->error.text));
    reading_destroy(reading);
    if (sub)
        fill_done(broker, sub, code);
}

void fill_last(struct broker *broker, struct subscription *sub)
{
    struct reading_wish_room room;
    make_wish(sub, &room);
    struct reading_messages *page = must_have(reading_last_new(&room.wish));
    free(room.patterns);
    struct reading *reading = &page->base;
    reading->asker = sub->number;
    reading->back = last_read;
    sub->counting = true;
    reader_ask(broker->reader, &reading);
}
