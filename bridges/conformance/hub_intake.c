#include "hub_intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

static const char *const outcomes[SAID_COUNT] = {"received", "handed-over", "done",
                                                 "skipped",  "failed",      "unknown"};

void hub_keep_detail(struct letter *letter, struct lt_slice text)
{
    struct lt_error cut = {0}; // its text is cut at a character
    lt_fail(&cut, LT_DONE, "%.*s", (int)text.size, (const char *)text.data);
    (void)lt_shorten(cut.text, letter->detail, sizeof letter->detail);
}

static void take_receipt(struct hub *hub, const struct lt_part *part)
{
    struct letter *letter = hub_find(hub, part->re);
    struct lt_slice outcome, detail, target;
    while (letter && letter->target &&
           !(lt_map_str(part->body, "target", &target) && lt_slice_is(target, letter->target)))
        letter = letter->twin;
    if (!letter || !lt_map_str(part->body, "outcome", &outcome))
        return;
    hub->events++;
    for (int i = 0; i < SAID_COUNT; i++)
        letter->said[i] += lt_slice_is(outcome, outcomes[i]);
    if (lt_map_str(part->body, "detail", &detail))
        hub_keep_detail(letter, detail);
    // The host's own words for what a life that was cut off may have done.
    letter->told_again =
        letter->told_again || lt_slice_is(outcome, "unknown") || strstr(letter->detail, "làm lại");
}

static void take_health(struct hub *hub, const struct lt_part *part)
{
    struct lt_slice state;
    hub->healths++;
    if (lt_map_str(part->body, "state", &state))
        snprintf(hub->state, sizeof hub->state, "%.*s", (int)state.size, (const char *)state.data);
}

static bool is_same(const struct heard *heard, const struct lt_part *part)
{
    return memcmp(heard->id, part->id, LT_ID_SIZE) == 0 ||
           (part->origin.size > 0 && lt_slice_is(part->origin, heard->origin) &&
            lt_slice_is(part->topic, heard->topic));
}

// As a hub does it: kept once under its id, and once under its origin.
static enum lt_code hear(struct hub *hub, const struct lt_part *part)
{
    struct heard *at = hub->heard;
    if (hub->refuses != LT_DONE)
        return hub->refuses;
    while (at && !is_same(at, part))
        at = at->next;
    if (at) {
        at->came++;
        return LT_DONE_BEFORE;
    }
    struct heard *made = calloc(1, sizeof *made);
    if (!made)
        return LT_NO_MEMORY;
    made->body.max = LT_MESSAGE_LIMIT;
    if (!lt_buffer_add(&made->body, part->body.data, part->body.size)) {
        free(made);
        return LT_NO_MEMORY;
    }
    memcpy(made->id, part->id, LT_ID_SIZE);
    snprintf(made->topic, sizeof made->topic, "%.*s", (int)part->topic.size,
             (const char *)part->topic.data);
    snprintf(made->origin, sizeof made->origin, "%.*s", (int)part->origin.size,
             part->origin.size ? (const char *)part->origin.data : "");
    made->came = 1;
    made->next = hub->heard;
    hub->heard = made;
    hub->published++;
    return LT_DONE;
}

unsigned hub_heard(const struct hub *hub, const char *word)
{
    unsigned count = 0;
    for (const struct heard *at = hub->heard; at; at = at->next)
        count += memmem(at->body.data, at->body.size, word, strlen(word)) != NULL;
    return count;
}

static enum lt_code take_one(struct hub *hub, struct lt_slice bytes)
{
    struct lt_sealed sealed;
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE) {
        hub->malformed++;
        return LT_MALFORMED;
    }
    if (lt_seal_verify(&sealed, hub->town->bridge_key, NULL, NULL) != LT_DONE) {
        hub->wrong_seals++;
        return LT_BAD_SEAL;
    }
    if (lt_slice_is(sealed.part.type, "receipt.v1"))
        take_receipt(hub, &sealed.part);
    else if (lt_slice_is(sealed.part.type, "health.v1"))
        take_health(hub, &sealed.part);
    else
        return hear(hub, &sealed.part);
    return LT_DONE;
}

void hub_take_publications(struct hub *hub, zmsg_t *payload, struct lt_buffer *list)
{
    lt_pack_array(list, zmsg_size(payload));
    for (zframe_t *frame = zmsg_first(payload); frame; frame = zmsg_next(payload)) {
        enum lt_code code =
            take_one(hub, (struct lt_slice){zframe_data(frame), zframe_size(frame)});
        lt_pack_array(list, 2);
        lt_pack_uint(list, code);
        if (code <= LT_DONE_BEFORE)
            lt_pack_uint(list, ++hub->last_seq);
        else
            lt_pack_text(list, "the hub of the suite takes nothing now");
    }
}
