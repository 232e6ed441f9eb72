// What is subscribed to, and the acknowledgements that wait to leave.
#include "subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

enum {
    ACKS_MAX = 512, // with the longest detail they fit in a frame
    TYPES_MAX = 64,
    OVERLAP_MS = 120000, // asked for again behind a break: clocks and commits differ a little
};

static enum lt_code check(const struct lt_subscription *wanted, struct lt_error *error)
{
    if (wanted->pattern_count == 0 || wanted->pattern_count > LT_PATTERNS_MAX)
        return lt_fail(error, LT_BAD_USE, "patterns: between 1 and %d, not %zu", LT_PATTERNS_MAX,
                       wanted->pattern_count);
    for (size_t i = 0; i < wanted->pattern_count; i++) {
        if (!lt_pattern_valid(lt_slice_of(wanted->patterns[i])))
            return lt_fail(error, LT_BAD_USE,
                           "patterns[%zu]: '%.80s' is no pattern: levels of a-z 0-9 _ - with / "
                           "between, + for one level, # at the end for all below",
                           i, wanted->patterns[i]);
    }
    if (wanted->type_count > TYPES_MAX)
        return lt_fail(error, LT_BAD_USE, "types: at most %d", TYPES_MAX);
    for (size_t i = 0; i < wanted->type_count; i++) {
        if (!lt_type_valid(lt_slice_of(wanted->types[i])))
            return lt_fail(error, LT_BAD_USE, "types[%zu]: '%.80s' is no type, as notice.v1 is", i,
                           wanted->types[i]);
    }
    if (wanted->durable && !lt_durable_valid(lt_slice_of(wanted->durable)))
        return lt_fail(error, LT_BAD_USE, "durable: '%.80s' is not 1 to %d of a-z 0-9 . _ -",
                       wanted->durable, LT_DURABLE_MAX);
    if (wanted->min_priority > LT_HOA_TOC)
        return lt_fail(error, LT_BAD_USE, "min_priority: %u is above 3",
                       (unsigned)wanted->min_priority);
    return LT_DONE;
}

static bool pack_texts(struct lt_buffer *out, const char *const *texts, size_t count)
{
    lt_pack_array(out, count);
    for (size_t i = 0; i < count; i++)
        lt_pack_text(out, texts[i]);
    return !out->failed;
}

enum lt_code subscription_new(const struct lt_subscription *wanted, uint64_t sid, uint64_t token,
                              struct subscription **subscription, struct lt_error *error)
{
    *subscription = NULL;
    enum lt_code code = check(wanted, error);
    if (code != LT_DONE)
        return code;
    struct subscription *made = calloc(1, sizeof *made);
    if (!made)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a subscription");
    made->sid = sid;
    made->token = token;
    made->patterns.max = made->types.max = made->acks.max = LT_FRAME_MAX;
    made->from = wanted->from;
    made->from_time = wanted->from_time;
    made->credit = wanted->credit;
    made->min_priority = wanted->min_priority;
    made->early = wanted->early;
    if (wanted->durable)
        memcpy(made->durable, wanted->durable, strlen(wanted->durable) + 1);
    if (!pack_texts(&made->patterns, wanted->patterns, wanted->pattern_count) ||
        (wanted->type_count > 0 && !pack_texts(&made->types, wanted->types, wanted->type_count))) {
        subscription_destroy(&made);
        return lt_fail(error, LT_NO_MEMORY, "no memory for a subscription");
    }
    *subscription = made;
    return LT_DONE;
}

void subscription_destroy(struct subscription **subscription)
{
    struct subscription *gone = *subscription;
    if (!gone)
        return;
    lt_buffer_clear(&gone->patterns);
    lt_buffer_clear(&gone->types);
    lt_buffer_clear(&gone->acks);
    free(gone);
    *subscription = NULL;
}

struct subscription *subscription_find(struct subscription *first, uint64_t sid)
{
    while (first && first->sid != sid)
        first = first->next;
    return first;
}

static void pack_from(const struct subscription *subscription, struct lt_buffer *out)
{
    lt_pack_text(out, "from");
    bool replays = subscription->from == LT_FROM_ALL || subscription->from == LT_FROM_TIME;
    if (replays && subscription->caught_up_at > OVERLAP_MS)
        lt_pack_uint(out, subscription->caught_up_at - OVERLAP_MS);
    else if (subscription->from == LT_FROM_TIME)
        lt_pack_uint(out, subscription->from_time);
    else if (subscription->from == LT_FROM_ALL)
        lt_pack_text(out, "all");
    else
        lt_pack_text(out, subscription->from == LT_FROM_RETAINED ? "retained" : "new");
}

bool subscription_options(const struct subscription *subscription, struct lt_buffer *out)
{
    bool durable = subscription->durable[0] != '\0', typed = subscription->types.size > 0;
    bool credited = subscription->credit > 0, ranked = subscription->min_priority > 0;
    lt_pack_map(out, 1 + (size_t)durable + (size_t)credited + (size_t)typed + (size_t)ranked +
                         (size_t)subscription->early);
    pack_from(subscription, out);
    if (durable) {
        lt_pack_text(out, "durable");
        lt_pack_text(out, subscription->durable);
    }
    if (credited) {
        lt_pack_text(out, "credit");
        lt_pack_uint(out, subscription->credit);
    }
    if (typed) {
        lt_pack_text(out, "types");
        lt_pack_raw(out, lt_buffer_slice(&subscription->types));
    }
    if (ranked) {
        lt_pack_text(out, "min_priority");
        lt_pack_uint(out, subscription->min_priority);
    }
    if (subscription->early) {
        lt_pack_text(out, "early");
        lt_pack_bool(out, true);
    }
    return !out->failed;
}

bool subscription_ack(struct subscription *subscription, uint64_t seq, enum lt_outcome outcome,
                      const char *detail)
{
    bool detailed = detail && detail[0] != '\0';
    struct lt_buffer *acks = &subscription->acks;
    size_t before = acks->size;
    lt_pack_array(acks, detailed ? 3 : 2);
    lt_pack_uint(acks, seq);
    lt_pack_uint(acks, (uint64_t)outcome);
    if (detailed)
        lt_pack_text(acks, detail);
    if (acks->failed) {
        acks->size = before;
        acks->failed = false;
        return false;
    }
    subscription->ack_count++;
    return true;
}

bool subscription_acks_full(const struct subscription *subscription)
{
    return subscription->ack_count >= ACKS_MAX || subscription->acks.size > LT_FRAME_MAX / 2;
}

bool subscription_take_acks(struct subscription *subscription, struct lt_buffer *list)
{
    lt_pack_array(list, subscription->ack_count);
    lt_pack_raw(list, lt_buffer_slice(&subscription->acks));
    lt_buffer_empty(&subscription->acks);
    subscription->ack_count = 0;
    return !list->failed;
}
