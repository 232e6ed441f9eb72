// The page of figures. A label that strangers could make many of does not exist: principals are ones
// that grants name, and only so many have rows of their own.
#include "page.h"

#include <string.h>

#include "bounds.h"
#include "exposition.h"

// A time of the wall clock in ms, as seconds.
static void moment(struct exposition *page, const char *name, const char *help, uint64_t ms)
{
    const struct exposition_family family = {name, EXPOSITION_GAUGE, "seconds", help};
    exposition_open(page, &family);
    exposition_real(page, NULL, 0, (double)ms / 1000);
}

static void seconds(struct exposition *page, const char *name, const char *help,
                    const struct histogram *found)
{
    const struct exposition_family family = {name, EXPOSITION_HISTOGRAM, "seconds", help};
    exposition_open(page, &family);
    exposition_histogram(page, found, &histogram_seconds);
}

// --- messages ---

static void refusals_of(struct exposition *page, const char *principal,
                        const struct counts_refusals *refusals)
{
    for (int i = 0; i < COUNTS_CODES; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", LT_MALFORMED + i);
        const struct exposition_label labels[] = {
            {"principal", principal},
            {"code", code},
            {"name", lt_code_name((enum lt_code)(LT_MALFORMED + i))},
        };
        // The rest has a row for each code from the start, so that a rise from nothing is seen.
        if (refusals->codes[i] || !strcmp(principal, PAGE_OTHERS))
            exposition_number(page, labels, sizeof labels / sizeof *labels, refusals->codes[i]);
    }
}

static void refusals(struct exposition *page, const struct broker_counts *counts)
{
    static const struct exposition_family family = {
        "lienthon_refused", EXPOSITION_COUNTER, NULL,
        "Messages and requests that were refused, by who brought them and by code of the wire."};
    exposition_open(page, &family);
    for (struct table_walk walk = {0}; table_next(&counts->refusals, &walk);) {
        char principal[LT_PRINCIPAL_MAX + 1];
        snprintf(principal, sizeof principal, "%.*s", (int)walk.node->size,
                 (const char *)walk.node->key);
        refusals_of(page, principal, walk.node->value);
    }
    refusals_of(page, PAGE_OTHERS, &counts->other_refusals);
}

static void messages(struct exposition *page, const struct broker_counts *counts)
{
    static const struct exposition_family group_messages = {
        "lienthon_group_messages", EXPOSITION_HISTOGRAM, "messages", "Messages of a stored group."};
    exposition_counter(page, "lienthon_published",
                       "Messages that came in PUBLISH and were looked at.", counts->published);
    exposition_counter(page, "lienthon_stored",
                       "Messages that are on stable storage, the hub's own among them.",
                       counts->stored);
    exposition_counter(page, "lienthon_known",
                       "Messages that were sent again and were stored before.", counts->known);
    refusals(page, counts);
    exposition_counter(page, "lienthon_delivered", "Deliveries that were sent.", counts->delivered);
    exposition_counter(page, "lienthon_acknowledged", "Deliveries that were acknowledged, however.",
                       counts->acknowledged);
    exposition_counter(page, "lienthon_again", "Deliveries that a receiver wants again.",
                       counts->again);
    exposition_counter(page, "lienthon_gave_up",
                       "Deliveries that were given up, by the receiver or the hub.",
                       counts->gave_up);
    exposition_counter(page, "lienthon_dead_letters", "Deliveries that became dead letters.",
                       counts->dead);
    exposition_counter(page, "lienthon_revived", "Dead letters that were sent on their way again.",
                       counts->revived);
    exposition_counter(page, "lienthon_ignored", "ACK and CREDIT for what is not there.",
                       counts->ignored);
    exposition_counter(page, "lienthon_groups", "Groups that went to the store.", counts->groups);
    exposition_open(page, &group_messages);
    exposition_histogram(page, &counts->group_size, &histogram_sizes);
    seconds(page, "lienthon_group_check_seconds",
            "From the first look at a group to the store: seals, bodies, rights.",
            &counts->group_check);
    seconds(page, "lienthon_sync_seconds", "Writing and syncing one commit.", &counts->sync);
    seconds(page, "lienthon_publish_seconds", "From PUBLISH to PUBLISHED.", &counts->publish);
}

// --- who is there ---

static void peers(struct exposition *page, const struct broker *broker)
{
    static const char *const doors[DOORS] = {[DOOR_HUB] = "hub", [DOOR_JOIN] = "join"};
    static const struct exposition_family connections = {
        "lienthon_connections", EXPOSITION_GAUGE, NULL, "Connections at each of the hub's ports."};
    static const struct exposition_family sessions = {
        "lienthon_sessions", EXPOSITION_GAUGE, NULL,
        "Connections that have said something, at each of the hub's ports."};
    exposition_open(page, &connections);
    for (int door = 0; door < DOORS; door++) {
        const struct exposition_label label = {"door", doors[door]};
        exposition_number(page, &label, 1, broker->at_door[door]);
    }
    exposition_open(page, &sessions);
    for (int door = 0; door < DOORS; door++) {
        const struct exposition_label label = {"door", doors[door]};
        exposition_number(page, &label, 1, sessions_count(&broker->sessions, (enum door)door));
    }
    exposition_gauge(page, "lienthon_sessions_limit", NULL, "How many sessions there may be.",
                     (uint64_t)broker->commune->hub.limits.sessions);
    exposition_counter(page, "lienthon_joined", "Devices that joined with an invitation.",
                       broker->counts.joined);
    exposition_counter(page, "lienthon_cut", "Connections that the hub has cut.",
                       broker->counts.cut);
    exposition_gauge(page, "lienthon_offenders", NULL, "Who has sent what is wrong, lately.",
                     broker->offenders.by_name.count);
    exposition_gauge(page, "lienthon_descriptors_short", NULL,
                     "1: new connections are refused for want of descriptors.",
                     broker->descriptors.is_short);
}

static void grants(struct exposition *page, const struct figures_grants *found)
{
    static const struct exposition_family next = {
        "lienthon_grant_expires_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
        "When the next grant ends, and whose it is. Invitations do not count."};
    exposition_gauge(page, "lienthon_grants", NULL, "Grants in force, but for invitations.",
                     found->count);
    exposition_gauge(page, "lienthon_grants_ending", NULL, "Those of them that end within 30 days.",
                     found->ending);
    exposition_open(page, &next);
    if (found->next) {
        const struct exposition_label label = {"principal", found->next_principal};
        exposition_real(page, &label, 1, (double)found->next / 1000);
    }
    if (found->hub)
        moment(page, "lienthon_hub_grant_expires_timestamp_seconds", "When the hub's grant ends.",
               found->hub);
}

// --- the store and the process ---

static void store(struct exposition *page, const struct broker *broker,
                  const struct figures *figures)
{
    const struct store_health *health = &figures->health;
    exposition_gauge(page, "lienthon_deferred", NULL, "Messages that are not due.",
                     broker->due.count);
    exposition_gauge(page, "lienthon_readings", NULL,
                     "Catch-ups, queries and blobs that the read thread has in hand.",
                     reader_count(broker->reader));
    exposition_gauge(page, "lienthon_writings", NULL, "Commits that the store thread has in hand.",
                     writer_count(broker->writer));
    exposition_gauge(page, "lienthon_log_size", NULL, "Leaves of the log.", broker->tree.size);
    exposition_gauge(page, "lienthon_store_failing", NULL, "1: the last commit failed.",
                     broker->disk.is_failing);
    exposition_gauge(page, "lienthon_disk_short", NULL,
                     "1: what is left of the disk is kept for what is urgent.",
                     broker->disk.is_short);
    exposition_gauge(page, "lienthon_disk_reserve_bytes", "bytes",
                     "What is kept for what is urgent.",
                     (uint64_t)broker->commune->hub.limits.reserve);
    exposition_gauge(page, "lienthon_store_lost_messages", NULL,
                     "Messages that could not be read when the store was opened.",
                     broker->counts.lost_messages);
    exposition_gauge(page, "lienthon_store_lost_commits", NULL,
                     "Commits that could not be read when the store was opened.",
                     broker->counts.lost_commits);
    if (!figures->looked)
        return;
    moment(page, "lienthon_store_looked_timestamp_seconds", "When the figures below were read.",
           figures->looked);
    exposition_gauge(page, "lienthon_store_messages", NULL, "Messages that are kept.",
                     health->messages);
    moment(page, "lienthon_store_oldest_timestamp_seconds",
           "When the oldest message that is kept was stored; 0: there is none.", health->oldest);
    exposition_gauge(page, "lienthon_store_damaged", NULL, "Rows that were found damaged.",
                     health->damaged);
    exposition_gauge(page, "lienthon_blobs", NULL, "Blobs that are whole.", health->blobs);
    exposition_gauge(page, "lienthon_blob_bytes", "bytes",
                     "Bytes of blobs, unfinished ones among them.", health->blob_bytes);
    exposition_gauge(page, "lienthon_store_bytes", "bytes", "Size of the store's files.",
                     health->bytes);
    exposition_gauge(page, "lienthon_disk_free_bytes", "bytes", "Free on the store's disk.",
                     health->disk_free);
    exposition_gauge(page, "lienthon_disk_size_bytes", "bytes", "Size of the store's disk.",
                     health->disk_size);
}

static void memory(struct exposition *page, const struct broker *broker)
{
    exposition_gauge(page, "lienthon_memory_bound_bytes", "bytes",
                     "The most that the hub needs, from hub.limits.",
                     bounds_most(&broker->commune->hub.limits));
    exposition_gauge(page, "lienthon_memory_used_bytes", "bytes",
                     "What of that is in use, by the hub's own counts.", bounds_used(broker));
}

static void process(struct exposition *page, const struct figures *figures)
{
    static const struct exposition_family processor = {
        "process_cpu_seconds", EXPOSITION_COUNTER, "seconds", "Processor time, of all threads."};
    if (!figures->looked)
        return;
    exposition_open(page, &processor);
    exposition_real(page, NULL, 0, figures->processor);
    exposition_gauge(page, "process_resident_memory_bytes", "bytes", "Memory that is resident.",
                     figures->resident);
    exposition_gauge(page, "process_open_fds", NULL, "Open descriptors.", figures->descriptors);
    exposition_gauge(page, "process_max_fds", NULL, "How many there may be.",
                     figures->descriptors_most);
}

static void hub(struct exposition *page, const struct broker *broker)
{
    static const struct exposition_family build = {"lienthon_build", EXPOSITION_INFO, NULL,
                                                   "The program that runs."};
    const struct exposition_label version = {"version", LT_VERSION_TEXT};
    exposition_open(page, &build);
    exposition_number(page, &version, 1, 1);
    moment(page, "process_start_time_seconds", "When the hub was started.", broker->counts.started);
    moment(page, "lienthon_time_seconds", "The hub's wall clock.", broker->now);
    exposition_gauge(page, "lienthon_clock_unsure", NULL,
                     "1: the wall clock has jumped lately, and what would expire by it waits.",
                     !clock_is_sure(broker));
    exposition_counter(page, "lienthon_clock_jumps", "Jumps of the wall clock by a second or more.",
                       broker->counts.clock_jumps);
}

bool page_print(const struct broker *broker, const struct figures *figures,
                const struct figures_grants *found, bool is_openmetrics, struct lt_buffer *out)
{
    struct exposition page = {.out = *out, .is_openmetrics = is_openmetrics};
    hub(&page, broker);
    messages(&page, &broker->counts);
    page_subscriptions(&page, broker->subscriptions);
    peers(&page, broker);
    grants(&page, found);
    store(&page, broker, figures);
    memory(&page, broker);
    process(&page, figures);
    bool fits = exposition_end(&page);
    *out = page.out;
    return fits;
}
