// Reading what a subscription is to get from the store: what it has missed, and last values.
#include <stdlib.h>

#include "corridor/commit.h"
#include "corridor/deliver.h"
#include "fill.h"
#include "late.h"
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

static struct offer offer_of(const struct reading_row *row)
{
    return (struct offer){
        .seq = row->seq,
        .order = row->seq,
        .expires = row->readable ? row->sealed.part.expires : 0,
        .size = (uint32_t)row->sealed.bytes.size,
        .priority = row->priority,
        .receipt = row->readable && (row->sealed.part.flags & LT_RECEIPT),
        .force = true,
    };
}

static void offer_row(struct broker *broker, struct subscription *sub,
                      const struct reading_row *row)
{
    struct offer offer = offer_of(row);
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
        bool has_receipt = part->flags & LT_RECEIPT;
        if (has_receipt || !sub->counting) // a new one has not waited for it
            ending_pass(broker, sub, row->seq, has_receipt, ROSTER_EXPIRED, "expired");
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
    if (sub->stopped[class] || subscription_is_full(sub, class)) {
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

// --- whose turn it is: so many are read for at a time, a page each ---

struct fill {
    uint64_t sub;
    enum { FILL_MORE, FILL_COUNT, FILL_LAST } kind;
    uint64_t after, since, end; // where it goes on; of FILL_COUNT also what it began with
};

static void read_for(struct broker *broker, struct subscription *sub, const struct fill *fill);

static void begin_next(struct broker *broker)
{
    struct fills *fills = &broker->fills;
    size_t most = (size_t)broker->commune->hub.limits.pages;
    while (fills->count && broker->pages < most) {
        struct fill fill = fills->all[fills->first];
        fills->first = (fills->first + 1) % fills->room;
        fills->count--;
        struct subscription *sub = subscriptions_find(broker->subscriptions, fill.sub);
        if (!sub)
            continue;
        sub->filling = false;
        if (fill.kind == FILL_MORE)
            subscribe_fill(broker, sub);
        else
            read_for(broker, sub, &fill);
    }
}

// At the end of those that wait; there is one a subscription.
static void wait_for_turn(struct broker *broker, struct subscription *sub, const struct fill *fill)
{
    struct fills *fills = &broker->fills;
    if (fills->count == fills->room) {
        size_t room = fills->room ? 2 * fills->room : 64;
        struct fill *all = must_calloc(room, sizeof *all);
        for (size_t i = 0; i < fills->count; i++)
            all[i] = fills->all[(fills->first + i) % fills->room];
        free(fills->all);
        *fills = (struct fills){.all = all, .room = room, .count = fills->count};
    }
    fills->all[(fills->first + fills->count++) % fills->room] = *fill;
    sub->filling = true;
}

void fill_clear(struct fills *fills)
{
    free(fills->all);
    *fills = (struct fills){0};
}

static void fill(struct broker *broker, struct subscription *sub, const struct fill *fill)
{
    wait_for_turn(broker, sub, fill);
    begin_next(broker);
}

// A page was taken in and there is more: on with it, unless others wait.
static void go_on(struct broker *broker, struct subscription *sub, struct reading **reading,
                  const struct fill *rest)
{
    if (!broker->fills.count) {
        reader_ask(broker->reader, reading);
        return;
    }
    reading_destroy(reading);
    broker->pages--;
    fill(broker, sub, rest);
}

// The reading has ended.
static void end(struct broker *broker, struct reading **reading)
{
    reading_destroy(reading);
    broker->pages--;
    begin_next(broker);
}

// --- what was missed ---

static void filled(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, (*reading)->asker);
    bool goes_on = sub != NULL;
    if ((*reading)->code != LT_DONE)
        disk_unread(broker, "catch-up", sub ? sub->principal : "", &(*reading)->error);
    for (size_t i = 0; goes_on && i < page->row_count; i++) {
        if (sub->counting && sub->begin_is_open) {
            sub->begin = sub->position = page->rows[i].seq - 1;
            sub->begin_is_open = false;
        }
        goes_on = take_row(broker, sub, &page->rows[i]);
    }
    uint64_t last = (*reading)->tag;
    enum lt_code code = (*reading)->code;
    if (goes_on && (*reading)->more) {
        filled_all(broker, sub, page->next);
        const struct fill rest = {sub->number, sub->counting ? FILL_COUNT : FILL_MORE, page->next,
                                  sub->since, last};
        go_on(broker, sub, reading, &rest);
        return;
    }
    bool is_whole = goes_on && (*reading)->code == LT_DONE;
    if (sub)
        sub->filling = false;
    end(broker, reading);
    if (!sub)
        return;
    if (is_whole && sub->begin_is_open) {
        sub->begin = sub->position = last;
        sub->begin_is_open = false;
    }
    if (is_whole)
        filled_all(broker, sub, last);
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

static void last_read(void *core, struct reading **reading);

static void read_for(struct broker *broker, struct subscription *sub, const struct fill *fill)
{
    struct reading_wish_room room;
    bool is_last = fill->kind == FILL_LAST;
    make_wish(sub, &room);
    room.wish.after = fill->after;
    room.wish.since = fill->since;
    room.wish.before = is_last ? 0 : fill->end + 1;
    struct reading_messages *page =
        must_have(is_last ? reading_last_new(&room.wish) : reading_scan_new(&room.wish));
    free(room.patterns);
    struct reading *reading = &page->base;
    reading->asker = sub->number;
    reading->tag = fill->end;
    reading->back = is_last ? last_read : filled;
    sub->filling = true;
    broker->pages++;
    reader_ask(broker->reader, &reading);
}

static void go_on_with_last(struct broker *broker, struct subscription *sub);

void subscribe_fill(struct broker *broker, struct subscription *sub)
{
    uint64_t after = UINT64_MAX;
    if (sub->filling || sub->counting)
        return;
    if (commit_is_behind(broker)) {
        sub->wake = broker->tick + READ_AGAIN_MS;
        return;
    }
    late_read(broker, sub);
    if (sub->lasting) {
        go_on_with_last(broker, sub);
        return;
    }
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (sub->behind[class] && sub->read[class] < after &&
            subscription_has_room(sub, (uint8_t) class))
            after = sub->read[class];
    }
    if (after == UINT64_MAX)
        return;
    const struct fill wish = {sub->number, FILL_MORE, after, 0, broker->subscriptions->end};
    if (broker->pages >= (size_t)broker->commune->hub.limits.pages) {
        wait_for_turn(broker, sub, &wish);
        return;
    }
    // A class that is further behind than where this begins is not for this reading.
    for (int class = 0; class < QUEUE_CLASSES; class ++)
        sub->stopped[class] = sub->behind[class] && sub->read[class] < after;
    read_for(broker, sub, &wish);
}

void fill_count(struct broker *broker, struct subscription *sub, uint64_t since)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        sub->behind[class] = true;
        sub->read[class] = 0;
        sub->stopped[class] = false;
    }
    sub->counting = true;
    sub->since = since;
    fill(broker, sub,
         &(struct fill){sub->number, FILL_COUNT, 0, since, broker->subscriptions->end});
}

// --- last values ---

static bool is_last_for(const struct broker *broker, const struct subscription *sub,
                        const struct reading_row *row)
{
    const struct lt_part *part = &row->sealed.part;
    bool is_over = row->readable && (clock_has_passed(broker, part->expires) ||
                                     taken_is(&broker->taken, part, NULL));
    // What is retained since comes as what is new.
    return !is_over && row->seq <= sub->begin;
}

// Takes a page's rows in, until the queue is full: from there on they are counted, and read again when
// there is room.
static void take_last(struct broker *broker, struct subscription *sub,
                      const struct reading_messages *page)
{
    for (size_t i = 0; i < page->row_count; i++) {
        const struct reading_row *row = &page->rows[i];
        if (!is_last_for(broker, sub, row))
            continue;
        if (sub->durable[0] && subscription_is_full(sub, row->priority)) {
            // It has to be had after a restart too.
            struct offer offer = offer_of(row);
            late_keep(broker, sub, &offer);
            continue;
        }
        sub->lasting |= subscription_is_full(sub, row->priority);
        if (sub->lasting && !sub->counting)
            return;
        if (sub->lasting) {
            sub->beyond++;
            continue;
        }
        offer_row(broker, sub, row);
        sub->last_read = row->seq;
        if (!sub->counting && sub->beyond)
            sub->beyond--;
    }
}

static void last_read(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct reading_messages *page = (struct reading_messages *)*reading;
    struct subscription *sub = subscriptions_find(broker->subscriptions, (*reading)->asker);
    enum lt_code code = (*reading)->code;
    if (code != LT_DONE)
        disk_unread(broker, "catch-up", sub ? sub->principal : "", &(*reading)->error);
    if (sub)
        take_last(broker, sub, page);
    if (sub && (*reading)->more && (sub->counting || !sub->lasting)) {
        const struct fill rest = {sub->number, FILL_LAST, page->next, 0, 0};
        go_on(broker, sub, reading, &rest);
        return;
    }
    if (sub)
        sub->filling = false;
    end(broker, reading);
    if (!sub)
        return;
    if (sub->counting) {
        fill_done(broker, sub, code);
        return;
    }
    if (code != LT_DONE) {
        sub->lasting = true;
        sub->wake = broker->tick + READ_AGAIN_MS;
    } else if (!sub->lasting && !subscription_is_behind(sub)) {
        sub->beyond = 0; // some have been replaced meanwhile
    }
    struct session *session = sessions_find(&broker->sessions, sub->session);
    if (session && code == LT_DONE)
        sessions_make_ready(&broker->sessions, session);
}

static void go_on_with_last(struct broker *broker, struct subscription *sub)
{
    for (int class = 0; class < QUEUE_CLASSES; class ++) {
        if (!subscription_has_room(sub, (uint8_t) class))
            return;
    }
    sub->lasting = false;
    fill(broker, sub, &(struct fill){sub->number, FILL_LAST, sub->last_read, 0, 0});
}

void fill_last(struct broker *broker, struct subscription *sub)
{
    sub->counting = true;
    fill(broker, sub, &(struct fill){sub->number, FILL_LAST, 0, 0, 0});
}
