// Messages from what people type: urgency, label, times, and the notice itself.
#ifndef CLI_COMPOSE_H
#define CLI_COMPOSE_H

#include <jansson.h>

#include <lienthon/message.h>
#include <lienthon/type.h>

#include "recording.h"
#include "session.h"

struct draft {
    struct lt_part part;        // looks into topic and body
    const struct lt_type *type; // of the body; NULL: not one that is known here
    char topic[LT_TOPIC_MAX + 1];
    struct lt_buffer body;
};

void compose_clear(struct draft *draft);

// "khan" or "1"; the names of wire.md.
enum lt_code compose_urgency(const char *text, uint8_t *priority, struct lt_error *error);
enum lt_code compose_label(const char *text, uint8_t *label, struct lt_error *error);
const char *compose_urgency_name(uint8_t priority);

// Sets created, deliver_at (--at) and expires (--expires, else life_ms after it is due, 0: never), as the type and the
// priority let it.
enum lt_code compose_times(struct cli *cli, uint64_t life_ms, struct draft *draft);

// The latest that a message of this type and priority, made at part->created, may expire; 0: no bound.
uint64_t compose_latest_end(const struct lt_type *type, const struct lt_part *part);

struct notice {
    const char *text, *title;          // title NULL: none
    const char *to, *via;              // lists; via NULL: every channel
    json_t *schedule;                  // of a series (series.h); NULL: it is none
    const struct recording *recording; // played in place of the words; NULL: none
};
// Body and topic of a notice from this identity, with --repeat, --voice and --no-chime.
enum lt_code compose_notice(struct session *session, const struct notice *notice,
                            struct draft *draft);

// The body of a notice with another text (and title, unless it is NULL); all else stays, but for the old recording and the old
// words for the loudspeaker: these would go on saying what is replaced. recording NULL: none.
enum lt_code compose_rewrite(struct lt_slice old, const char *text, const char *title,
                             const struct recording *recording, struct draft *draft,
                             struct lt_error *error);

// What became of a draft.
struct sent {
    uint8_t id[LT_ID_SIZE];
    bool confirmed;    // the hub has it; false: it is kept here, and leaves later
    bool needs_second; // nobody acts on it before a second person has said yes
};

// Checks the body against its type, publishes, and prints the id. What is kept for later has an id too.
enum lt_code compose_send(struct session *session, struct draft *draft);
// Its two halves. LT_DONE and LT_TIMED_OUT (kept for later) have set *sent.
enum lt_code compose_publish(struct session *session, struct draft *draft, struct sent *sent);
// `more` (taken; NULL: none) is put into the object for programs.
void compose_print(const struct cli *cli, const struct sent *sent, json_t *more);

#endif
