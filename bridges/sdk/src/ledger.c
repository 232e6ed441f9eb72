// The file's name is a hash of target, sender and id: no name from outside becomes a path.
#include "ledger.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/folder.h>

enum { NAME_BYTES = 16 };
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

enum lt_code ledger_open(const char *path, struct ledger *ledger, struct lt_error *error)
{
    enum lt_code code = lt_folder_make(path, 0700, error);
    if (code != LT_DONE)
        return code;
    ledger->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return ledger->folder < 0 ? lt_fail(error, LT_IO, "cannot open %s: %s", path, strerror(errno))
                              : LT_DONE;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->folder >= 0)
        close(ledger->folder);
    ledger->folder = -1;
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
