#include "speakers.h"

#include <stdio.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

enum { ARGS_MAX = 1024 };

enum lt_code speakers_ask(struct session *session, struct lt_buffer *values)
{
    struct lt_buffer args = {.max = ARGS_MAX};
    char pattern[LT_TOPIC_MAX + 1];
    *values = (struct lt_buffer){.max = SESSION_ANSWER_MAX};
    snprintf(pattern, sizeof pattern, "%s/+/loa/+", session->identity.xa);
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, pattern);
    const enum lt_code code = session_ask(session, "last", lt_buffer_slice(&args), values);
    lt_buffer_clear(&args);
    return code;
}

struct speakers speakers_of(const struct lt_buffer *values, const lt_book *book)
{
    return (struct speakers){.walk = walk_of(values), .book = book};
}

static void read_says(struct lt_slice map, struct speaker_says *says)
{
    struct lt_slice state;
    says->zone = says->hours = (struct lt_slice){0};
    (void)lt_map_str(map, "name", &says->zone);
    (void)lt_map_find(map, "hours", &says->hours);
    says->stopped = lt_map_str(map, "state", &state) && lt_slice_is(state, "stopped");
}

static bool next_state(struct speakers *speakers)
{
    const struct lt_part *part = &speakers->sealed.part;
    while (walk_sealed(&speakers->walk, &speakers->sealed)) {
        if (lt_slice_is(part->type, "speaker-state.v1") &&
            lt_book_authorise(speakers->book, &speakers->sealed, part->created, false, NULL,
                              NULL) == LT_DONE) {
            return true;
        }
    }
    return false;
}

bool speakers_next(struct speakers *speakers, struct speaker_says *says)
{
    const struct lt_part *part = &speakers->sealed.part;
    struct lt_slice map;
    *says = (struct speaker_says){.from = part->from};
    if (speakers->left > 0 && lt_cursor_skip(&speakers->zones, &map)) {
        speakers->left--;
        read_says(map, says);
        return true;
    }
    speakers->left = 0;
    if (!next_state(speakers)) {
        return false;
    }
    says->from = part->from;
    if (lt_map_find(part->body, "zones", &map)) {
        speakers->zones = lt_cursor_of(map);
        if (lt_cursor_array(&speakers->zones, &speakers->left) && speakers->left > 0) {
            return speakers_next(speakers, says);
        }
    }
    read_says(part->body, says);
    return true;
}
