// The layouts of roster.h, packed and opened.
#include "roster.h"

#include <string.h>

const char *roster_state_name(enum roster_state state)
{
    static const char *const names[] = {"waiting", "delivered", "done",   "gave-up",
                                        "expired", "cancelled", "revoked"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

void roster_late_key(uint64_t sub, uint8_t priority, uint64_t seq, uint8_t key[LATE_KEY])
{
    enum { HIGHEST = 3 };
    roster_number(sub, key);
    key[8] = (uint8_t)(HIGHEST - priority); // in key order the higher priority comes first
    roster_number(seq, key + 9);
}

void roster_number(uint64_t number, uint8_t key[8])
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        key[i] = (uint8_t)(number & 0xff);
}

uint64_t roster_number_of(const uint8_t key[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | key[i];
    return number;
}

bool roster_open(struct lt_slice value, struct roster *roster)
{
    uint32_t count = 0;
    roster->cursor = lt_cursor_of(value);
    roster->left = 0;
    return lt_cursor_array(&roster->cursor, &count) && count >= 2 &&
           lt_cursor_uint(&roster->cursor, UINT64_MAX, &roster->keep_until) &&
           lt_cursor_array(&roster->cursor, &roster->left);
}

bool roster_next(struct roster *roster, struct roster_row *row)
{
    uint32_t count = 0;
    if (!roster->left)
        return false;
    roster->left--;
    return lt_cursor_array(&roster->cursor, &count) && count == 3 &&
           lt_cursor_uint(&roster->cursor, UINT64_MAX, &row->sub) &&
           lt_cursor_str(&roster->cursor, &row->principal) &&
           lt_cursor_str(&roster->cursor, &row->durable);
}

bool dead_letter_open(struct lt_slice value, struct dead_letter *dead)
{
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0;
    uint64_t state = 0;
    if (!lt_cursor_array(&cursor, &count) || count < 6 ||
        !lt_cursor_uint(&cursor, ROSTER_REVOKED, &state))
        return false;
    dead->state = (enum roster_state)state;
    dead->attempts = 0;
    return lt_cursor_uint(&cursor, UINT64_MAX, &dead->at) &&
           lt_cursor_str(&cursor, &dead->detail) && lt_cursor_str(&cursor, &dead->principal) &&
           lt_cursor_str(&cursor, &dead->durable) &&
           lt_cursor_uint(&cursor, UINT64_MAX, &dead->keep_until) &&
           (count < 7 || lt_cursor_uint(&cursor, UINT64_MAX, &dead->attempts));
}

void dead_letter_pack(const struct dead_letter *dead, struct lt_buffer *out)
{
    lt_pack_array(out, 7);
    lt_pack_uint(out, dead->state);
    lt_pack_uint(out, dead->at);
    lt_pack_str(out, dead->detail);
    lt_pack_str(out, dead->principal);
    lt_pack_str(out, dead->durable);
    lt_pack_uint(out, dead->keep_until);
    lt_pack_uint(out, dead->attempts);
}

static bool open_note(struct lt_cursor *cursor, struct again_note *note)
{
    uint32_t count = 0;
    uint64_t state = 0;
    if (!lt_cursor_array(cursor, &count) || count != 6 ||
        !lt_cursor_uint(cursor, UINT64_MAX, &note->at) || !lt_cursor_str(cursor, &note->by) ||
        !lt_cursor_uint(cursor, UINT64_MAX, &note->ended) ||
        !lt_cursor_uint(cursor, ROSTER_REVOKED, &state) || !lt_cursor_str(cursor, &note->detail) ||
        !lt_cursor_uint(cursor, UINT64_MAX, &note->attempts))
        return false;
    note->state = (enum roster_state)state;
    return true;
}

bool again_notes_open(struct lt_slice value, struct again_notes *notes)
{
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t count = 0, left = 0;
    *notes = (struct again_notes){0};
    if (!lt_cursor_array(&cursor, &count) || count < 2 ||
        !lt_cursor_uint(&cursor, UINT64_MAX, &notes->keep_until) ||
        !lt_cursor_array(&cursor, &left) || left > AGAIN_NOTES_MAX)
        return false;
    while (notes->count < left) {
        if (!open_note(&cursor, &notes->notes[notes->count]))
            return false;
        notes->count++;
    }
    return true;
}

void again_notes_pack(const struct again_notes *notes, struct lt_buffer *out)
{
    lt_pack_array(out, 2);
    lt_pack_uint(out, notes->keep_until);
    lt_pack_array(out, notes->count);
    for (size_t i = 0; i < notes->count; i++) {
        const struct again_note *note = &notes->notes[i];
        lt_pack_array(out, 6);
        lt_pack_uint(out, note->at);
        lt_pack_str(out, note->by);
        lt_pack_uint(out, note->ended);
        lt_pack_uint(out, note->state);
        lt_pack_str(out, note->detail);
        lt_pack_uint(out, note->attempts);
    }
}

void again_notes_add(struct again_notes *notes, const struct again_note *note)
{
    if (notes->count == AGAIN_NOTES_MAX) {
        notes->count--;
        memmove(notes->notes, notes->notes + 1, notes->count * sizeof notes->notes[0]);
    }
    notes->notes[notes->count++] = *note;
}
