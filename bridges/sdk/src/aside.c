// NAME.msg is the message and why it is there, NAME.release, NAME.again and NAME.done the wishes.
#include "aside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>
#include <lienthon/settings/file.h>

enum { ITEM_MAX = 9 * 1024 * 1024, NAME_ROOM = LEDGER_NAME_SIZE + 8 };

static const char *const wishes[] = {
    [ASIDE_RELEASE] = ".release", [ASIDE_AGAIN] = ".again", [ASIDE_DONE] = ".done"};
static const char *const reasons[] = {[ASIDE_CRASHED] = "crashed", [ASIDE_UNKNOWN] = "unknown"};

const char *aside_reason_name(enum aside_reason reason)
{
    return reasons[reason];
}

static enum lt_code path_of(const char *folder, const char *name, const char *ending, char **path,
                            struct lt_error *error)
{
    char file[NAME_ROOM];
    snprintf(file, sizeof file, "%s%s", name, ending);
    return lt_folder_path(folder, file, path, error);
}

static void pack(const struct aside_item *item, struct lt_buffer *out)
{
    lt_pack_map(out, 7);
    lt_pack_text(out, "target");
    lt_pack_text(out, item->target);
    lt_pack_text(out, "reason");
    lt_pack_text(out, reasons[item->reason]);
    lt_pack_text(out, "why");
    lt_pack_text(out, item->why);
    lt_pack_text(out, "key");
    lt_pack_text(out, item->key);
    lt_pack_text(out, "at");
    lt_pack_uint(out, item->at);
    lt_pack_text(out, "seq");
    lt_pack_uint(out, item->seq);
    lt_pack_text(out, "sealed");
    lt_pack_bin(out, item->sealed.bytes.data, item->sealed.bytes.size);
}

enum lt_code aside_keep(const char *folder, const struct aside_item *item, struct lt_error *error)
{
    struct lt_buffer bytes = {.max = ITEM_MAX};
    char *path = NULL;
    pack(item, &bytes);
    enum lt_code code = lt_folder_make(folder, 0700, error);
    if (code == LT_DONE && bytes.failed)
        code = lt_fail(error, LT_NO_MEMORY, "no memory for what is set aside");
    if (code == LT_DONE)
        code = path_of(folder, item->name, ".msg", &path, error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&bytes), 0600, error);
    lt_buffer_clear(&bytes);
    free(path);
    return code;
}

static bool is_there(const char *folder, const char *name, const char *ending)
{
    char *path = NULL;
    bool there = path_of(folder, name, ending, &path, NULL) == LT_DONE && access(path, F_OK) == 0;
    free(path);
    return there;
}

static enum aside_wish wish_of(const char *folder, const char *name)
{
    return is_there(folder, name, wishes[ASIDE_DONE])      ? ASIDE_DONE
           : is_there(folder, name, wishes[ASIDE_AGAIN])   ? ASIDE_AGAIN
           : is_there(folder, name, wishes[ASIDE_RELEASE]) ? ASIDE_RELEASE
                                                           : ASIDE_NONE;
}

bool aside_has(const char *folder, const char *name, enum aside_wish *wish)
{
    if (!is_there(folder, name, ".msg"))
        return false;
    *wish = wish_of(folder, name);
    return true;
}

static bool take_text(struct lt_slice map, const char *key, char *text, size_t most)
{
    struct lt_slice found;
    if (!lt_map_str(map, key, &found) || found.size > most)
        return false;
    memcpy(text, found.data, found.size);
    text[found.size] = '\0';
    return true;
}

static bool decode(struct lt_slice map, struct aside_item *item)
{
    struct lt_slice reason, sealed;
    if (!take_text(map, "target", item->target, ASIDE_TARGET) ||
        !take_text(map, "why", item->why, ASIDE_WHY) ||
        !take_text(map, "key", item->key, LEDGER_TEXT) || !lt_map_str(map, "reason", &reason) ||
        !lt_map_uint(map, "at", &item->at) || !lt_map_uint(map, "seq", &item->seq) ||
        !lt_map_bin(map, "sealed", &sealed))
        return false;
    item->reason = lt_slice_is(reason, "unknown") ? ASIDE_UNKNOWN : ASIDE_CRASHED;
    return lt_sealed_decode(sealed, &item->sealed, NULL) == LT_DONE;
}

enum lt_code aside_read(const char *folder, const char *name, struct aside_item *item,
                        struct lt_error *error)
{
    char *path = NULL;
    *item = (struct aside_item){.sealed_bytes.max = ITEM_MAX};
    enum lt_code code = path_of(folder, name, ".msg", &path, error);
    if (code == LT_DONE && access(path, F_OK) != 0)
        code = lt_fail(error, LT_NOT_FOUND, "there is nothing of that name set aside: %s", name);
    if (code == LT_DONE)
        code = lt_file_read(path, &item->sealed_bytes, error);
    if (code == LT_DONE && !decode(lt_buffer_slice(&item->sealed_bytes), item))
        code = lt_fail(error, LT_BAD_FILE, "%s is not whole", path);
    if (code == LT_DONE) {
        snprintf(item->name, sizeof item->name, "%s", name);
        item->wish = wish_of(folder, name);
    } else {
        aside_clear(item);
    }
    free(path);
    return code;
}

void aside_clear(struct aside_item *item)
{
    lt_buffer_clear(&item->sealed_bytes);
}

static int is_item(const struct dirent *entry)
{
    return strlen(entry->d_name) == LEDGER_NAME_SIZE - 1 + 4 &&
           strcmp(entry->d_name + LEDGER_NAME_SIZE - 1, ".msg") == 0;
}

enum lt_code aside_names(const char *folder, struct lt_buffer *names, struct lt_error *error)
{
    struct dirent **found = NULL;
    int count = scandir(folder, &found, is_item, alphasort);
    if (count < 0)
        return errno == ENOENT
                   ? LT_DONE
                   : lt_fail(error, LT_IO, "cannot read %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        found[i]->d_name[LEDGER_NAME_SIZE - 1] = '\0';
        lt_buffer_add(names, found[i]->d_name, LEDGER_NAME_SIZE);
        free(found[i]);
    }
    free(found);
    return names->failed ? lt_fail(error, LT_NO_MEMORY, "too much is set aside to be listed")
                         : LT_DONE;
}

enum lt_code aside_ask(const char *folder, const char *name, enum aside_wish wish,
                       struct lt_error *error)
{
    char *path = NULL;
    if (wish == ASIDE_RELEASE && is_there(folder, name, wishes[ASIDE_AGAIN]))
        return LT_DONE;
    enum lt_code code = path_of(folder, name, wishes[wish], &path, error);
    if (code == LT_DONE)
        code = lt_file_write(path, (struct lt_slice){(const uint8_t *)"", 0}, 0600, error);
    free(path);
    return code;
}

static void remove_one(const char *folder, const char *name, const char *ending)
{
    char *path = NULL;
    if (path_of(folder, name, ending, &path, NULL) == LT_DONE)
        unlink(path);
    free(path);
}

bool aside_begin_again(const char *folder, const char *name)
{
    if (aside_ask(folder, name, ASIDE_AGAIN, NULL) != LT_DONE)
        return false;
    remove_one(folder, name, wishes[ASIDE_RELEASE]);
    return true;
}

void aside_unask(const char *folder, const char *name)
{
    for (size_t wish = ASIDE_RELEASE; wish <= ASIDE_DONE; wish++)
        remove_one(folder, name, wishes[wish]);
}

void aside_remove(const char *folder, const char *name)
{
    remove_one(folder, name, ".msg");
    aside_unask(folder, name);
}
