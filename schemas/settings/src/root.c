// The commune's root key: plain, or sealed under a passphrase (argon2id for the key, XSalsa20-Poly1305 around it).
//
// The sealed file is text: the line "lienthon root key 1 argon2id OPS MEMORY_KIB", then base64url of
// salt (16) ‖ nonce (24) ‖ secretbox of the seed (48).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "file.h"
#include "secret.h"

#define HEAD "lienthon root key 1 argon2id "

enum {
    SALT = crypto_pwhash_SALTBYTES,
    NONCE = crypto_secretbox_NONCEBYTES,
    BOX = LT_SECRET_SIZE + crypto_secretbox_MACBYTES,
    BLOB = SALT + NONCE + BOX,
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

// A root key's file under a passphrase, once its head is read.
struct sealed {
    const char *path, *question;
    const uint8_t *blob;
    unsigned long long ops;
    size_t memory_kib;
};

static enum lt_code open_box(const struct sealed *sealed, uint8_t *seed, struct lt_error *error)
{
    const uint8_t *blob = sealed->blob;
    char *passphrase = NULL;
    enum lt_code code = lt_passphrase_ask(sealed->question, NULL, &passphrase, error);
    if (code != LT_DONE || passphrase == NULL) {
        return code;
    }
    uint8_t *key = secret_room(crypto_secretbox_KEYBYTES);
    if (key == NULL) {
        sodium_free(passphrase);
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a key");
    }
    code = derive(key, passphrase, blob, sealed->ops, sealed->memory_kib, error);
    sodium_free(passphrase);
    if (code == LT_DONE &&
        crypto_secretbox_open_easy(seed, blob + SALT + NONCE, BOX, blob + SALT, key) != 0) {
        code = lt_fail(error, LT_NOT_ALLOWED,
                       "this is not the passphrase of %s. If it is lost, the key is: what was "
                       "granted goes on; for new rights make a new commune (lienthon init) and "
                       "invite everybody again",
                       sealed->path);
    }
    sodium_free(key);
    return code;
}

static enum lt_code load_sealed(const char *path, const char *question, const char *text,
                                uint8_t *seed, struct lt_error *error)
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
    const struct sealed sealed = {path, question, blob, ops, memory_kib};
    return open_box(&sealed, seed, error);
}

static enum lt_code load_file(const char *path, const char *question, char *text, uint8_t *seed,
                              struct lt_error *error)
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
        return load_sealed(path, question, text, seed, error);
    }
    return secret_decode(text, size, seed) ? LT_DONE : bad_file(path, error);
}

enum lt_code lt_root_load(const char *folder, const char *question, uint8_t *seed,
                          struct lt_error *error)
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
        code = load_file(path, question, text, seed, error);
        sodium_free(text);
    }
    free(path);
    return code;
}
