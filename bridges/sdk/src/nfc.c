#include "nfc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include <lienthon/cursor.h>

enum { PATH = 200, LEVELS = 64 };

struct walk {
    struct lt_cursor cursor;
    char path[PATH]; // cut where it is longer
    size_t size;
    struct lt_error *error;
};

static bool is_ascii(struct lt_slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static enum lt_code look(struct walk *walk, struct lt_slice text)
{
    utf8proc_uint8_t *composed = NULL;
    if (is_ascii(text))
        return LT_DONE;
    utf8proc_ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &composed,
                                         (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    bool same =
        size >= 0 && (size_t)size == text.size && memcmp(composed, text.data, text.size) == 0;
    free(composed);
    if (same)
        return LT_DONE;
    if (size == UTF8PROC_ERROR_NOMEM)
        return lt_fail(walk->error, LT_NO_MEMORY, "no memory to look at a text");
    return lt_fail(
        walk->error, LT_BAD_FILE,
        "1:1: at /body%s: the text is not NFC: its letters are written in parts; compose "
        "them first",
        walk->path);
}

static enum lt_code walk_value(struct walk *walk, unsigned level);

static void step(struct walk *walk, const char *name, size_t length)
{
    int size = snprintf(walk->path + walk->size, PATH - walk->size, "/%.*s", (int)length, name);
    size_t room = PATH - 1 - walk->size;
    walk->size += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room;
}

static enum lt_code walk_pair(struct walk *walk, unsigned level)
{
    struct lt_slice key;
    size_t before = walk->size;
    if (!lt_cursor_str(&walk->cursor, &key))
        return lt_fail(walk->error, LT_MALFORMED, "a key is no text");
    step(walk, (const char *)key.data, key.size < PATH ? key.size : PATH);
    enum lt_code code = look(walk, key);
    if (code == LT_DONE)
        code = walk_value(walk, level + 1);
    walk->size = before;
    walk->path[before] = '\0';
    return code;
}

static enum lt_code walk_item(struct walk *walk, unsigned level, uint32_t index)
{
    char name[16];
    size_t before = walk->size;
    snprintf(name, sizeof name, "%u", (unsigned)index);
    step(walk, name, strlen(name));
    enum lt_code code = walk_value(walk, level + 1);
    walk->size = before;
    walk->path[before] = '\0';
    return code;
}

static enum lt_code walk_value(struct walk *walk, unsigned level)
{
    struct lt_value value;
    enum lt_code code = LT_DONE;
    if (level > LEVELS || !lt_cursor_next(&walk->cursor, &value))
        return lt_fail(walk->error, LT_MALFORMED, "the body is not whole");
    if (value.kind == LT_STR)
        return look(walk, value.bytes);
    if (value.kind == LT_MAP)
        for (uint32_t i = 0; code == LT_DONE && i < value.count; i++)
            code = walk_pair(walk, level);
    if (value.kind == LT_ARRAY)
        for (uint32_t i = 0; code == LT_DONE && i < value.count; i++)
            code = walk_item(walk, level, i);
    return code;
}

enum lt_code nfc_check(struct lt_slice body, struct lt_error *error)
{
    struct walk walk = {.cursor = lt_cursor_of(body), .error = error};
    return walk_value(&walk, 0);
}
