// Walking the hub's answers to questions.
#include "walk.h"

struct walk walk_of(const struct lt_buffer *values)
{
    return (struct walk){.cursor = lt_cursor_of(lt_buffer_slice(values))};
}

bool walk_value(struct walk *walk, struct lt_slice *value)
{
    while (walk->left == 0) {
        if (!lt_cursor_array(&walk->cursor, &walk->left)) {
            return false;
        }
    }
    walk->left--;
    return lt_cursor_skip(&walk->cursor, value);
}

bool walk_sealed(struct walk *walk, struct lt_sealed *sealed)
{
    struct lt_slice value;
    while (walk_value(walk, &value)) {
        struct lt_cursor cursor = lt_cursor_of(value);
        struct lt_slice bytes;
        if (lt_cursor_bin(&cursor, &bytes) && lt_sealed_decode(bytes, sealed, NULL) == LT_DONE) {
            return true;
        }
    }
    return false;
}
