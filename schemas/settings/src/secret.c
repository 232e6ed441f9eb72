// Key files: 32 secret bytes as base64url on one line, made once, readable by their owner alone.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "file.h"
#include "secret.h"

enum { TEXT_SIZE = 43 }; // of 32 bytes in base64url

void *secret_room(size_t size)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(size);
}

enum lt_code lt_secret_save(const char *path, const uint8_t *secret, struct lt_error *error)
{
    char *text = secret_room(TEXT_SIZE + 2);
    if (text == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    sodium_bin2base64(text, TEXT_SIZE + 1, secret, LT_SECRET_SIZE,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    text[TEXT_SIZE] = '\n';
    const struct lt_slice bytes = {(const uint8_t *)text, TEXT_SIZE + 1};
    const enum lt_code code = file_create(path, bytes, 0600, error);
    sodium_free(text);
    return code;
}

static enum lt_code check_owner(int fd, const char *path, unsigned forbidden,
                                struct lt_error *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return lt_fail(error, LT_IO, "cannot look at %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return lt_fail(error, LT_BAD_FILE, "%s is no file", path);
    }
    if ((about.st_mode & forbidden) != 0) {
        return lt_fail(error, LT_BAD_FILE,
                       "%s can be read by others; run: chmod 600 %s (and think of it as known)",
                       path, path);
    }
    return LT_DONE;
}

enum lt_code secret_read(const char *path, unsigned forbidden, char *text, size_t room,
                         size_t *size, struct lt_error *error)
{
    // A pipe would be waited for.
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return lt_fail(error, errno == ENOENT ? LT_NOT_FOUND : LT_IO, "cannot open %s: %s", path,
                       strerror(errno));
    }
    enum lt_code code = check_owner(fd, path, forbidden, error);
    *size = 0;
    while (code == LT_DONE && *size < room) {
        const ssize_t got = read(fd, text + *size, room - *size);
        if (got < 0 && errno != EINTR) {
            code = lt_fail(error, LT_IO, "cannot read %s: %s", path, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        *size += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (code == LT_DONE && *size == room) {
        code = lt_fail(error, LT_BAD_FILE, "%s is larger than a key file is", path);
    }
    return code;
}

bool secret_decode(const char *text, size_t size, uint8_t *secret)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
        size--;
    }
    return lt_base64url_decode((struct lt_slice){(const uint8_t *)text, size}, secret,
                               LT_SECRET_SIZE);
}

static enum lt_code load(const char *path, unsigned forbidden, uint8_t *secret,
                         struct lt_error *error)
{
    char *text = secret_room(SECRET_FILE_MAX);
    if (text == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    size_t size = 0;
    enum lt_code code = secret_read(path, forbidden, text, SECRET_FILE_MAX, &size, error);
    if (code == LT_DONE && !secret_decode(text, size, secret)) {
        code = lt_fail(error, LT_BAD_FILE,
                       "%s:1:1: no key; it must be 43 characters of base64url on one line", path);
    }
    sodium_free(text);
    return code;
}

enum lt_code lt_secret_load(const char *path, uint8_t *secret, struct lt_error *error)
{
    return load(path, SECRET_OTHERS, secret, error);
}

static enum lt_code key_path(const char *folder, const char *name, const char *kind, char **path,
                             struct lt_error *error)
{
    char file[256];
    const int size = snprintf(file, sizeof file, "keys/%s.%s", name, kind);
    if (size < 0 || (size_t)size >= sizeof file || strchr(name, '/') != NULL) {
        return lt_fail(error, LT_BAD_USE, "'%.64s' is no name for a key", name);
    }
    return lt_folder_path(folder, file, path, error);
}

// Both files or none.
static enum lt_code save_pair(const char *folder, const char *name, const uint8_t *seed,
                              const uint8_t *curve, struct lt_error *error)
{
    char *seed_path = NULL;
    char *curve_path = NULL;
    enum lt_code code = key_path(folder, name, "seed", &seed_path, error);
    if (code == LT_DONE) {
        code = key_path(folder, name, "curve", &curve_path, error);
    }
    if (seed_path != NULL && curve_path != NULL) {
        code = lt_secret_save(seed_path, seed, error);
        const bool made = code == LT_DONE;
        if (made) {
            code = lt_secret_save(curve_path, curve, error);
        }
        if (made && code != LT_DONE) {
            unlink(seed_path);
        }
    }
    free(seed_path);
    free(curve_path);
    return code;
}

static bool public_halves(const uint8_t *seed, const uint8_t *curve, uint8_t *public_seal,
                          uint8_t *public_curve)
{
    uint8_t *secret_seal = secret_room(crypto_sign_SECRETKEYBYTES);
    if (secret_seal == NULL) {
        return false;
    }
    crypto_sign_seed_keypair(public_seal, secret_seal, seed);
    sodium_free(secret_seal);
    return crypto_scalarmult_base(public_curve, curve) == 0;
}

enum lt_code lt_keys_make(const char *folder, const char *name, uint8_t *public_seal,
                          uint8_t *public_curve, struct lt_error *error)
{
    char *keys = NULL;
    enum lt_code code = lt_folder_path(folder, "keys", &keys, error);
    if (code == LT_DONE) {
        code = lt_folder_make(keys, 0700, error);
    }
    free(keys);
    if (code != LT_DONE) {
        return code;
    }
    uint8_t *secrets = secret_room((size_t)2 * LT_SECRET_SIZE);
    if (secrets == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for keys");
    }
    uint8_t *seed = secrets;
    uint8_t *curve = secrets + LT_SECRET_SIZE;
    randombytes_buf(secrets, (size_t)2 * LT_SECRET_SIZE);
    code = save_pair(folder, name, seed, curve, error);
    if (code == LT_DONE && !public_halves(seed, curve, public_seal, public_curve)) {
        code = lt_fail(error, LT_NO_MEMORY, "no locked memory for keys");
    }
    sodium_free(secrets);
    return code;
}

// What the service manager has laid there for this process alone, under the key file's own name; *path is
// NULL where there is none.
static enum lt_code find_credential(const char *file, char **path, struct lt_error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *slash = strrchr(file, '/');
    *path = NULL;
    if (folder == NULL || folder[0] != '/') {
        return LT_DONE;
    }
    const enum lt_code code = lt_folder_path(folder, slash != NULL ? slash + 1 : file, path, error);
    if (code == LT_DONE && access(*path, F_OK) != 0) {
        free(*path);
        *path = NULL;
    }
    return code;
}

static enum lt_code load_from(const char *folder, const char *file, uint8_t *secret,
                              struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = find_credential(file, &path, error);
    if (path != NULL) {
        code = load(path, CREDENTIAL_OTHERS, secret, error);
        free(path);
        return code;
    }
    if (code == LT_DONE) {
        code = lt_folder_path(folder, file, &path, error);
    }
    if (code == LT_DONE) {
        code = lt_secret_load(path, secret, error);
    }
    free(path);
    return code;
}

enum lt_code lt_keys_load(const char *folder, const struct lt_identity *identity, uint8_t *seed,
                          uint8_t *curve_secret, struct lt_error *error)
{
    const enum lt_code code = load_from(folder, identity->seed, seed, error);
    return code == LT_DONE ? load_from(folder, identity->curve, curve_secret, error) : code;
}
