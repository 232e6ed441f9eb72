// What the files of the query desk share: a question with its arguments, as it goes to the read
// thread and comes back with a page of the answer.
#ifndef LT_QUERIES_H
#define LT_QUERIES_H

#include <lienthon/grant.h>

#include "desks.h"

enum { QUERY_LIMIT = 100, QUERY_LIMIT_MOST = 1000, QUERY_TEXT_MAX = 255 };

// Every argument of every query; a C string is empty and a number 0 where it was not given.
struct query_args {
    uint8_t id[LT_ID_SIZE];
    char from[LT_PRINCIPAL_MAX + 1], principal[LT_PRINCIPAL_MAX + 1];
    char target[QUERY_TEXT_MAX + 1], text[QUERY_TEXT_MAX + 1];
    char pattern[LT_TOPIC_MAX + 1];
    char types[LT_PATTERNS_MAX][LT_TYPE_MAX + 1];
    size_t type_count;
    char durable[LT_DURABLE_MAX + 1];
    uint64_t since, until, before, limit, after, seq;
};

// How a message ended for a subscription of its roster, otherwise than done.
struct query_dead {
    uint64_t sub, at;
    enum roster_state state;
    char detail[LT_TEXT_MAX + 1];
};

// A message of the roster that was a dead letter and is on its way again.
struct query_again {
    uint64_t sub, at;
    size_t times;
    char by[LT_PRINCIPAL_MAX + 1];
};

struct query {
    struct reading base; // first: what the read thread knows
    const struct query_kind *kind;
    struct lt_ref ref;
    struct query_args args;
    uint64_t now;
    // Who asks, and what it may receive.
    char asker[LT_PRINCIPAL_MAX + 1];
    struct lt_buffer grant_bytes;
    struct lt_grant *grant;
    // A page of an answer that is a list: its items, one after the other.
    struct lt_buffer items;
    size_t item_count;
    uint64_t place; // where the walk goes on: a seq
    size_t left;    // how many more are wanted
    // The message that status and why are about.
    uint64_t seq, stored;
    struct lt_buffer sealed; // its bytes; of a damaged one what `message` looks into
    bool damaged;
    struct lt_sealed message;
    char topic[LT_TOPIC_MAX + 1]; // where its receipts are
    struct lt_buffer roster;      // the record's value; empty: it has none
    uint64_t *late;               // subscriptions for which it is late, see LATE_BUCKET
    size_t late_count, late_room;
    struct query_dead *dead; // in the order of sub
    size_t dead_count, dead_room;
    struct query_again *again; // likewise
    size_t again_count, again_room;
    bool sees_others;            // else of dead letters its own only
    struct query_letter *letter; // of a slice of dead letters
    size_t letter_count;
    uint64_t place_sub; // with `place`: the key of the last letter looked at
    size_t step, page;
    struct { // the latest receipt of who is asked about, for why
        uint64_t created, at;
        char outcome[16], target[64], detail[LT_TEXT_MAX + 1];
    } receipt;
    struct store_health health;
    uint64_t descriptors, descriptors_most; // of the hub's process
};

// One name of QUERY.
struct query_kind {
    const char *name;
    const char *const *arguments; // that it knows, ended by NULL; one that begins with ! is needed
    bool own_is_free;             // without the right query it answers of one's own alone
    bool (*slice)(struct reading *reading, struct store_reader *store); // NULL: the core knows
    // On the core: sends the page (or all of it). The query is the desk's.
    void (*answer)(struct broker *broker, struct session *session, struct query *query);
};

// Reads and checks the arguments of a kind: LT_DONE or LT_MALFORMED.
enum lt_code query_read_args(struct lt_slice map, const char *const *known, struct query_args *args,
                             struct lt_error *error);

// May the asker see a message that was stored as this row.
bool query_may_see(const struct query *query, const struct store_row *row);

// Sends one RESULT.
void query_send(struct broker *broker, struct session *session, const struct lt_ref *ref,
                struct lt_slice value, bool more);
// Sends the page's items as an array.
void query_send_items(struct broker *broker, struct session *session, struct query *query,
                      bool more);
void query_empty_items(struct query *query);

// Does a str of the body contain the text; the case of letters does not count.
bool query_text_matches(struct lt_slice body, const char *text);

// On the read thread (query_walk.c, query_look.c).
bool query_walk_history(struct reading *reading, struct store_reader *store);
bool query_walk_last(struct reading *reading, struct store_reader *store);
bool query_walk_dead(struct reading *reading, struct store_reader *store);
bool query_look(struct reading *reading, struct store_reader *store);     // for status
bool query_look_why(struct reading *reading, struct store_reader *store); // for why
bool query_look_health(struct reading *reading, struct store_reader *store);

// On the core (query_status.c, query_why.c, query_lists.c).
void query_answer_status(struct broker *broker, struct session *session, struct query *query);
void query_answer_why(struct broker *broker, struct session *session, struct query *query);
void query_answer_principals(struct broker *broker, struct session *session, struct query *query);
void query_answer_subscriptions(struct broker *broker, struct session *session,
                                struct query *query);
void query_answer_stats(struct broker *broker, struct session *session, struct query *query);
enum roster_state query_state_of(const struct broker *broker, const struct query *query,
                                 uint64_t sub, struct lt_slice principal);
const struct query_again *query_find_again(const struct query *query, uint64_t sub); // NULL: none
const struct query_dead *query_find_dead(const struct query *query, uint64_t sub);   // NULL: none

#endif
