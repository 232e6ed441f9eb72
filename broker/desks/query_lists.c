// principals, subscriptions and stats: what the core knows.
#include <string.h>

#include "bounds.h"
#include "queries.h"

struct pager {
    struct broker *broker;
    struct session *session;
    struct query *query;
};

// Before the next item: a page that is full goes out.
static void turn_page(struct pager *pager)
{
    if (pager->query->items.size >= READER_PAGE) {
        query_send_items(pager->broker, pager->session, pager->query, true);
        query_empty_items(pager->query);
    }
    pager->query->item_count++;
}

static void pack_seen(struct lt_buffer *out, bool connected, uint64_t seen, uint64_t now)
{
    lt_pack_text(out, "connected");
    lt_pack_bool(out, connected);
    lt_pack_text(out, "seen");
    lt_pack_uint(out, connected ? now : seen);
}

static bool add_principal(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    struct pager *pager = self;
    struct lt_buffer *out = &pager->query->items;
    (void)sealed;
    if (grant->revoked || grant->expires <= pager->broker->now) {
        return true;
    }
    turn_page(pager);
    lt_pack_map(out, 6);
    lt_pack_text(out, "principal");
    lt_pack_str(out, grant->principal);
    lt_pack_text(out, "name");
    lt_pack_str(out, grant->name);
    lt_pack_text(out, "role");
    lt_pack_str(out, grant->role);
    lt_pack_text(out, "expires");
    lt_pack_uint(out, grant->expires);
    const struct presence *presence = &pager->broker->presence;
    pack_seen(out, presence_is_here(presence, grant->principal),
              presence_of(presence, grant->principal), pager->broker->now);
    return true;
}

void query_answer_principals(struct broker *broker, struct session *session, struct query *query)
{
    struct pager pager = {broker, session, query};
    presence_look(&broker->presence);
    for (struct table_walk walk = {0}; table_next(&broker->sessions.by_number, &walk);) {
        const struct session *one = walk.node->value;
        if (one->greeted) {
            presence_here(&broker->presence, one->principal);
        }
    }
    lt_book_each(broker->book, add_principal, &pager);
    query_send_items(broker, session, query, false);
}

void query_answer_subscriptions(struct broker *broker, struct session *session, struct query *query)
{
    struct pager pager = {broker, session, query};
    struct lt_buffer *out = &query->items;
    for (struct table_walk walk = {0}; table_next(&broker->subscriptions->by_name, &walk);) {
        const struct subscription *sub = walk.node->value;
        if (sub->durable[0] == '\0') {
            continue;
        }
        turn_page(&pager);
        lt_pack_map(out, 5);
        lt_pack_text(out, "principal");
        lt_pack_text(out, sub->principal);
        lt_pack_text(out, "durable");
        lt_pack_text(out, sub->durable);
        lt_pack_text(out, "waiting");
        lt_pack_uint(out, subscription_waiting(sub));
        pack_seen(out, sub->session != 0, sub->seen, broker->now);
    }
    query_send_items(broker, session, query, false);
}

void query_answer_stats(struct broker *broker, struct session *session, struct query *query)
{
    const struct broker_counts *counts = &broker->counts;
    const struct store_health *health = &query->health;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"now", broker->now},
        {"started", counts->started},
        {"sessions", sessions_count(&broker->sessions, DOOR_HUB)},
        {"published", counts->published},
        {"stored", counts->stored},
        {"refused", counts->refused},
        {"groups", counts->groups},
        {"delivered", counts->delivered},
        {"acknowledged", counts->acknowledged},
        {"again", counts->again},
        {"gave_up", counts->gave_up},
        {"dead", counts->dead},
        {"revived", counts->revived},
        {"ignored", counts->ignored},
        {"cut", counts->cut},
        {"joined", counts->joined},
        {"log_size", broker->tree.size},
        {"messages", health->messages},
        {"oldest", health->oldest},
        {"bytes", health->bytes},
        {"disk_free", health->disk_free},
        {"damaged", health->damaged},
        {"disk_size", health->disk_size},
        {"blobs", health->blobs},
        {"blob_bytes", health->blob_bytes},
        {"store_version", health->version},
        {"subscriptions", broker->subscriptions->by_name.count},
        {"deferred", broker->due.count},
        {"due_next", due_next(&broker->due)},
        {"descriptors", query->descriptors},
        {"descriptors_most", query->descriptors_most},
        {"at_hand", broker->subscriptions->entries},
        {"memory_used", bounds_used(broker)},
        {"memory_bound", bounds_most(&broker->commune->hub.limits)},
    };
    const size_t count = sizeof numbers / sizeof *numbers;
    struct lt_buffer value = {.max = 4096};
    lt_pack_map(&value, count + 1);
    lt_pack_text(&value, "version");
    lt_pack_text(&value, LT_VERSION_TEXT);
    for (size_t i = 0; i < count; i++) {
        lt_pack_text(&value, numbers[i].name);
        lt_pack_uint(&value, numbers[i].value);
    }
    query_send(broker, session, &query->ref, lt_buffer_slice(&value), false);
    lt_buffer_clear(&value);
}
