// A stream in a file, in the open or under a passphrase.
#include "vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/folder.h>
#include <sodium.h>

#include "tongue.h"

#define HEAD "lienthon backup 1 argon2id "

enum {
    PIECE = 64 * 1024,
    SEALED = PIECE + crypto_secretstream_xchacha20poly1305_ABYTES,
    SALT = crypto_pwhash_SALTBYTES,
    HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    LINE_MAX_SIZE = 64,
    OPS = 4,
    MEMORY_KIB = 65536, // a machine of 512 MB serves meanwhile
    OPS_MAX = 100,
    MEMORY_KIB_MAX = 2097152,
    PASSPHRASE_LEAST = 8,
};

struct vault {
    int fd;
    bool sealed, ended;
    crypto_secretstream_xchacha20poly1305_state *state; // sodium_malloc
    char line[LINE_MAX_SIZE]; // said with the first piece, so that it is proved too
    bool begun;
    uint8_t plain[PIECE];
    size_t size; // of what waits in plain
    uint8_t box[SEALED];
};

static enum lt_code write_all(int fd, const uint8_t *bytes, size_t size, struct lt_error *error)
{
    while (size > 0) {
        const ssize_t wrote = write(fd, bytes, size);
        if (wrote < 0 && errno != EINTR) {
            return lt_fail(error, LT_IO, "the backup cannot be written: %s", strerror(errno));
        }
        bytes += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return LT_DONE;
}

// As much as there is, up to size.
static enum lt_code read_all(int fd, uint8_t *bytes, size_t size, size_t *got,
                             struct lt_error *error)
{
    *got = 0;
    while (*got < size) {
        const ssize_t read_now = read(fd, bytes + *got, size - *got);
        if (read_now < 0 && errno != EINTR) {
            return lt_fail(error, LT_IO, "the backup cannot be read: %s", strerror(errno));
        }
        if (read_now == 0) {
            break;
        }
        *got += read_now > 0 ? (size_t)read_now : 0;
    }
    return LT_DONE;
}

// NULL: no memory, or none that can be locked.
static struct vault *make(int fd)
{
    struct vault *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->fd = fd;
        made->state = sodium_malloc(sizeof *made->state);
    }
    if (made != NULL && made->state == NULL) {
        free(made);
        made = NULL;
    }
    return made;
}

void vault_close(struct vault **vault)
{
    if (*vault == NULL) {
        return;
    }
    sodium_free((*vault)->state);
    sodium_memzero(*vault, sizeof **vault); // keys have passed through it
    free(*vault);
    *vault = NULL;
}

static enum lt_code derive(uint8_t *key, const char *passphrase, const uint8_t *salt,
                           unsigned long ops, unsigned long memory_kib, struct lt_error *error)
{
    return crypto_pwhash(key, crypto_secretstream_xchacha20poly1305_KEYBYTES, passphrase,
                         strlen(passphrase), salt, ops, (size_t)memory_kib * 1024,
                         crypto_pwhash_ALG_ARGON2ID13) == 0
               ? LT_DONE
               : lt_fail(error, LT_NO_MEMORY,
                         "the backup's passphrase needs %lu MiB of memory to be checked",
                         memory_kib / 1024);
}

// --- writing ---

static enum lt_code begin_sealed(struct vault *vault, const char *passphrase,
                                 struct lt_error *error)
{
    uint8_t salt[SALT];
    uint8_t header[HEADER];
    if (strlen(passphrase) < PASSPHRASE_LEAST) {
        return lt_fail(error, LT_BAD_USE, "the passphrase must have at least %d characters",
                       PASSPHRASE_LEAST);
    }
    uint8_t *key = sodium_malloc(crypto_secretstream_xchacha20poly1305_KEYBYTES);
    if (key == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    randombytes_buf(salt, sizeof salt);
    enum lt_code code = derive(key, passphrase, salt, OPS, MEMORY_KIB, error);
    if (code == LT_DONE) {
        (void)crypto_secretstream_xchacha20poly1305_init_push(vault->state, header, key);
        const int size = snprintf(vault->line, sizeof vault->line, HEAD "%d %d\n", OPS, MEMORY_KIB);
        code = write_all(vault->fd, (const uint8_t *)vault->line, (size_t)size, error);
    }
    sodium_free(key);
    if (code == LT_DONE) {
        code = write_all(vault->fd, salt, sizeof salt, error);
    }
    return code == LT_DONE ? write_all(vault->fd, header, sizeof header, error) : code;
}

enum lt_code vault_write_begin(int fd, const char *passphrase, struct vault **vault,
                               struct lt_error *error)
{
    struct vault *made = make(fd);
    *vault = made;
    if (made == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    enum lt_code code = LT_DONE;
    if (passphrase != NULL) {
        made->sealed = true;
        code = begin_sealed(made, passphrase, error);
    }
    if (code != LT_DONE) {
        vault_close(vault);
    }
    return code;
}

static enum lt_code push(struct vault *vault, bool last, struct lt_error *error)
{
    unsigned long long size = 0;
    const size_t said = vault->begun ? 0 : strlen(vault->line);
    (void)crypto_secretstream_xchacha20poly1305_push(
        vault->state, vault->box, &size, vault->plain, vault->size, (const uint8_t *)vault->line,
        said, last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    vault->begun = true;
    vault->size = 0;
    return write_all(vault->fd, vault->box, (size_t)size, error);
}

enum lt_code vault_write(struct vault *vault, const void *bytes, size_t size,
                         struct lt_error *error)
{
    const uint8_t *at = bytes;
    if (!vault->sealed) {
        return write_all(vault->fd, at, size, error);
    }
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && size > 0) {
        const size_t room = PIECE - vault->size;
        const size_t taken = size < room ? size : room;
        memcpy(vault->plain + vault->size, at, taken);
        vault->size += taken;
        at += taken;
        size -= taken;
        if (vault->size == PIECE) {
            code = push(vault, false, error);
        }
    }
    return code;
}

enum lt_code vault_write_end(struct vault *vault, struct lt_error *error)
{
    return vault->sealed ? push(vault, true, error) : LT_DONE;
}

// --- reading ---

static enum lt_code is_cut(struct lt_error *error)
{
    return lt_fail(error, LT_BAD_FILE,
                   "the backup is cut off or was changed: take an older one, and make a new one");
}

// The line, the salt and the header; *sealed false: it is in the open, and nothing was read.
static enum lt_code read_line(struct vault *vault, unsigned long *ops, unsigned long *memory_kib,
                              struct lt_error *error)
{
    size_t got = 0;
    int used = 0;
    enum lt_code code =
        read_all(vault->fd, (uint8_t *)vault->line, sizeof vault->line - 1, &got, error);
    vault->line[got] = '\0';
    if (code == LT_DONE && strncmp(vault->line, HEAD, strlen(HEAD)) == 0) {
        vault->sealed = true;
        // NOLINTNEXTLINE(cert-err34-c): the ranges are checked below
        if (sscanf(vault->line, HEAD "%10lu %10lu%n", ops, memory_kib, &used) != 2 ||
            vault->line[used] != '\n' || *ops < 1 || *ops > OPS_MAX || *memory_kib < 8 ||
            *memory_kib > MEMORY_KIB_MAX) {
            return lt_fail(error, LT_BAD_FILE,
                           "the backup is of a kind that this program does not know");
        }
        vault->line[++used] = '\0';
    }
    if (code == LT_DONE && lseek(vault->fd, used, SEEK_SET) < 0) {
        code = lt_fail(error, LT_IO, "the backup cannot be read: %s", strerror(errno));
    }
    return code;
}

static enum lt_code open_sealed(struct vault *vault, unsigned long ops, unsigned long memory_kib,
                                struct lt_error *error)
{
    uint8_t head[SALT + HEADER];
    size_t got = 0;
    char *passphrase = NULL;
    enum lt_code code = read_all(vault->fd, head, sizeof head, &got, error);
    if (code == LT_DONE && got < sizeof head) {
        code = is_cut(error);
    }
    if (code == LT_DONE) {
        code = lt_passphrase_ask(tongue("Passphrase of the backup: "), NULL, &passphrase, error);
    }
    uint8_t *key =
        code == LT_DONE ? sodium_malloc(crypto_secretstream_xchacha20poly1305_KEYBYTES) : NULL;
    if (code == LT_DONE && key == NULL) {
        code = lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    if (code == LT_DONE && passphrase != NULL && key != NULL) {
        code = derive(key, passphrase, head, ops, memory_kib, error);
    }
    if (code == LT_DONE && key != NULL &&
        crypto_secretstream_xchacha20poly1305_init_pull(vault->state, head + SALT, key) != 0) {
        code = is_cut(error);
    }
    sodium_free(passphrase);
    sodium_free(key);
    return code;
}

enum lt_code vault_read_begin(int fd, struct vault **vault, struct lt_error *error)
{
    unsigned long ops = 0;
    unsigned long memory_kib = 0;
    struct vault *made = make(fd);
    *vault = made;
    if (made == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    enum lt_code code = read_line(made, &ops, &memory_kib, error);
    if (code == LT_DONE && made->sealed) {
        code = open_sealed(made, ops, memory_kib, error);
    }
    if (code != LT_DONE) {
        vault_close(vault);
    }
    return code;
}

static enum lt_code pull(struct vault *vault, size_t got, struct lt_slice *piece,
                         struct lt_error *error)
{
    unsigned long long size = 0;
    unsigned char tag = 0;
    const size_t said = vault->begun ? 0 : strlen(vault->line);
    if (crypto_secretstream_xchacha20poly1305_pull(vault->state, vault->plain, &size, &tag,
                                                   vault->box, got, (const uint8_t *)vault->line,
                                                   said) != 0) {
        return vault->begun ? is_cut(error)
                            : lt_fail(error, LT_NOT_ALLOWED,
                                      "this is not the backup's passphrase, or the backup was "
                                      "changed");
    }
    vault->begun = true;
    vault->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (!vault->ended && got < SEALED) {
        return is_cut(error);
    }
    *piece = (struct lt_slice){vault->plain, (size_t)size};
    return LT_DONE;
}

enum lt_code vault_read(struct vault *vault, struct lt_slice *piece, struct lt_error *error)
{
    size_t got = 0;
    *piece = (struct lt_slice){0};
    enum lt_code code = LT_DONE;
    if (!vault->sealed) {
        code = read_all(vault->fd, vault->plain, PIECE, &got, error);
        *piece = (struct lt_slice){vault->plain, got};
        return code;
    }
    while (code == LT_DONE && !vault->ended && piece->size == 0) {
        code = read_all(vault->fd, vault->box, SEALED, &got, error);
        if (code == LT_DONE) {
            code = got == 0 ? is_cut(error) : pull(vault, got, piece, error);
        }
    }
    return code;
}
