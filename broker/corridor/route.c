// Who shall have it? Finds the subscriptions, and adds roster and due row to the group.
#include <string.h>

#include "rooms.h"
#include "state/must.h"

struct search {
    struct passage *passage;
    const lt_book *book;
    struct lt_buffer rows; // of the roster
    size_t row_count;
};

static bool may_receive(const struct search *search, const struct subscription *sub)
{
    const struct lt_part *part = &search->passage->sealed.part;
    const struct lt_grant *grant = lt_book_find(search->book, lt_slice_of(sub->principal), NULL);
    // Whose grant has lapsed may be given one again, and the clock may be wrong: deliver asks anyway.
    return grant && lt_grant_may_receive(grant, part->topic, part->label);
}

static void add_target(void *self, struct subscription *sub)
{
    struct search *search = self;
    struct passage *passage = search->passage;
    if (!may_receive(search, sub))
        return;
    passage->targets = must_hold(passage->targets, &passage->target_room, passage->target_count + 1,
                                 sizeof *passage->targets);
    passage->targets[passage->target_count++] = sub->number;
    if (!(passage->sealed.part.flags & LT_RECEIPT) || !sub->durable[0])
        return;
    lt_pack_array(&search->rows, 3);
    lt_pack_uint(&search->rows, sub->number);
    lt_pack_text(&search->rows, sub->principal);
    lt_pack_text(&search->rows, sub->durable);
    search->row_count++;
}

static void save_roster(const struct search *search, struct corridor_group *group)
{
    struct lt_buffer value = {.max = search->rows.size + 64};
    lt_pack_array(&value, 2);
    lt_pack_uint(&value, search->passage->keep_until);
    lt_pack_array(&value, search->row_count);
    if (search->row_count)
        lt_pack_raw(&value, lt_buffer_slice(&search->rows));
    records_put_numbered(&group->records, ROSTER_BUCKET, search->passage->put,
                         lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

bool route(struct passage *passage, struct subscriptions *subscriptions, const lt_book *book,
           struct corridor_group *group, uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    struct search search = {.passage = passage, .book = book, .rows = {.max = 64 * 1024 * 1024}};
    passage->is_deferred = part->deliver_at > now;
    passage->changes = subscriptions->changes;
    subscriptions_match(subscriptions, part, UINT64_MAX, add_target, &search);
    if (part->flags & LT_RECEIPT)
        save_roster(&search, group);
    if (passage->is_deferred && !passage->is_gone)
        due_save(part->deliver_at, passage->put, &group->records);
    lt_buffer_clear(&search.rows);
    return true;
}
