// The bridge interface: a bridge is a client that speaks a second language. One vtable, one process an instance.
// The host (lienthon-bridge) owns all else: configuration, identity, connection, verification, durable subscriptions,
// priority order, retries, receipts, health. Everything here is called on the host's one thread; a bridge does not block.
#ifndef LIENTHON_BRIDGE_H
#define LIENTHON_BRIDGE_H

#include <lienthon/message.h>
#include <lienthon/settings/option.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LT_BRIDGE_ABI 1

typedef struct lt_bridge_host lt_bridge_host;
typedef struct lt_delivery lt_delivery; // one message for one target, until it is settled

// SKIPPED: on purpose not acted on; acknowledged, receipt `skipped`
enum lt_settled { LT_DELIVERED = 0, LT_AGAIN = 1, LT_GAVE_UP = 2, LT_SKIPPED = 3 };

// What a receipt may say before the delivery is settled (settling says `done`, `failed` or `skipped` by itself).
enum lt_seen { LT_SEEN_RECEIVED, LT_SEEN_HANDED_OVER, LT_SEEN_UNKNOWN };

struct lt_bridge {
    uint32_t abi;      // LT_BRIDGE_ABI
    const char *name;  // as in the configuration, "speaker"
    const char *about; // one line for --list

    const struct lt_option
        *options; // ends with LT_OPTION_END; `options:` in the file, filled into state before open
    size_t state_size; // the host allocates it, zeroed, options filled in

    // Connect to the far side. If it fails the host calls close, so close must accept a state that is half open.
    enum lt_code (*open)(void *state, lt_bridge_host *host, struct lt_error *error);
    // Take one message; do not block. The message is genuine, authorised, due, new, for this receiver (hamlets and
    // channels looked at), no drill, neither cancelled nor replaced. It is borrowed until the delivery is settled;
    // settle it exactly once, here or later.
    void (*deliver)(void *state, lt_delivery *delivery, const struct lt_part *message);
    // This delivery's message was cancelled or replaced (`by`, lent): stop acting and settle it (LT_SKIPPED). May be NULL:
    // then the host waits until it is settled.
    void (*cancel)(void *state, lt_delivery *delivery, const struct lt_part *by);
    // A watched descriptor is ready, or the timer ran out (fd is -1).
    void (*wake)(void *state, int fd);
    // Disconnect, and free what the state holds (not the state itself). Deliveries not settled come again next time.
    void (*close)(void *state);

    const char *channel;      // of a notice's `channels`: "loa"; NULL: notices for any channel
    const char *const *types; // what it understands, ends with NULL; NULL: every type
};

// A bridge's shared object exports one function of this name.
const struct lt_bridge *lt_bridge_entry(void);

// Takes the draft (from, id, created may be empty), seals and keeps it until the hub has it. origin NULL or the far side's id.
enum lt_code lt_bridge_publish(lt_bridge_host *host, const struct lt_part *draft,
                               const char *origin, struct lt_error *error);
// Just before acting on it: looks once more (it may have expired, or been cancelled or revoked while it waited) and notes
// on disk that it is begun. May be called again, when acting begins anew. false: it is settled already, *delivery is NULL, do not act.
bool lt_delivery_begin(lt_delivery **delivery);
// Takes the delivery. why: NULL or a sentence for the receipt (Vietnamese: officers read it).
void lt_delivery_settle(lt_delivery **delivery, enum lt_settled outcome, const char *why);
void lt_delivery_report(lt_delivery *delivery, enum lt_seen seen,
                        const char *detail);                 // publishes a receipt if asked for
const char *lt_delivery_target(const lt_delivery *delivery); // the target's name, lent
void lt_delivery_set_user(lt_delivery *delivery, void *user);
void *lt_delivery_user(const lt_delivery *delivery);

enum lt_code lt_bridge_watch(lt_bridge_host *host,
                             int fd); // for reading; wake is called while it is readable
void lt_bridge_unwatch(lt_bridge_host *host, int fd); // before fd is closed
void lt_bridge_wake_in(lt_bridge_host *host,
                       int64_t ms); // one timer, set anew by each call; -1 stops it
uint64_t lt_bridge_now(
    lt_bridge_host *host); // ms since 1970: sealed time where there is any, else the clock
const char *lt_bridge_principal(lt_bridge_host *host);
const char *
lt_bridge_folder(lt_bridge_host *host); // the instance's own data folder, made, mode 0700
// The topic at which this identity's grant lets it publish that type (the first without wildcards), or NULL. Lent.
const char *lt_bridge_topic(lt_bridge_host *host, const char *type);
// Evidence for health: what worked or failed last, in a few words. The host publishes health.v1 from it.
void lt_bridge_well(lt_bridge_host *host, const char *what);
void lt_bridge_ill(lt_bridge_host *host, const char *what);
// A line in the host's log. Plain words, then key=value; no bodies, no secrets.
void lt_bridge_log(lt_bridge_host *host, const char *line);

#ifdef __cplusplus
}
#endif
#endif
