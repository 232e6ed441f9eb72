// why: in one sentence, what has become of a message at one target, or what it waits for.
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "queries.h"
#include "state/zap.h"

enum { WHEN_SIZE = 32 };

static const char *when(uint64_t ms, char out[WHEN_SIZE])
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M:%SZ", &parts) == 0) {
        out[0] = '\0';
    }
    return out;
}

// Who is asked about, and what is known of it.
struct about {
    const char *who, *target;
    bool on_roster; // else it has a subscription of that name now, or none (sub 0)
    uint64_t sub;
    struct lt_buffer *out;
};

// Its row of the roster: that of the target, or else the first one that it has.
static bool find_row(const struct query *query, struct about *about)
{
    struct roster roster;
    struct roster_row row;
    if (query->roster.size == 0 || !roster_open(lt_buffer_slice(&query->roster), &roster)) {
        return false;
    }
    while (roster_next(&roster, &row)) {
        const bool is_target = lt_slice_is(row.durable, about->target);
        if (lt_slice_is(row.principal, about->who) && (is_target || !about->on_roster)) {
            about->on_roster = true;
            about->sub = row.sub;
        }
        if (is_target && about->sub == row.sub) {
            return true;
        }
    }
    return about->on_roster;
}

// A receipt's outcome, as a clause; itself where it is none that is known here.
static const char *clause_of(const char *outcome)
{
    static const struct {
        const char *outcome, *clause;
    } known[] = {
        {"received", "it is there"},
        {"handed-over", "the outside service has taken it"},
        {"done", "it is done"},
        {"confirmed", "a person has confirmed it"},
        {"skipped", "it was left out on purpose"},
        {"failed", "it has failed"},
        {"unknown", "it may or may not have happened"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].outcome, outcome) == 0) {
            return known[i].clause;
        }
    }
    return outcome;
}

static void say_receipt(const struct query *query, const struct about *about)
{
    char at[WHEN_SIZE];
    const char *detail = query->receipt.detail;
    (void)lt_buffer_print(about->out, "%s reports for %s: %s, at %s%s%s.", about->who,
                          about->target, clause_of(query->receipt.outcome),
                          when(query->receipt.at, at), detail[0] == '\0' ? "" : ": ", detail);
}

static void say_dead(const struct query_dead *dead, const struct about *about)
{
    char at[WHEN_SIZE];
    const char *what = "was given up";
    switch (dead->state) {
    case ROSTER_EXPIRED:
        what = "expired before it was acknowledged";
        break;
    case ROSTER_CANCELLED:
        what = "was cancelled or replaced before it was acknowledged";
        break;
    case ROSTER_REVOKED:
        what = "is no longer authorised";
        break;
    default:
        break;
    }
    (void)lt_buffer_print(about->out, "For %s at %s it %s, at %s%s%s.", about->who, about->target,
                          what, when(dead->at, at), dead->detail[0] == '\0' ? "" : ": ",
                          dead->detail);
}

static void say_waiting(const struct broker *broker, const struct query *query,
                        const struct about *about)
{
    char at[WHEN_SIZE];
    const struct lt_part *part = &query->message.part;
    const struct subscription *sub = subscriptions_find(broker->subscriptions, about->sub);
    if (part->deliver_at > broker->now) {
        (void)lt_buffer_print(about->out, "It is to be delivered at %s and waits until then.",
                              when(part->deliver_at, at));
    } else if (sub == NULL || sub->session == 0) {
        (void)lt_buffer_print(about->out,
                              "%s is not connected with its subscription %s; it gets the message "
                              "when it comes back.",
                              about->who, about->target);
    } else {
        (void)lt_buffer_print(about->out,
                              "%s is connected; %" PRIu64 " messages wait for %s, which takes them "
                              "as fast as it acknowledges others.",
                              about->who, subscription_waiting(sub), about->target);
    }
}

static void say_state(const struct broker *broker, const struct query *query,
                      const struct about *about)
{
    const struct query_dead *dead = query_find_dead(query, about->sub);
    if (dead != NULL) {
        say_dead(dead, about);
        return;
    }
    switch (query_state_of(broker, query, about->sub, lt_slice_of(about->who))) {
    case ROSTER_WAITING:
        say_waiting(broker, query, about);
        break;
    case ROSTER_DELIVERED:
        (void)lt_buffer_print(about->out,
                              "%s has been handed the message for %s and has not acknowledged it.",
                              about->who, about->target);
        break;
    case ROSTER_DONE:
        (void)lt_buffer_print(about->out, "%s has acknowledged it for %s and sent no receipt.",
                              about->who, about->target);
        break;
    case ROSTER_EXPIRED:
        (void)lt_buffer_print(about->out, "It expired before %s acknowledged it.", about->who);
        break;
    case ROSTER_CANCELLED:
        (void)lt_buffer_print(about->out, "It was cancelled or replaced before %s had it.",
                              about->who);
        break;
    case ROSTER_GAVE_UP:
        (void)lt_buffer_print(about->out, "For %s at %s it was given up: %s.", about->who,
                              about->target, broker_detail_of(broker, about->sub, query->seq));
        break;
    default:
        (void)lt_buffer_print(about->out,
                              "%s does not get it any more: its grant is gone or does not let it "
                              "receive this topic.",
                              about->who);
        break;
    }
}

// It was on no roster: is there a reason in its grant, or has it asked for nothing.
static void say_absent(const struct broker *broker, const struct query *query,
                       const struct about *about)
{
    const struct lt_part *part = &query->message.part;
    const struct lt_slice who = lt_slice_of(about->who);
    bool revoked = false;
    const struct lt_grant *grant = lt_book_find(broker->book, who, &revoked);
    if (grant == NULL || !zap_admits(grant, broker->now)) {
        (void)lt_buffer_print(about->out, "%s has no grant in force%s: it cannot connect.",
                              about->who, revoked ? ", its last one was revoked" : "");
    } else if (!lt_grant_may_receive(grant, part->topic, part->label)) {
        (void)lt_buffer_print(
            about->out, "The grant of %s does not let it receive %.*s with label %d.", about->who,
            (int)part->topic.size, (const char *)part->topic.data, part->label);
    } else if ((part->flags & LT_RECEIPT) == 0 && about->sub == 0) {
        (void)lt_buffer_print(about->out, "%s has no durable subscription %s.", about->who,
                              about->target);
    } else {
        (void)lt_buffer_print(about->out,
                              "%s had no durable subscription %s for this topic and type when the "
                              "message was stored.",
                              about->who, about->target);
    }
}

void query_answer_why(struct broker *broker, struct session *session, struct query *query)
{
    struct lt_buffer text = {.max = 1024};
    struct lt_buffer value = {.max = 2048};
    struct about about = {.who = query->args.principal, .target = query->args.target, .out = &text};
    if (!find_row(query, &about)) {
        const struct subscription *sub = subscriptions_find_durable(
            broker->subscriptions, lt_slice_of(about.who), lt_slice_of(about.target));
        about.sub = sub == NULL ? 0 : sub->number;
    }
    const struct lt_part *part = &query->message.part;
    const struct subscription *sub = subscriptions_find(broker->subscriptions, about.sub);
    // Without a wish for receipts there is no roster, but the subscription may be there all the same.
    const bool is_for =
        about.on_roster ||
        ((part->flags & LT_RECEIPT) == 0 && sub != NULL && query->seq > sub->begin &&
         subscription_wants(sub, query->seq, part->topic, part->type, part->priority));
    if (query->receipt.created > 0) {
        say_receipt(query, &about);
    } else if (is_for) {
        say_state(broker, query, &about);
    } else {
        say_absent(broker, query, &about);
    }
    lt_pack_map(&value, 1);
    lt_pack_text(&value, "text");
    lt_pack_str(&value, lt_buffer_slice(&text));
    query_send(broker, session, &query->ref, lt_buffer_slice(&value), false);
    lt_buffer_clear(&text);
    lt_buffer_clear(&value);
}
