// A body that leaves `hamlets` or `channels` out speaks to all of them.
#include "applies.h"

#include <string.h>

#include <lienthon/cursor.h>

static bool is_hamlet(struct lt_slice level)
{
    static const char *const others[] = {"tat-ca",   "van-ban", "phan-anh", "khao-sat",
                                         "suc-khoe", "+",       "#"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (lt_slice_is(level, others[i]))
            return false;
    return level.size > 0;
}

void applies_learn(struct applies *applies, struct lt_slice xa, struct lt_slice pattern)
{
    if (pattern.size <= xa.size + 1 || memcmp(pattern.data, xa.data, xa.size) != 0 ||
        pattern.data[xa.size] != '/')
        return;
    struct lt_slice level = {pattern.data + xa.size + 1, pattern.size - xa.size - 1};
    const uint8_t *end = memchr(level.data, '/', level.size);
    if (!end)
        return;
    level.size = (size_t)(end - level.data);
    if (!is_hamlet(level) || applies->count == APPLIES_HAMLETS)
        return;
    for (size_t i = 0; i < applies->count; i++)
        if (lt_slice_equal(applies->hamlets[i], level))
            return;
    applies->hamlets[applies->count++] = level;
}

static bool is_ours(const struct applies *applies, struct lt_slice hamlet)
{
    for (size_t i = 0; i < applies->count; i++)
        if (lt_slice_equal(applies->hamlets[i], hamlet))
            return true;
    return false;
}

static bool hamlets_allow(const struct applies *applies, struct lt_slice list)
{
    struct lt_cursor cursor = lt_cursor_of(list);
    uint32_t count;
    struct lt_slice hamlet;
    if (applies->count == 0 || !lt_cursor_array(&cursor, &count) || count == 0)
        return true;
    while (lt_cursor_str(&cursor, &hamlet))
        if (is_ours(applies, hamlet))
            return true;
    return false;
}

static bool channels_allow(const struct applies *applies, struct lt_slice list)
{
    struct lt_cursor cursor = lt_cursor_of(list);
    uint32_t count;
    struct lt_slice channel;
    if (!applies->channel || !lt_cursor_array(&cursor, &count) || count == 0)
        return true;
    while (lt_cursor_str(&cursor, &channel))
        if (lt_slice_is(channel, applies->channel))
            return true;
    return false;
}

bool applies_to_us(const struct applies *applies, const struct lt_part *message)
{
    struct lt_slice list;
    if (!lt_slice_is(message->type, "notice.v1") && !lt_slice_is(message->type, "alert.v1"))
        return true;
    if (lt_map_find(message->body, "hamlets", &list) && !hamlets_allow(applies, list))
        return false;
    return !lt_map_find(message->body, "channels", &list) || channels_allow(applies, list);
}
