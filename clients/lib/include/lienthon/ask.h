// The hub's questions by name (wire.md "Queries"; they need the right `query`), and their answers as structs. An answer comes
// as one or several LT_EVENT_RESULTs with the call's token, all but the last with `more`; code and text say why there is none.
// The functions that read look into event->value and allocate nothing: what they give lives as long as the event. Keys and
// states that this library does not know are passed over. Threads and errors as in client.h.
#ifndef LIENTHON_ASK_H
#define LIENTHON_ASK_H

#include <lienthon/client.h>

#ifdef __cplusplus
extern "C" {
#endif

// Rows of an answer. Each function below gives the next; false: there is none, or (then `wrong`) the hub's bytes are not such
// a row, and nothing behind it is read.
struct lt_rows {
    const uint8_t *at, *end;
    uint32_t left;
    bool wrong;
};
// The rows of a value that is a list: the answers to history, last, principals and subscriptions. LT_MALFORMED.
enum lt_code lt_rows_read(struct lt_slice value, struct lt_rows *rows, struct lt_error *error);
// A sealed message: of history and last, and the receipts of a status. It is as the hub gave it: lt_client_look says whether
// it is genuine (LT_BAD_SEAL, LT_UNKNOWN_PRINCIPAL, LT_NOT_VALID, LT_NOT_ALLOWED: it is not, or its sender lost the right).
bool lt_rows_message(struct lt_rows *rows, struct lt_sealed *message);

// What became of a message. from: NULL where the id alone names it; else who sent it.
enum lt_code lt_client_ask_status(lt_client *client, const uint8_t id[LT_ID_SIZE], const char *from,
                                  uint64_t *token, struct lt_error *error);
struct lt_status {
    uint8_t id[LT_ID_SIZE];
    struct lt_slice from, topic;
    uint64_t stored; // ms
    struct lt_rows
        roster; // lt_rows_receiver: the durable subscriptions that matched when it was stored
    struct lt_rows receipts; // lt_rows_message: body lt_receipt_decode (types.h)
};
// A status that goes on in the next RESULT is the same again with the rows that are left.
enum lt_code lt_status_read(struct lt_slice value, struct lt_status *status,
                            struct lt_error *error);
enum lt_delivery_state {
    LT_DELIVERY_OTHER, // one that this library does not know
    LT_DELIVERY_WAITING,
    LT_DELIVERY_DELIVERED,
    LT_DELIVERY_DONE,
    LT_DELIVERY_GAVE_UP,
    LT_DELIVERY_EXPIRED,
    LT_DELIVERY_CANCELLED,
    LT_DELIVERY_REVOKED,
};
const char *lt_delivery_state_name(enum lt_delivery_state state); // as on the wire: "gave-up"; "?"
struct lt_receiver {
    struct lt_slice principal, durable;
    enum lt_delivery_state state;
    struct lt_slice detail; // empty: none
    uint64_t again;         // how often it was a dead letter and was delivered again
};
bool lt_rows_receiver(struct lt_rows *rows, struct lt_receiver *receiver);

// Why it stands so with that receiver, in a sentence.
enum lt_code lt_client_ask_why(lt_client *client, const uint8_t id[LT_ID_SIZE], const char *from,
                               const char *principal, const char *target, uint64_t *token,
                               struct lt_error *error);
enum lt_code lt_why_read(struct lt_slice value, struct lt_slice *text, struct lt_error *error);

// Messages of the past, the latest first. Zero or NULL: no such bound. It grows as lt_client_config does.
struct lt_history {
    const char *pattern;   // needed
    uint64_t since, until; // ms of storing: from `since` on, before `until`
    uint64_t before;       // a seq: only earlier ones
    uint64_t limit;        // 0: 100; 1,000 at most
    const char *text;      // what their bodies contain
    const char *const *types;
    size_t type_count;
};
enum lt_code lt_client_ask_history_sized(lt_client *client, const struct lt_history *history,
                                         size_t history_size, uint64_t *token,
                                         struct lt_error *error);
static inline enum lt_code lt_client_ask_history(lt_client *client,
                                                 const struct lt_history *history, uint64_t *token,
                                                 struct lt_error *error)
{
    return lt_client_ask_history_sized(client, history, sizeof *history, token, error);
}
// The retained values.
enum lt_code lt_client_ask_last(lt_client *client, const char *pattern, uint64_t *token,
                                struct lt_error *error);

// Who has a grant in force.
enum lt_code lt_client_ask_principals(lt_client *client, uint64_t *token, struct lt_error *error);
struct lt_participant {
    struct lt_slice principal, name, role;
    uint64_t expires; // ms
    bool connected;
    uint64_t seen; // ms: when it was connected last; 0: never, or not known
};
bool lt_rows_participant(struct lt_rows *rows, struct lt_participant *participant);

// The durable subscriptions, and how much waits in each.
enum lt_code lt_client_ask_subscriptions(lt_client *client, uint64_t *token,
                                         struct lt_error *error);
struct lt_durable {
    struct lt_slice principal, durable;
    uint64_t waiting;
    bool connected; // it is on a connection
    uint64_t seen;  // as of a participant
};
bool lt_rows_durable(struct lt_rows *rows, struct lt_durable *durable);

// Dead letters: what durable subscriptions were to get and will not. Zero or NULL: no such bound; all three of principal,
// durable and seq: one letter, with its message. lt_client_again has them delivered once more. It grows as lt_client_config does.
struct lt_dead {
    const char *principal, *durable;
    uint64_t seq;
    uint64_t after; // a seq: only later ones
    uint64_t limit; // 0: 100; 1,000 at most
};
enum lt_code lt_client_ask_dead_sized(lt_client *client, const struct lt_dead *wanted,
                                      size_t wanted_size, uint64_t *token, struct lt_error *error);
static inline enum lt_code lt_client_ask_dead(lt_client *client, const struct lt_dead *wanted,
                                              uint64_t *token, struct lt_error *error)
{
    return lt_client_ask_dead_sized(client, wanted, sizeof *wanted, token, error);
}
struct lt_dead_letter {
    struct lt_slice principal, durable, detail;
    enum lt_delivery_state state; // LT_DELIVERY_GAVE_UP, LT_DELIVERY_REVOKED
    uint64_t seq, at, attempts;   // at: ms, when it was given up; attempts 0: not known
    bool damaged;                 // its bytes have changed on the hub's disk
    bool is_kept;                 // the hub still has the message; else what follows is empty
    uint8_t id[LT_ID_SIZE];
    struct lt_slice from, topic, type;
    uint64_t priority, stored, expires;
    struct lt_slice
        sealed; // the message; empty unless one letter was asked for, and where it is damaged
};
bool lt_rows_dead_letter(struct lt_rows *rows, struct lt_dead_letter *letter);
// One entry of the answer to lt_client_again (lt_rows_read), in the order of its seqs: LT_DONE, LT_DONE_BEFORE or why not.
bool lt_rows_outcome(struct lt_rows *rows, enum lt_code *code, struct lt_slice *text);

// The hub's numbers: `stored`, `sessions`, `disk_free` and so on, by name.
enum lt_code lt_client_ask_stats(lt_client *client, uint64_t *token, struct lt_error *error);
enum lt_code lt_stats_read(struct lt_slice value, struct lt_rows *rows, struct lt_error *error);
bool lt_rows_number(struct lt_rows *rows, struct lt_slice *name, uint64_t *number);

#ifdef __cplusplus
}
#endif
#endif
