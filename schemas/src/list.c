// The lists inside frame 0, read entry by entry. An entry may be longer than it is known here.
#include "lienthon/cursor.h"
#include "lienthon/op.h"

struct lt_list lt_list_of(struct lt_slice array)
{
    struct lt_cursor cursor = lt_cursor_of(array);
    uint32_t count = 0;
    const bool is_array = array.size == 0 || lt_cursor_array(&cursor, &count);
    return (struct lt_list){cursor.at, cursor.end, count, !is_array};
}

static bool advance(struct lt_list *list, const struct lt_cursor *cursor)
{
    list->at = cursor->at;
    list->left--;
    return true;
}

static bool wrong(struct lt_list *list)
{
    list->wrong = true;
    return false;
}

static bool is_over(const struct lt_list *list)
{
    return list->wrong || list->left == 0;
}

// An entry's array of at least `least`; *extra are those behind.
static bool begin_entry(struct lt_cursor *cursor, uint32_t least, uint32_t *extra)
{
    uint32_t count = 0;
    if (!lt_cursor_array(cursor, &count) || count < least) {
        return false;
    }
    *extra = count - least;
    return true;
}

static bool end_entry(struct lt_cursor *cursor, uint32_t extra)
{
    for (; extra > 0; extra--) {
        if (!lt_cursor_skip(cursor, NULL)) {
            return false;
        }
    }
    return true;
}

static bool take_text(struct lt_cursor *cursor, struct lt_slice *text)
{
    return lt_cursor_str(cursor, text) && text->size <= LT_TEXT_MAX;
}

bool lt_list_pattern(struct lt_list *list, struct lt_slice *pattern)
{
    struct lt_cursor cursor = {list->at, list->end};
    if (is_over(list)) {
        return false;
    }
    if (!lt_cursor_str(&cursor, pattern) || !lt_pattern_valid(*pattern)) {
        return wrong(list);
    }
    return advance(list, &cursor);
}

bool lt_list_published(struct lt_list *list, uint64_t *code, uint64_t *seq, struct lt_slice *text)
{
    struct lt_cursor cursor = {list->at, list->end};
    uint32_t extra = 0;
    *text = (struct lt_slice){0};
    *seq = 0;
    if (is_over(list)) {
        return false;
    }
    if (!begin_entry(&cursor, 2, &extra) || !lt_cursor_uint(&cursor, LT_INT_MAX, code) ||
        (!lt_cursor_uint(&cursor, LT_INT_MAX, seq) && !take_text(&cursor, text)) ||
        !end_entry(&cursor, extra)) {
        return wrong(list);
    }
    return advance(list, &cursor);
}

bool lt_list_delivered(struct lt_list *list, uint64_t *seq, uint64_t *attempt)
{
    struct lt_cursor cursor = {list->at, list->end};
    uint32_t extra = 0;
    if (is_over(list)) {
        return false;
    }
    if (!begin_entry(&cursor, 2, &extra) || !lt_cursor_uint(&cursor, LT_INT_MAX, seq) ||
        !lt_cursor_uint(&cursor, LT_INT_MAX, attempt) || !end_entry(&cursor, extra)) {
        return wrong(list);
    }
    return advance(list, &cursor);
}

bool lt_list_settled(struct lt_list *list, uint64_t *seq, enum lt_outcome *outcome,
                     struct lt_slice *detail)
{
    struct lt_cursor cursor = {list->at, list->end};
    uint32_t extra = 0;
    uint64_t number = 0;
    *detail = (struct lt_slice){0};
    if (is_over(list)) {
        return false;
    }
    if (!begin_entry(&cursor, 2, &extra) || !lt_cursor_uint(&cursor, LT_INT_MAX, seq) ||
        !lt_cursor_uint(&cursor, LT_ACK_WORKING, &number)) {
        return wrong(list);
    }
    if (extra > 0 && !lt_cursor_nil(&cursor) && !take_text(&cursor, detail)) {
        return wrong(list);
    }
    if (!end_entry(&cursor, extra > 0 ? extra - 1 : 0)) {
        return wrong(list);
    }
    *outcome = (enum lt_outcome)number;
    return advance(list, &cursor);
}

bool lt_list_seq(struct lt_list *list, uint64_t *seq)
{
    struct lt_cursor cursor = {list->at, list->end};
    if (is_over(list)) {
        return false;
    }
    if (!lt_cursor_uint(&cursor, LT_INT_MAX, seq)) {
        return wrong(list);
    }
    return advance(list, &cursor);
}
