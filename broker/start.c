// The start: the book of grants, the memory of what was stored lately, and what waits for whom.
#include "start.h"

#include <lienthon/bundle.h>
#include <stdlib.h>

#include "corridor/rooms.h"
#include "desks/late.h"
#include "log.h"
#include "state/ending.h"
#include "state/must.h"

enum { REMEMBER = 100000, SCAN_ROWS = 1024, BUNDLE_MOST = 64 * 1024 * 1024 };

// --- grants ---

struct used {
    struct broker *broker;
    uint8_t last[LT_PRINCIPAL_MAX];
    size_t last_size, count;
};

static bool load_used(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct used *used = self;
    struct lt_cursor cursor = lt_cursor_of(value);
    struct lt_slice hash;
    uint32_t count = 0;
    (void)version;
    used->count++;
    if (key.size > sizeof used->last)
        return true;
    memcpy(used->last, key.data, key.size);
    used->last_size = key.size;
    if (!lt_cursor_array(&cursor, &count) || !lt_cursor_bin(&cursor, &hash) ||
        hash.size != LT_HASH_SIZE)
        return true;
    lt_book_mark_used(used->broker->book, key, hash.data);
    free(table_put(&used->broker->invitations, key, must_copy(hash.data, hash.size)));
    return true;
}

static bool load_grant(void *self, const struct store_row *row)
{
    struct broker *broker = self;
    struct lt_error error = {0};
    if (row->damaged)
        lt_fail(&error, LT_STORAGE_FAILED, "damaged on the disk");
    if (row->damaged || lt_book_learn(broker->book, row->sealed, &error) != LT_DONE)
        log_warning("stored grant passed over", LOG_NUMBER("seq", row->seq),
                    LOG_TEXT("reason", error.text));
    return true;
}

static enum lt_code load_grants(struct broker *broker, struct store_reader *reader,
                                struct lt_error *error)
{
    struct lt_slice pattern = lt_slice_of("$lt/grants/#");
    struct store_scan scan = {.patterns = &pattern, .pattern_count = 1, .limit = SCAN_ROWS};
    struct used used = {.broker = broker};
    uint8_t key[LT_PRINCIPAL_MAX];
    struct lt_slice after = {NULL, 0};
    do {
        used.count = 0;
        enum lt_code code = store_records(reader, INVITATION_BUCKET, (struct lt_slice){NULL, 0},
                                          after, SCAN_ROWS, load_used, &used, error);
        if (code != LT_DONE)
            return code;
        memcpy(key, used.last, used.last_size);
        after = (struct lt_slice){key, used.last_size};
    } while (used.count == SCAN_ROWS);
    do {
        uint64_t next = 0;
        enum lt_code code = store_scan(reader, &scan, load_grant, broker, &next, error);
        if (code != LT_DONE)
            return code;
        scan.after = next;
    } while (scan.after);
    return LT_DONE;
}

// --- memory ---

struct remember {
    struct broker *broker;
    uint64_t oldest;
};

static bool remember_row(void *self, const struct store_row *row)
{
    struct remember *remember = self;
    struct lt_sealed sealed;
    uint8_t hash[LT_HASH_SIZE];
    remember->oldest = row->stored;
    // What it was is not known: the store is asked about ids of that time.
    if (row->damaged || lt_sealed_decode(row->sealed, &sealed, NULL) != LT_DONE) {
        memory_begins(remember->broker->memory, lt_id_time(row->id) + 1, false);
        return true;
    }
    lt_hash(sealed.part.bytes, hash);
    memory_add(remember->broker->memory, &sealed.part, hash, row->seq);
    return true;
}

static enum lt_code load_memory(struct broker *broker, struct store_reader *reader, uint64_t end,
                                struct lt_error *error)
{
    struct store_scan scan = {.limit = SCAN_ROWS};
    struct remember remember = {.broker = broker};
    scan.after = end > REMEMBER ? end - REMEMBER : 0;
    bool is_all = scan.after == 0;
    uint64_t first = 0;
    do {
        uint64_t next = 0;
        enum lt_code code = store_scan(reader, &scan, remember_row, &remember, &next, error);
        if (code != LT_DONE)
            return code;
        if (!first)
            first = remember.oldest;
        scan.after = next;
    } while (scan.after);
    // What is not in memory was stored before the first that is, so its id is not much younger.
    if (!is_all)
        memory_begins(broker->memory, first + (broker->limits.ahead + 60) * 1000, false);
    return LT_DONE;
}

// --- what waits ---

struct backlog {
    struct broker *broker;
    uint64_t seq;
    const struct lt_sealed *sealed;
    uint64_t rows;
};

static void wait_for(void *self, struct subscription *sub)
{
    const struct backlog *backlog = self;
    struct broker *broker = backlog->broker;
    const struct lt_part *part = &backlog->sealed->part;
    bool has_receipt = part->flags & LT_RECEIPT;
    const struct lt_grant *grant = lt_book_find(broker->book, lt_slice_of(sub->principal), NULL);
    struct offer offer = {
        .seq = backlog->seq,
        .order = backlog->seq,
        .expires = part->expires,
        .size = (uint32_t)backlog->sealed->bytes.size,
        .priority = part->priority,
        .receipt = has_receipt,
    };
    bool is_deferred = part->deliver_at && !subscription_is_early(sub, backlog->seq) &&
                       due_has(&broker->due, backlog->seq);
    // Whose grant has lapsed may be given one again: deliver asks anyway.
    if (grant && !lt_grant_may_receive(grant, part->topic, part->label))
        return;
    if (is_deferred)
        sub->deferred++;
    if (is_deferred || backlog->seq <= sub->position || queue_find(&sub->queue, backlog->seq))
        return;
    if (late_has(broker, sub, part->priority, backlog->seq)) {
        if (!sub->behind[part->priority])
            return;
        late_drop(broker, sub, part->priority, backlog->seq); // else it would come twice
    }
    if (taken_is(&broker->taken, part, NULL)) {
        ending_pass(broker, sub, backlog->seq, has_receipt, ROSTER_CANCELLED,
                    "cancelled or replaced");
    } else if (clock_has_passed(broker, part->expires)) {
        ending_pass(broker, sub, backlog->seq, has_receipt, ROSTER_EXPIRED, "expired");
    } else {
        subscription_offer(sub, &offer);
    }
}

static bool wait_row(void *self, const struct store_row *row)
{
    struct backlog *backlog = self;
    struct lt_sealed sealed;
    backlog->rows++;
    if (row->damaged || lt_sealed_decode(row->sealed, &sealed, NULL) != LT_DONE) {
        // Deliver settles it, so that its sender hears of it.
        if (broker_may_log(backlog->broker))
            log_error("stored message damaged", LOG_NUMBER("seq", row->seq),
                      LOG_SLICE("from", row->from), LOG_SLICE("topic", row->topic));
        sealed = (struct lt_sealed){.bytes = row->sealed};
        sealed.part = (struct lt_part){
            .from = row->from, .topic = row->topic, .priority = row->priority, .label = row->label};
    }
    backlog->seq = row->seq;
    backlog->sealed = &sealed;
    subscriptions_match(backlog->broker->subscriptions, &sealed.part, row->seq, wait_for, backlog);
    return true;
}

// One walk over what any durable subscription, or a due row, may wait for.
static enum lt_code load_backlog(struct broker *broker, struct store_reader *reader,
                                 struct lt_error *error)
{
    struct store_scan scan = {.after = UINT64_MAX, .limit = SCAN_ROWS};
    struct backlog backlog = {.broker = broker};
    for (struct table_walk walk = {0}; table_next(&broker->subscriptions->by_number, &walk);) {
        const struct subscription *sub = walk.node->value;
        scan.after = sub->position < scan.after ? sub->position : scan.after;
    }
    for (size_t i = 0; scan.after != UINT64_MAX && i < broker->due.count; i++) {
        uint64_t seq = broker->due.rows[i].seq;
        scan.after = seq - 1 < scan.after ? seq - 1 : scan.after;
    }
    while (scan.after != UINT64_MAX) {
        uint64_t next = 0;
        enum lt_code code = store_scan(reader, &scan, wait_row, &backlog, &next, error);
        if (code != LT_DONE)
            return code;
        if (!next)
            break;
        scan.after = next;
    }
    log_info("store read", LOG_NUMBER("messages", backlog.rows),
             LOG_NUMBER("subscriptions", broker->subscriptions->by_number.count),
             LOG_NUMBER("deferred", broker->due.count));
    return LT_DONE;
}

enum lt_code start_load(struct broker *broker, struct store_reader *reader, uint64_t end,
                        struct lt_error *error)
{
    enum lt_code code = load_grants(broker, reader, error);
    broker->subscriptions->end = end;
    if (code == LT_DONE)
        code = load_memory(broker, reader, end, error);
    if (code == LT_DONE)
        code = due_load(&broker->due, reader, error);
    if (code == LT_DONE)
        code = taken_load(&broker->taken, reader, error);
    if (code == LT_DONE)
        code = subscriptions_load(broker->subscriptions, reader, broker->now, broker->tick, error);
    if (code == LT_DONE)
        code = presence_load(&broker->presence, broker->book, reader, error);
    if (code == LT_DONE)
        code = late_load(broker, reader, error);
    if (code == LT_DONE)
        code = load_backlog(broker, reader, error);
    late_loaded(broker);
    broker->book_asked = lt_book_version(broker->book);
    return code;
}

// --- the bundle of first grants ---

static void imported(struct broker *broker, struct answer *answer)
{
    (void)broker;
    for (size_t i = 0; i < answer->count; i++) {
        const struct verdict *verdict = &answer->verdicts[i];
        if (verdict->code >= LT_MALFORMED)
            log_info("grant of the bundle not taken", LOG_NUMBER("number", i + 1),
                     LOG_TEXT("code", lt_code_name(verdict->code)),
                     LOG_TEXT("reason", verdict->text));
    }
}

static enum lt_code enter(struct broker *broker, struct lt_bundle *bundle, const char *path,
                          struct lt_error *error)
{
    struct lt_slice sealed;
    struct lt_error why = {0};
    enum lt_code code = LT_DONE;
    while ((code = lt_bundle_next(bundle, &sealed, &why)) == LT_DONE) {
        zmq_msg_t frame;
        if (zmq_msg_init_size(&frame, sealed.size) != 0)
            return lt_fail(error, LT_NO_MEMORY, "no memory for %s", path);
        memcpy(zmq_msg_data(&frame), sealed.data, sealed.size);
        struct passage *passage = passage_new(&frame);
        passage->answer = answer_new(1);
        passage->answer->ready = imported;
        passage->is_own = true;
        decode(passage, &broker->limits);
        corridor_enter(broker, &passage);
    }
    return code == LT_NOT_FOUND ? LT_DONE : lt_fail(error, LT_BAD_FILE, "%s: %s", path, why.text);
}

enum lt_code start_import(struct broker *broker, const char *path, struct lt_error *error)
{
    struct lt_buffer bytes = {.max = BUNDLE_MOST};
    struct lt_bundle bundle;
    struct lt_error why = {0};
    enum lt_code code = lt_file_read(path, &bytes, error);
    if (code == LT_DONE && lt_bundle_open(lt_buffer_slice(&bytes), &bundle, &why) != LT_DONE)
        code = lt_fail(error, LT_BAD_FILE, "%s: %s", path, why.text);
    if (code == LT_DONE)
        code = enter(broker, &bundle, path, error);
    lt_buffer_clear(&bytes);
    return code;
}
