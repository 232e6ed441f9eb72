// A message that the hub has stored: `status` tells its topic and when it was stored, `history` has it there.
#include "original.h"

#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "walk.h"

enum { ARGS_MAX = 1024, SLOT_LIMIT = 1000 };

enum lt_code original_args(const char *id, const char *from, struct lt_buffer *args,
                           struct lt_error *error)
{
    uint8_t bytes[LT_ID_SIZE];
    if (!lt_id_parse(id, bytes)) {
        return lt_fail(error, LT_BAD_USE,
                       "'%s' is no id; one looks like 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f", id);
    }
    *args = (struct lt_buffer){.max = ARGS_MAX};
    lt_pack_map(args, from != NULL ? 2 : 1);
    lt_pack_text(args, "id");
    lt_pack_bin(args, bytes, sizeof bytes);
    if (from != NULL) {
        lt_pack_text(args, "from");
        lt_pack_text(args, from);
    }
    return LT_DONE;
}

static void slot_args(struct lt_slice topic, uint64_t stored, struct lt_buffer *args)
{
    *args = (struct lt_buffer){.max = ARGS_MAX};
    lt_pack_map(args, 4);
    lt_pack_text(args, "pattern");
    lt_pack_str(args, topic);
    lt_pack_text(args, "since");
    lt_pack_uint(args, stored);
    lt_pack_text(args, "until");
    lt_pack_uint(args, stored + 1);
    lt_pack_text(args, "limit");
    lt_pack_uint(args, SLOT_LIMIT);
}

enum lt_code original_find(struct session *session, const char *id, const char *from,
                           struct lt_buffer *values, struct lt_sealed *sealed)
{
    struct lt_error *error = &session->cli->error;
    struct lt_buffer args = {.max = ARGS_MAX};
    struct lt_buffer status = {.max = SESSION_ANSWER_MAX};
    struct lt_slice topic = {0};
    struct lt_slice sender = {0};
    uint64_t stored = 0;
    uint8_t wanted[LT_ID_SIZE];
    enum lt_code code = original_args(id, from, &args, error);
    if (code == LT_DONE) {
        lt_id_parse(id, wanted);
        code = session_ask(session, "status", lt_buffer_slice(&args), &status);
    }
    lt_buffer_clear(&args);
    if (code == LT_DONE && (!lt_map_str(lt_buffer_slice(&status), "topic", &topic) ||
                            !lt_map_str(lt_buffer_slice(&status), "from", &sender) ||
                            !lt_map_uint(lt_buffer_slice(&status), "stored", &stored))) {
        code =
            lt_fail(error, LT_MALFORMED, "the hub's answer to status lacks from, topic or stored");
    }
    if (code == LT_DONE) {
        slot_args(topic, stored, &args);
        *values = (struct lt_buffer){.max = SESSION_ANSWER_MAX};
        code = session_ask(session, "history", lt_buffer_slice(&args), values);
        lt_buffer_clear(&args);
    }
    bool found = false;
    struct walk walk = walk_of(values);
    while (code == LT_DONE && !found && walk_sealed(&walk, sealed)) {
        found = memcmp(sealed->part.id, wanted, LT_ID_SIZE) == 0 &&
                lt_slice_equal(sealed->part.from, sender);
    }
    if (code == LT_DONE && !found) {
        code =
            lt_fail(error, LT_NOT_FOUND, "the hub knows the message %s, but has not kept it", id);
    }
    lt_buffer_clear(&status);
    return code;
}
