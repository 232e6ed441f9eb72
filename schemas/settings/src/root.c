// The commune's root key: plain, or sealed under a passphrase (argon2id for the key, XSalsa20-Poly1305 around it).
//
// The sealed file is text: the line "lienthon root key 1 argon2id OPS MEMORY_KIB", then base64url of
// salt (16) ‖ nonce (24) ‖ secretbox of the seed (48).
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "file.h"
#include "secret.h"

#define HEAD "lienthon root key 1 argon2id "

enum {
    SALT = crypto_pwhash_SALTBYTES,
    NONCE = crypto_secretbox_NONCEBYTES,
    BOX = LT_SECRET_SIZE + crypto_secretbox_MACBYTES,
    BLOB = SALT + NONCE + BOX,
    PASSPHRASE_MAX = 1024,
    PASSPHRASE_LEAST = 8,
    OPS = 3,
    MEMORY_KIB = 262144, // 256 MiB, once, when grants are made
    OPS_MAX = 100,
    MEMORY_KIB_MAX = 2097152,
};

static enum lt_code root_path(const char *folder, char **path, struct lt_error *error)
{
    return lt_folder_path(folder, "keys/root.seed", path, error);
}

static enum lt_code derive(uint8_t *key, const char *passphrase, const uint8_t *salt,
                           unsigned long long ops, size_t memory_kib, struct lt_error *error)
{
    if (crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), salt, ops,
                      memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return lt_fail(error, LT_NO_MEMORY,
                       "the root key's passphrase needs %zu MiB of memory to be checked",
                       memory_kib / 1024);
    }
    return LT_DONE;
}

static enum lt_code save_sealed(const char *path, const uint8_t *seed, const char *passphrase,
                                struct lt_error *error)
{
    uint8_t *key = secret_room(crypto_secretbox_KEYBYTES);
    if (key == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    uint8_t blob[BLOB];
    randombytes_buf(blob, SALT + NONCE);
    enum lt_code code = derive(key, passphrase, blob, OPS, MEMORY_KIB, error);
    if (code == LT_DONE) {
        crypto_secretbox_easy(blob + SALT + NONCE, seed, LT_SECRET_SIZE, blob + SALT, key);
    }
    sodium_free(key);
    if (code != LT_DONE) {
        return code;
    }
    struct lt_buffer text = {.max = SECRET_FILE_MAX - 1};
    lt_buffer_print(&text, HEAD "%d %d\n", OPS, MEMORY_KIB);
    lt_base64url_encode((struct lt_slice){blob, sizeof blob}, &text);
    lt_buffer_print(&text, "\n");
    code = text.failed ? lt_fail(error, LT_NO_MEMORY, "no memory for the root key's file")
                       : file_create(path, lt_buffer_slice(&text), 0600, error);
    lt_buffer_clear(&text);
    return code;
}

enum lt_code lt_root_save(const char *folder, const uint8_t *seed, const char *passphrase,
                          struct lt_error *error)
{
    if (passphrase != NULL && strlen(passphrase) < PASSPHRASE_LEAST) {
        return lt_fail(error, LT_BAD_USE, "the passphrase must have at least %d characters",
                       PASSPHRASE_LEAST);
    }
    char *path = NULL;
    enum lt_code code = root_path(folder, &path, error);
    if (code == LT_DONE) {
        code = passphrase == NULL ? lt_secret_save(path, seed, error)
                                  : save_sealed(path, seed, passphrase, error);
    }
    free(path);
    return code;
}

static enum lt_code bad_file(const char *path, struct lt_error *error)
{
    return lt_fail(error, LT_BAD_FILE,
                   "%s:1:1: neither a key nor one under a passphrase; take it from your backup",
                   path);
}

static enum lt_code open_box(const char *path, const uint8_t *blob, unsigned long long ops,
                             size_t memory_kib, uint8_t *seed, struct lt_error *error)
{
    char *passphrase = NULL;
    enum lt_code code =
        lt_passphrase_ask("Passphrase of the commune's root key: ", false, &passphrase, error);
    if (code != LT_DONE || passphrase == NULL) {
        return code;
    }
    uint8_t *key = secret_room(crypto_secretbox_KEYBYTES);
    if (key == NULL) {
        sodium_free(passphrase);
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    code = derive(key, passphrase, blob, ops, memory_kib, error);
    sodium_free(passphrase);
    if (code == LT_DONE &&
        crypto_secretbox_open_easy(seed, blob + SALT + NONCE, BOX, blob + SALT, key) != 0) {
        code = lt_fail(error, LT_NOT_ALLOWED,
                       "this is not the passphrase of %s. If it is lost, the key is: what was "
                       "granted goes on; for new rights make a new commune (lienthon init) and "
                       "invite everybody again",
                       path);
    }
    sodium_free(key);
    return code;
}

static enum lt_code load_sealed(const char *path, const char *text, uint8_t *seed,
                                struct lt_error *error)
{
    unsigned long ops = 0;
    unsigned long memory_kib = 0;
    int used = 0;
    // NOLINTNEXTLINE(cert-err34-c): the ranges are checked below
    if (sscanf(text, HEAD "%10lu %10lu\n%n", &ops, &memory_kib, &used) != 2 || used == 0 ||
        ops < 1 || ops > OPS_MAX || memory_kib < 8 || memory_kib > MEMORY_KIB_MAX) {
        return bad_file(path, error);
    }
    uint8_t blob[BLOB];
    const char *coded = text + used;
    const struct lt_slice slice = {(const uint8_t *)coded, strcspn(coded, "\r\n")};
    if (!lt_base64url_decode(slice, blob, sizeof blob)) {
        return bad_file(path, error);
    }
    return open_box(path, blob, ops, memory_kib, seed, error);
}

static enum lt_code load_file(const char *path, char *text, uint8_t *seed, struct lt_error *error)
{
    size_t size = 0;
    const enum lt_code code = secret_read(path, SECRET_OTHERS, text, SECRET_FILE_MAX, &size, error);
    if (code == LT_NOT_FOUND) {
        return lt_fail(error, code,
                       "%s is not here: only the commune's own folder (lienthon init) has it",
                       path);
    }
    if (code != LT_DONE) {
        return code;
    }
    text[size] = '\0';
    if (strncmp(text, HEAD, strlen(HEAD)) == 0) {
        return load_sealed(path, text, seed, error);
    }
    return secret_decode(text, size, seed) ? LT_DONE : bad_file(path, error);
}

enum lt_code lt_root_load(const char *folder, uint8_t *seed, struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = root_path(folder, &path, error);
    if (code != LT_DONE) {
        return code;
    }
    char *text = secret_room(SECRET_FILE_MAX + 1);
    if (text == NULL) {
        code = lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    } else {
        code = load_file(path, text, seed, error);
        sodium_free(text);
    }
    free(path);
    return code;
}

// One line into `line`, without its end. false: no line, or one that is too long.
static bool read_line(int fd, char *line, size_t room)
{
    size_t size = 0;
    while (size < room) {
        const ssize_t got = read(fd, line + size, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || line[size] == '\n') {
            size -= size > 0 && line[size - 1] == '\r';
            line[size] = '\0';
            return got > 0 || size > 0;
        }
        size++;
    }
    return false;
}

static enum lt_code from_file(const char *path, char *line, struct lt_error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return lt_fail(error, LT_IO, "cannot open %s (LIENTHON_PASSPHRASE_FILE): %s", path,
                       strerror(errno));
    }
    const bool got = read_line(fd, line, PASSPHRASE_MAX);
    close(fd);
    return got && line[0] != '\0'
               ? LT_DONE
               : lt_fail(error, LT_BAD_FILE,
                         "%s:1:1: the passphrase must be its first line, at most %d bytes", path,
                         PASSPHRASE_MAX - 1);
}

static bool ask_once(int terminal, const char *what, char *line)
{
    struct termios before;
    if (tcgetattr(terminal, &before) != 0) {
        return false;
    }
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0) {
        return false;
    }
    const bool asked = write(terminal, what, strlen(what)) >= 0;
    const bool got = asked && read_line(terminal, line, PASSPHRASE_MAX);
    const bool ended = write(terminal, "\n", 1) == 1;
    return tcsetattr(terminal, TCSAFLUSH, &before) == 0 && got && ended;
}

static enum lt_code ask(int terminal, const char *what, bool is_new, char *line,
                        struct lt_error *error)
{
    if (!ask_once(terminal, what, line)) {
        return lt_fail(error, LT_IO, "no passphrase was given");
    }
    if (!is_new) {
        return LT_DONE;
    }
    char *again = secret_room(PASSPHRASE_MAX);
    if (again == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a passphrase");
    }
    enum lt_code code = LT_DONE;
    if (!ask_once(terminal, "Once more: ", again) || strcmp(line, again) != 0) {
        code = lt_fail(error, LT_BAD_USE, "the two passphrases are not the same; try again");
    }
    sodium_free(again);
    return code;
}

enum lt_code lt_passphrase_ask(const char *what, bool is_new, char **passphrase,
                               struct lt_error *error)
{
    *passphrase = NULL;
    char *line = secret_room(PASSPHRASE_MAX);
    if (line == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a passphrase");
    }
    enum lt_code code = LT_DONE;
    const char *path = getenv("LIENTHON_PASSPHRASE_FILE");
    if (path != NULL && path[0] != '\0') {
        code = from_file(path, line, error);
    } else {
        const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal < 0) {
            code = lt_fail(error, LT_BAD_USE,
                           "a passphrase is needed and there is no terminal to ask at; put it "
                           "into a file and name that in LIENTHON_PASSPHRASE_FILE");
        } else {
            code = ask(terminal, what, is_new, line, error);
            close(terminal);
        }
    }
    if (code != LT_DONE) {
        sodium_free(line);
        return code;
    }
    *passphrase = line;
    return LT_DONE;
}
