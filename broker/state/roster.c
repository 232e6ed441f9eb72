// The layouts of roster.h, packed and opened.
#include "roster.h"

const char *roster_state_name(enum roster_state state)
{
    static const char *const names[] = {"waiting", "delivered", "done",   "gave-up",
                                        "expired", "cancelled", "revoked"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
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
    return lt_cursor_uint(&cursor, UINT64_MAX, &dead->at) &&
           lt_cursor_str(&cursor, &dead->detail) && lt_cursor_str(&cursor, &dead->principal) &&
           lt_cursor_str(&cursor, &dead->durable) &&
           lt_cursor_uint(&cursor, UINT64_MAX, &dead->keep_until);
}

void dead_letter_pack(const struct dead_letter *dead, struct lt_buffer *out)
{
    lt_pack_array(out, 6);
    lt_pack_uint(out, dead->state);
    lt_pack_uint(out, dead->at);
    lt_pack_str(out, dead->detail);
    lt_pack_str(out, dead->principal);
    lt_pack_str(out, dead->durable);
    lt_pack_uint(out, dead->keep_until);
}
