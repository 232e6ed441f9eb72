#include "hub_intake.h"

#include <stdio.h>
#include <string.h>

#include <lienthon/cursor.h>

static const char *const outcomes[SAID_COUNT] = {"received", "handed-over", "done",
                                                 "skipped",  "failed",      "unknown"};

void hub_keep_detail(struct letter *letter, struct lt_slice text)
{
    struct lt_error cut = {0}; // its text is cut at a character
    lt_fail(&cut, LT_DONE, "%.*s", (int)text.size, (const char *)text.data);
    snprintf(letter->detail, sizeof letter->detail, "%s", cut.text);
}

static void take_receipt(struct hub *hub, const struct lt_part *part)
{
    struct letter *letter = hub_find(hub, part->re);
    struct lt_slice outcome, detail;
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

static void take_one(struct hub *hub, struct lt_slice bytes)
{
    struct lt_sealed sealed;
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE)
        hub->malformed++;
    else if (lt_seal_verify(&sealed, hub->town->bridge_key, NULL, NULL) != LT_DONE)
        hub->wrong_seals++;
    else if (lt_slice_is(sealed.part.type, "receipt.v1"))
        take_receipt(hub, &sealed.part);
    else if (lt_slice_is(sealed.part.type, "health.v1"))
        take_health(hub, &sealed.part);
    else
        hub->published++;
}

void hub_take_publications(struct hub *hub, zmsg_t *payload, struct lt_buffer *list)
{
    lt_pack_array(list, zmsg_size(payload));
    for (zframe_t *frame = zmsg_first(payload); frame; frame = zmsg_next(payload)) {
        take_one(hub, (struct lt_slice){zframe_data(frame), zframe_size(frame)});
        lt_pack_array(list, 2);
        lt_pack_uint(list, LT_DONE);
        lt_pack_uint(list, ++hub->last_seq);
    }
}
