// The life of one program: started, opened, listened to, stopped when it does not keep to its word, started again, and what
// it has in hand meanwhile. The host's one thread.
#ifndef LT_BRIDGES_PROGRAM_RUN_H
#define LT_BRIDGES_PROGRAM_RUN_H

#include <jansson.h>

#include <lienthon/bridge.h>
#include <lienthon/pace.h>
#include <lienthon/watch.h>

#include "program_about.h"
#include "program_child.h"

enum {
    RUN_OPEN_MS = 30000,
    RUN_TICK_MS = 250,
    RUN_FIRST_WAIT_MS = 500,
    RUN_LONGEST_WAIT_MS = 60000, // also how long it must live for its falls to be forgotten
    RUN_STRIKES = 16,            // so many wrong lines in one life
    RUN_LINES = 5000,            // in a second
    RUN_IN_HAND = 32,            // so many deliveries of it at once; the others wait here
    RUN_TOKENS = 1024,           // publications that are not answered yet
    RUN_CLOSE_MS = 1500,
    RUN_TERM_MS = 500,
};

struct program {
    struct lt_bridge bridge; // the first, so that one is the other
    struct program_about about;
    char *path, *name;
};

// Where the bridge's state begins; the options' fields are behind it.
struct program_state {
    const struct program *program;
    struct run *run; // NULL: not open
};

struct gift { // a delivery that is the program's to settle, in the order of their coming
    struct gift *next;
    lt_delivery *delivery;
    const struct lt_part *message; // the delivery's
    uint64_t number;               // its name between us
    bool told, begun;
    bool suspect;       // the program fell while it had it, among others: it is tried alone
    bool intended;      // the ledger says so: it must not be done twice
    bool resolves;      // whether it happened is to be asked: by key, or by the far side's id
    char *key, *far_id; // of that; NULL: none
    uint64_t told_at;   // monotonic ms
};

struct token { // what it has published and the hub has not answered
    struct token *next;
    uint64_t ours;
    char *its;
};

enum run_phase { RUN_DOWN, RUN_OPENING, RUN_OPEN, RUN_CLOSING };

struct run {
    const struct program *program;
    const struct program_state *state;
    lt_bridge_host *host;
    struct program_child child;
    enum run_phase phase;
    bool condemned; // it is being killed: what it still says is not heard
    lt_timer *timer;
    uint64_t started, start_at, heard_at, pinged_at, progress_at; // monotonic ms; 0: not
    unsigned falls, strikes;
    uint64_t line_number; // of this life
    uint64_t second, lines_in_second;
    struct gift *gifts;
    struct token *tokens;
    size_t token_count;
    uint64_t last_number;
    struct lt_pace talk; // its lines in our log
    uint64_t left_out;   // of them
};

// program_run.c
enum lt_code run_start(const struct program_state *state, lt_bridge_host *host, struct run **run,
                       struct lt_error *error);
void run_close(struct run **run); // within RUN_CLOSE_MS + RUN_TERM_MS
// Writes the object as a line; takes it.
void run_tell(struct run *run, json_t *line);
void run_tell_text(struct run *run, struct lt_slice line);
// It does not keep to its word: told, killed, started again.
void run_condemn(struct run *run, const char *why);
// A line in our log of what it does or says, unless there are too many. event is a constant.
void run_log(struct run *run, const char *event, struct lt_slice text);
// Something of it does not work: health, and a line in our log unless there are too many.
void run_ill(struct run *run, const char *why);

// program_gifts.c
void gifts_add(struct run *run, lt_delivery *delivery, const struct lt_part *message);
// The same, to ask whether it happened (bridge.h, resolve). key and far_id (may be NULL) are lent.
void gifts_add_unknown(struct run *run, lt_delivery *delivery, const struct lt_part *message,
                       const char *key, const char *far_id);
void gifts_cancel(struct run *run, lt_delivery *delivery, const struct lt_part *by);
// Gives it what it may have now.
void gifts_give(struct run *run);
struct gift *gifts_find(const struct run *run,
                        const char *name); // "17"; NULL: it has none of that name
void gifts_drop(struct run *run, struct gift **gift);
// The program has ended: what it had waits for the next one; of what it had alone the host is told that it fell over it.
void gifts_fallen(struct run *run, const char *how);
// What has been tried alone for long without harm is no suspect any more.
void gifts_clear_suspects(struct run *run, uint64_t now);
bool gifts_any_told(const struct run *run);

// program_lines.c: one line of it. false: hear no more.
bool lines_take(void *run, struct lt_slice line);
// The hub has answered a publication of it, or of an earlier life of it, which is not told.
void lines_published(struct run *run, uint64_t token, enum lt_code code, const char *text);

#endif
