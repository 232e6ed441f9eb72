// The bridge host: one process, one thread, one bridge instance. It owns the connection, the
// deliveries until they are settled, receipts and health; the bridge only translates.
#ifndef LT_BRIDGES_HOST_H
#define LT_BRIDGES_HOST_H

#include <lienthon/breaker.h>
#include <lienthon/bridge.h>
#include <lienthon/client.h>
#include <lienthon/pace.h>
#include <lienthon/type.h>

#include "applies.h"
#include "figures.h"
#include "health.h"
#include "instance.h"
#include "kept.h"
#include "ledger.h"
#include "twice.h"
#include "watches.h"

#define HOST_AGENT "lienthon-bridge " LT_PROJECT_VERSION

enum {
    HOST_WATCHES = 32,
    HOST_WORKING_MS = 20000, // the hub sends again what it has heard nothing of for 60 s
    HOST_ASK_MS = 1000,      // how often what is not due yet is asked about
    HOST_HOLD = 32,       // so many of a target wait here, below its credit; the others come again
    HOST_RETRY_MS = 1000, // until what is kept is tried again, doubled each time
    HOST_RETRY_MOST_MS = 300000,
    HOST_EVENTS = 64, // of a target in one turn of the loop
    HOST_CLOSE_MS = 3000,
    HOST_LINGER_MS = 2000, // at the end, for the last receipts to leave
};

// One outside target: its own durable subscription and memory of what was done, so its own client.
struct target {
    char *name;
    struct lt_option_list patterns;
    struct applies applies; // looks into the patterns
    lt_client *client;
    uint64_t sid;
    uint64_t states_sid;         // of the retained values; 0: none are wanted
    bool told_held;              // that the hub cannot take what is published now
    bool subscribed, told_down;  // told: one line in the log for each time it is gone
    bool refused;                // the hub has refused the subscription
    struct lt_error why_refused; // a sentence for health
    struct twice twice;
    bool follows_grant; // its patterns are those of the grant
    struct lt_pace pace;
    struct lt_breaker breaker;
    struct figures figures;
    uint64_t turn_at; // monotonic ms: when somebody who is in line may go; 0: nobody waits for that
};

struct lt_delivery {
    struct lt_delivery *next;
    struct lt_bridge_host *host;
    struct target *target;
    uint64_t seq, attempt;
    struct lt_buffer bytes;      // of the sealed message, our own copy
    struct lt_sealed sealed;     // looks into it
    char name[LEDGER_NAME_SIZE]; // in the ledger, and the key by which a far side may know it
    bool given;                  // the bridge has it
    bool kept;                   // it is on our disk
    bool ours;                   // the hub has its acknowledgement, or has not sent it in this life
    bool put_by;                 // for later: acknowledged whenever the hub sends it
    bool in_line;                // it waits for its turn
    uint64_t not_before;         // monotonic ms; 0: at once
    bool backs_off;              // that is since it has failed
    unsigned failed, deaths;     // how often in this life; of the process, with it in hand
    bool was_slowed;             // by the rate
    uint64_t given_at;           // monotonic ms
    bool resolves;               // the bridge asks the far side whether it happened
    bool is_known;               // the ledger was read
    struct ledger_entry entry;
    bool is_aside;          // its entry stays
    bool is_over;           // settled for good
    bool is_released;       // it lies in the folder of what is set aside until it is done with
    bool stopped;           // something took its place
    const char *stopped_by; // what the receipt then says; a constant
    // Done with, but it could not be written down yet: tried again at close_at (monotonic ms; 0: not done with).
    uint64_t close_at;
    const char *outcome; // of the receipt, NULL: none; a constant
    char *detail;        // ours, NULL: none
    enum lt_outcome ack;
    bool receipted;      // it is in the outbox
    bool begun, cut_off; // noted in the ledger; an earlier life began it and did not end it
    uint64_t said_at;    // monotonic ms: when the hub last heard of it
    uint64_t ask_at;     // monotonic ms: when to look again at one that waits; 0: it does not
    void *user;
};

struct pending { // what the bridge has published and the hub has not answered
    struct pending *next;
    uint64_t token; // of the first target's client
};

struct lt_bridge_host {
    struct instance instance;
    char *own_folder, *bridge_folder;
    struct target *targets;
    size_t target_count;
    struct lt_delivery *deliveries;
    struct pending *pending;
    struct pickup *pickups;
    struct fetch *fetches;
    lt_types *types; // a message of a type that is known here must fit it
    struct ledger ledger;
    struct kept kept;
    char *trial_folder, *aside_folder; // NULL: none are kept
    uint64_t aside_looked;             // monotonic ms
    struct release *releases;
    const struct lt_delivery *fresh; // was judged just now
    struct trial_watch *trial_watch;
    struct metrics *metrics;
    struct health health;
    uint64_t started, health_at; // ms since 1970; monotonic ms
    uint64_t beaten, beats;      // monotonic ms, and how often: the service manager was told
    int watched[HOST_WATCHES];
    size_t watch_count;
    uint64_t timer_at; // monotonic ms; 0: none
    struct watches watches;
    int signals;
    int presence; // the lock of who runs it; -1: not held
    bool opened, stops;
    bool begins_anew; // with stops: its file is right and is read again
    uint64_t
        reload_until; // monotonic ms: so long is waited for the hub's word on it; 0: nobody waits
    uint64_t reloads; // how often that was asked for in this process
    bool rehearses;   // a dry run
    bool rehearses_memory;   // by what the instance has done already
    uint64_t rehearse_since; // ms: with what was stored from then on; 0: only with what comes
    bool out_of_force;       // the identity's grant stands no more: nothing is acted on
    bool ends_soon;          // it was told that the grant does
    char *topic, *hamlet;    // the last that lt_bridge_topic and lt_bridge_hamlet told
};

uint64_t host_clock(void); // monotonic ms, never 0
// Takes the loaded instance, and connects nothing yet; rehearses: nothing is made on disk either. On failure *host is NULL.
enum lt_code host_prepare(struct instance *instance, bool rehearses, struct lt_bridge_host **host,
                          struct lt_error *error);
// target.c: a client for each target, and its subscription.
enum lt_code host_connect(struct lt_bridge_host *host, struct lt_error *error);
// Prepares, connects and opens. Takes the loaded instance. On failure *host is NULL.
enum lt_code host_new(struct instance *instance, struct lt_bridge_host **host,
                      struct lt_error *error);
// Until a signal. LT_DONE: it was asked to stop.
enum lt_code host_run(struct lt_bridge_host *host, struct lt_error *error);
void host_destroy(struct lt_bridge_host **host);

// target.c: asks for what the target's patterns say; an earlier asking of it is taken back.
enum lt_code host_subscribe(struct lt_bridge_host *host, struct target *target,
                            struct lt_error *error);
void target_clear(struct target *target, uint64_t linger_ms); // so long for its last receipts

// events.c: takes what the clients have, of each so many and no more. true: there may be more.
bool events_take(struct lt_bridge_host *host);

// tell_health.c: once all is subscribed, at each change, and every so often; and now.
void tell_health(struct lt_bridge_host *host, uint64_t now);
void tell_health_now(struct lt_bridge_host *host);

// intake.c: one message from the hub.
void intake_message(struct lt_bridge_host *host, struct target *target,
                    const struct lt_event *event);
// A retained value that the bridge keeps to.
void intake_state(struct lt_bridge_host *host, struct target *target, const struct lt_event *event);
// What is kept of earlier lives.
enum lt_code intake_read_kept(struct lt_bridge_host *host, struct lt_error *error);
// What was set aside and the hub does not have any more, of our own copy.
void intake_release(struct lt_bridge_host *host, struct target *target,
                    const struct lt_sealed *message);
void intake_turn(struct lt_delivery *delivery); // it may go, if it is still to be obeyed
void intake_ask_again(struct lt_bridge_host *host,
                      uint64_t now); // those that wait and whose time has come

// services.c: what became of a publication of the first target's client.
void services_published(struct lt_bridge_host *host, const struct lt_event *event);

// delivery.c
// The sealed message is copied. seq 0: the hub has not sent it in this life.
struct lt_delivery *delivery_new(struct lt_bridge_host *host, struct target *target,
                                 const struct lt_sealed *message, uint64_t seq, uint64_t attempt);
// What it is now. One that is kept does not grow stale: it was fresh when it came.
enum lt_code delivery_look(const struct lt_delivery *delivery, struct lt_error *error);
void delivery_free(struct lt_delivery **delivery); // unsettled: it comes again
void delivery_say_working(struct lt_bridge_host *host, uint64_t now);
// What the host itself decides: receipt (outcome NULL: none), remembered as seen, acknowledged. Takes it.
// Where the disk takes nothing it stays, unacknowledged, until it does. outcome: a constant.
void delivery_close(struct lt_delivery **delivery, const char *outcome, const char *detail,
                    enum lt_outcome ack);
void delivery_close_again(struct lt_bridge_host *host, uint64_t now);

#endif
