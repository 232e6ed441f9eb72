// time.v1: the hour, and the head of the log.
#include "hour.h"

#include <lienthon/seal.h>

#include "corridor/rooms.h"
#include "log.h"

enum { MINUTE_MS = 60000, SECOND_MS = 1000 };

static void told(struct broker *broker, struct answer *answer)
{
    const struct verdict *verdict = &answer->verdicts[0];
    (void)broker;
    if (verdict->code >= LT_MALFORMED)
        log_warning("time not told", LOG_TEXT("code", lt_code_name(verdict->code)),
                    LOG_TEXT("reason", verdict->text));
}

static bool seal_hour(struct broker *broker, struct lt_buffer *sealed)
{
    struct lt_buffer body = {.max = 256};
    uint8_t root[32];
    struct lt_part part = {
        .from = lt_slice_of(broker->principal),
        .topic = lt_slice_of("$lt/time"),
        .type = lt_slice_of("time.v1"),
        .created = broker->now,
        .flags = LT_RETAIN,
    };
    lt_tree_root(&broker->tree, root);
    lt_pack_map(&body, 3);
    lt_pack_text(&body, "now");
    lt_pack_uint(&body, broker->now);
    lt_pack_text(&body, "size");
    lt_pack_uint(&body, broker->tree.size);
    lt_pack_text(&body, "root");
    lt_pack_bin(&body, root, sizeof root);
    lt_id_make(broker->now, part.id);
    part.body = lt_buffer_slice(&body);
    enum lt_code code = lt_seal_part(broker->signer, &part, sealed, NULL);
    lt_buffer_clear(&body);
    return code == LT_DONE;
}

void hour_tell(struct broker *broker)
{
    struct lt_buffer sealed = {.max = 4096};
    uint64_t since = broker->now >= broker->told ? broker->now - broker->told : MINUTE_MS;
    zmq_msg_t frame;
    if (since < MINUTE_MS && !(broker->tell_time && since >= SECOND_MS))
        return;
    if (corridor_is_full(&broker->corridor))
        return;
    broker->told = broker->now;
    broker->tell_time = false;
    if (seal_hour(broker, &sealed) && zmq_msg_init_size(&frame, sealed.size) == 0) {
        memcpy(zmq_msg_data(&frame), sealed.data, sealed.size);
        struct passage *passage = passage_new(&frame);
        passage->answer = answer_new(1);
        passage->answer->ready = told;
        passage->is_own = true;
        decode(passage, &broker->limits);
        corridor_enter(broker, &passage);
    }
    lt_buffer_clear(&sealed);
}
