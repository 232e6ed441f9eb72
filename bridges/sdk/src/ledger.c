// An entry that comes back after a power cut because its end was not synced is harmless: what is done is told by the client's
// own memory, which is.
#include "ledger.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>
#include <lienthon/settings/file.h>

enum { NAME_BYTES = 16, ENTRY_MAX = 1024 };
static_assert(LEDGER_NAME_SIZE == 2 * NAME_BYTES + 1, "a name is the hash in hex digits");

bool ledger_name(const char *target, const struct lt_part *message, char name[LEDGER_NAME_SIZE])
{
    uint8_t hash[LT_HASH_SIZE];
    struct lt_buffer text = {.max = 1024};
    lt_buffer_add(&text, target, strlen(target) + 1);
    lt_buffer_add(&text, message->from.data, message->from.size);
    lt_buffer_add(&text, "", 1);
    lt_buffer_add(&text, message->id, LT_ID_SIZE);
    lt_hash(lt_buffer_slice(&text), hash);
    lt_hex_encode((struct lt_slice){hash, NAME_BYTES}, name);
    bool whole = !text.failed;
    lt_buffer_clear(&text);
    return whole;
}

static int is_half_written(const struct dirent *entry)
{
    return strlen(entry->d_name) >= LEDGER_NAME_SIZE && entry->d_name[LEDGER_NAME_SIZE - 1] == '.';
}

// What a life that ended while it wrote has left beside the names; nobody else writes here.
static void sweep(const struct ledger *ledger)
{
    struct dirent **found = NULL;
    int count = scandir(ledger->path, &found, is_half_written, NULL);
    for (int i = 0; i < count; i++) {
        unlinkat(ledger->folder, found[i]->d_name, 0);
        free(found[i]);
    }
    free(found);
}

enum lt_code ledger_open(const char *path, struct ledger *ledger, struct lt_error *error)
{
    enum lt_code code = lt_folder_make(path, 0700, error);
    if (code != LT_DONE)
        return code;
    ledger->path = strdup(path);
    if (!ledger->path)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the ledger");
    ledger->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ledger->folder < 0)
        return lt_fail(error, LT_IO, "cannot open %s: %s", path, strerror(errno));
    sweep(ledger);
    return LT_DONE;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->folder >= 0)
        close(ledger->folder);
    free(ledger->path);
    *ledger = (struct ledger){.folder = -1};
}

static bool take_text(struct lt_slice map, const char *key, char text[LEDGER_TEXT + 1])
{
    struct lt_slice found;
    if (!lt_map_str(map, key, &found) || found.size > LEDGER_TEXT ||
        memchr(found.data, 0, found.size))
        return false;
    memcpy(text, found.data, found.size);
    text[found.size] = '\0';
    return true;
}

static bool decode(struct lt_slice bytes, struct ledger_entry *entry)
{
    uint64_t state = 0;
    if (!lt_map_uint(bytes, "state", &state) || state < LEDGER_INTENDED || state > LEDGER_SEEN ||
        !take_text(bytes, "key", entry->key) || !take_text(bytes, "far_id", entry->far_id))
        return false;
    entry->state = (enum ledger_state)state;
    return true;
}

static enum lt_code entry_path(const struct ledger *ledger, const char *target,
                               const struct lt_part *message, char **path, struct lt_error *error)
{
    char name[LEDGER_NAME_SIZE];
    if (!ledger_name(target, message, name))
        return lt_fail(error, LT_NO_MEMORY, "no memory for the ledger");
    return lt_folder_path(ledger->path, name, path, error);
}

enum lt_code ledger_read(const struct ledger *ledger, const char *target,
                         const struct lt_part *message, struct ledger_entry *entry,
                         struct lt_error *error)
{
    struct lt_buffer bytes = {.max = ENTRY_MAX};
    char *path = NULL;
    *entry = (struct ledger_entry){0};
    if (!ledger->path)
        return LT_DONE;
    enum lt_code code = entry_path(ledger, target, message, &path, error);
    if (code == LT_DONE && path && access(path, F_OK) == 0) {
        code = lt_file_read(path, &bytes, error);
        if (code == LT_DONE && bytes.size == 0)
            entry->state = LEDGER_BEGUN;
        else if (code == LT_BAD_FILE ||
                 (code == LT_DONE && !decode(lt_buffer_slice(&bytes), entry)))
            *entry = (struct ledger_entry){.state = LEDGER_INTENDED};
        code = code == LT_BAD_FILE ? LT_DONE : code;
    } else if (code == LT_DONE && errno != ENOENT) {
        code = lt_fail(error, LT_IO, "cannot look into the ledger: %s", strerror(errno));
    }
    lt_buffer_clear(&bytes);
    free(path);
    return code;
}

enum lt_code ledger_write(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, const struct ledger_entry *entry,
                          struct lt_error *error)
{
    struct lt_buffer bytes = {.max = ENTRY_MAX};
    char *path = NULL;
    if (!ledger->path)
        return lt_fail(error, LT_IO, "the ledger is not open");
    if (entry->state >= LEDGER_INTENDED) {
        lt_pack_map(&bytes, 3);
        lt_pack_text(&bytes, "state");
        lt_pack_uint(&bytes, entry->state);
        lt_pack_text(&bytes, "key");
        lt_pack_text(&bytes, entry->key);
        lt_pack_text(&bytes, "far_id");
        lt_pack_text(&bytes, entry->far_id);
    }
    enum lt_code code = bytes.failed ? lt_fail(error, LT_NO_MEMORY, "no memory for the ledger")
                                     : entry_path(ledger, target, message, &path, error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&bytes), 0600, error);
    lt_buffer_clear(&bytes);
    free(path);
    return code;
}

enum lt_code ledger_begin(const struct ledger *ledger, const char *target,
                          const struct lt_part *message, bool *again, struct lt_error *error)
{
    char name[LEDGER_NAME_SIZE];
    *again = false;
    if (!ledger_name(target, message, name))
        return lt_fail(error, LT_NO_MEMORY, "no memory for the ledger");
    int fd = openat(ledger->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        *again = true;
        return LT_DONE;
    }
    if (fd < 0)
        return lt_fail(error, LT_IO, "cannot note what is begun: %s", strerror(errno));
    close(fd);
    fsync(ledger->folder);
    return LT_DONE;
}

void ledger_end(const struct ledger *ledger, const char *target, const struct lt_part *message)
{
    char name[LEDGER_NAME_SIZE];
    if (ledger_name(target, message, name))
        unlinkat(ledger->folder, name, 0);
}
