// Chores: what is due, what comes again, who is silent, what is to be saved or swept.
#include "chores.h"

#include "corridor/apply.h"
#include "corridor/commit.h"
#include "corridor/deliver.h"
#include "desks/desks.h"
#include "log.h"
#include "state/hour.h"
#include "state/must.h"
#include "state/sweep.h"
#include "state/watch.h"

enum {
    SAVE_MS = 400,
    SOON_MS = 10,
    MANY_NOTES = 4096,
    WAKE_MS = 100,
    SECOND_MS = 1000,
    PRESENCE_MS = 600000,
    DISK_MS = 500,
    SILENT_INTERVALS = 3,
    LAG = 4096, // messages: how far a position may lie behind for nothing
};

// Sessions that are over are ended here, where nobody holds a pointer to one.
static struct session *next_ended(struct broker *broker, struct table_walk *walk)
{
    while (table_next(&broker->sessions.by_number, walk)) {
        struct session *session = walk->node->value;
        bool has_said_all = session->gone && broker->is_drained;
        if (session->lost || has_said_all || (session->cut_at && session->cut_at <= broker->tick))
            return session;
    }
    return NULL;
}

static void reap(struct broker *broker)
{
    struct table_walk walk = {0};
    struct session *session = NULL;
    while ((session = next_ended(broker, &walk))) {
        session_cut(session);
        broker_end(broker, &session);
    }
}

static void keep_alive(struct broker *broker)
{
    uint64_t interval = broker->limits.heartbeat * 1000;
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        struct session *session = walk.node->value;
        if (session->cut_at || session->lost)
            continue;
        if (broker->tick - session->heard >= SILENT_INTERVALS * interval) {
            if (session->greeted && broker_may_log(broker))
                log_info("peer silent, connection cut", LOG_TEXT("principal", session->principal));
            session->lost = true;
        } else if (session->greeted && broker->tick - session->said >= interval) {
            struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(0)};
            session_send(&broker->sessions, session, &ping, NULL, 0);
        }
    }
}

// A position that lies far behind although nothing waits would make the next start read for nothing.
static void move_positions(struct broker *broker)
{
    struct subscriptions *all = broker->subscriptions;
    for (struct table_walk walk = {0}; table_next(&all->by_name, &walk);) {
        struct subscription *sub = walk.node->value;
        if (!sub->counting && subscription_reach(sub, all->end) > sub->position + LAG)
            subscriptions_touch(all, sub);
    }
}

static void save(struct broker *broker)
{
    struct records records = {0};
    bool has_some = broker->subscriptions->dirty || broker->notes.plain_count;
    bool is_time =
        broker->tick - broker->saved >= SAVE_MS || broker->notes.plain_count >= MANY_NOTES;
    if (!has_some || !is_time)
        return;
    broker->saved = broker->tick;
    commit_notes(broker, &records, true);
    if (records.plain_count)
        commit_records(broker, &records, NULL, 0, NULL);
    else
        records_clear(&records);
}

static void note_who_is_here(struct broker *broker)
{
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        const struct session *session = walk.node->value;
        if (session->greeted)
            presence_mark(&broker->presence, session->principal, broker->now, false,
                          &broker->notes);
    }
}

static bool has_passed(uint64_t *since, uint64_t tick, uint64_t ms)
{
    if (tick - *since < ms)
        return false;
    *since = tick;
    return true;
}

void chores(struct broker *broker)
{
    struct broker_chores *last = &broker->chores;
    hour_tell(broker);
    apply_due(broker);
    if (has_passed(&last->woken, broker->tick, WAKE_MS))
        deliver_wake(broker);
    if (has_passed(&last->second, broker->tick, SECOND_MS)) {
        apply_grants(broker);
        keep_alive(broker);
        descriptors_look(broker);
        move_positions(broker);
        sweep(broker);
        metrics_look(broker->metrics);
        offenders_sweep(&broker->offenders, broker->tick);
    }
    if (has_passed(&last->disk, broker->tick, DISK_MS))
        disk_look(broker);
    if (has_passed(&last->looked, broker->tick, watch_pause(broker)))
        watch_look(broker);
    if (has_passed(&last->presence, broker->tick, PRESENCE_MS))
        note_who_is_here(broker);
    save(broker);
    reap(broker);
}

long chores_wait(const struct broker *broker)
{
    uint64_t wait = SECOND_MS, due = due_next(&broker->due);
    if (metrics_has_more(broker->metrics))
        return 0;
    if (broker->sessions.by_number.count || broker->connections.count)
        wait = watch_pause(broker);
    if (broker->is_waking)
        wait = WAKE_MS;
    if (due && due <= broker->now && apply_due_waits(broker))
        return SOON_MS;
    if (due && due <= broker->now)
        return broker->is_releasing ? (long)wait : 0;
    if (due && due - broker->now < wait)
        wait = due - broker->now;
    return (long)wait;
}
