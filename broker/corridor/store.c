// Keep it: puts the message into its group, with its retention and the blobs that it names.
#include <string.h>

#include "rooms.h"
#include "state/keep.h"
#include "state/must.h"

#define TAKEN_MS (UINT64_C(7) * 86400000)

// A reference is a map with a `sha256` of 32 bytes, at any depth.
static void find_blobs(struct lt_cursor *cursor, struct passage *passage, int depth)
{
    struct lt_value value;
    if (depth > LT_BODY_DEPTH + 1 || !lt_cursor_next(cursor, &value))
        return;
    if (value.kind == LT_ARRAY) {
        for (uint32_t i = 0; i < value.count; i++)
            find_blobs(cursor, passage, depth + 1);
    }
    if (value.kind != LT_MAP)
        return;
    for (uint32_t i = 0; i < value.count; i++) {
        struct lt_slice key = {NULL, 0}, sha256;
        if (!lt_cursor_str(cursor, &key))
            return;
        struct lt_cursor ahead = *cursor;
        if (lt_slice_is(key, "sha256") && lt_cursor_bin(&ahead, &sha256) && sha256.size == 32 &&
            passage->blob_count < PASSAGE_BLOBS)
            memcpy(passage->blobs[passage->blob_count++], sha256.data, 32);
        find_blobs(cursor, passage, depth + 1);
    }
}

// Whose messages it replaces or cancels: one of them may be the topic's retained value.
static bool takes_last(struct passage *passage)
{
    if (passage->other_count)
        passage->last_from = must_calloc(passage->other_count, sizeof *passage->last_from);
    for (size_t i = 0; i < passage->other_count; i++) {
        const struct lt_part *other = &passage->others[i].sealed.part;
        if (lt_part_takes_place(&passage->sealed.part, other))
            passage->last_from[passage->last_from_count++] = other->from;
    }
    return passage->last_from_count > 0;
}

// An invitation gives one grant; which, is kept in the same commit.
static void note_invitation(const struct passage *passage, struct corridor_group *group)
{
    const struct lt_part *part = &passage->sealed.part;
    const struct lt_grant *issuer =
        group->book ? lt_book_find(group->book, part->from, NULL) : NULL;
    if (!issuer || !(issuer->powers.rights & LT_ENROL) || (issuer->powers.rights & LT_GRANT))
        return;
    struct lt_buffer value = {.max = 64};
    lt_pack_array(&value, 1);
    lt_pack_bin(&value, passage->hash, sizeof passage->hash);
    records_put(&group->records, INVITATION_BUCKET, part->from, lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

// A replacement or cancellation is remembered for as long as what it names can come, or lies here.
static void note_taking(struct passage *passage, struct corridor_group *group, uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    uint64_t until = now + TAKEN_MS;
    if (part->expires > until)
        until = part->expires;
    if (passage->keep_until > until)
        until = passage->keep_until;
    passage->taken_until = passage->keep_until ? until : 0;
    taken_save(part, passage->taken_until, &group->records);
}

bool store_has_room(struct passage *passage, const struct disk *disk)
{
    struct lt_error error = {0};
    if (passage->is_own || disk_takes(disk, &passage->sealed.part, &error) == LT_DONE)
        return true;
    return passage_refuse(passage, LT_STORAGE_FAILED, "%s", error.text);
}

bool store_message(struct passage *passage, const struct lt_commune *commune,
                   const struct taken *taken, struct corridor_group *group, uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    bool takes = part->relation >= LT_REPLACES && takes_last(passage);
    passage->is_gone = taken_is(taken, part, NULL);
    passage->stored = now;
    passage->keep_until = keep_until(commune, part, now);
    passage->clear_last = takes;
    passage->retain = part->relation != LT_CANCELS &&
                      ((part->flags & LT_RETAIN) || (takes && part->relation == LT_REPLACES)) &&
                      !passage->is_gone;
    note_invitation(passage, group);
    if (part->relation >= LT_REPLACES)
        note_taking(passage, group, now);
    struct lt_cursor cursor = lt_cursor_of(part->body);
    find_blobs(&cursor, passage, 0);
    passage->put = group->put_count++;
    passage->is_put = true;
    group->puts[passage->put] = (struct store_put){
        .sealed = &passage->sealed,
        .stored = now,
        .keep_until = passage->keep_until,
        .retain = passage->retain,
        .clear_last = passage->clear_last,
        .last_from = passage->last_from,
        .last_from_count = passage->last_from_count,
        .blobs = (const uint8_t(*)[32])passage->blobs,
        .blob_count = passage->blob_count,
    };
    return true;
}
