// Secrets by name (secret.h of the public headers); key files are secret.c's.
#include "lienthon/settings/secret.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "secret.h"

static const char of_file[] = "file:";
static const char of_credential[] = "credential:";

struct lt_secret {
    size_t size;
    char text[LT_SECRET_TEXT_MAX + 2];
};

static const char *after(const char *name, const char *prefix)
{
    const size_t size = strlen(prefix);
    return strncmp(name, prefix, size) == 0 && name[size] != '\0' ? name + size : NULL;
}

static const char *credential_of(const char *name)
{
    const char *credential = after(name, of_credential);
    const bool plain = credential != NULL && strchr(credential, '/') == NULL &&
                       strcmp(credential, ".") != 0 && strcmp(credential, "..") != 0;
    return plain ? credential : NULL;
}

bool lt_secret_is_name(const char *name)
{
    return after(name, of_file) != NULL || credential_of(name) != NULL;
}

static enum lt_code path_of(const char *name, char **path, unsigned *forbidden,
                            struct lt_error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *credential = credential_of(name);
    *forbidden = credential != NULL ? CREDENTIAL_OTHERS : SECRET_OTHERS;
    if (credential == NULL) {
        return lt_folder_path(".", after(name, of_file), path, error);
    }
    if (folder == NULL || folder[0] != '/') {
        return lt_fail(error, LT_NOT_FOUND,
                       "there are no credentials here ($CREDENTIALS_DIRECTORY is not set): write "
                       "LoadCredential=%s:PATH into the unit",
                       credential);
    }
    return lt_folder_path(folder, credential, path, error);
}

static enum lt_code read_into(lt_secret *secret, const char *path, unsigned forbidden,
                              struct lt_error *error)
{
    const enum lt_code code =
        secret_read(path, forbidden, secret->text, sizeof secret->text, &secret->size, error);
    while (code == LT_DONE && secret->size > 0 &&
           (secret->text[secret->size - 1] == '\n' || secret->text[secret->size - 1] == '\r')) {
        secret->size--;
    }
    if (code == LT_DONE && (secret->size == 0 || secret->size > LT_SECRET_TEXT_MAX)) {
        return lt_fail(error, LT_BAD_FILE, "%s must have 1 to %d bytes", path, LT_SECRET_TEXT_MAX);
    }
    return code;
}

enum lt_code lt_secret_open(const char *name, lt_secret **out, struct lt_error *error)
{
    char *path = NULL;
    unsigned forbidden = 0;
    *out = NULL;
    if (!lt_secret_is_name(name)) {
        return lt_fail(error, LT_BAD_USE,
                       "this is no name of a secret; allowed: file:PATH or credential:NAME");
    }
    lt_secret *secret = secret_room(sizeof *secret);
    if (secret == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a secret");
    }
    enum lt_code code = path_of(name, &path, &forbidden, error);
    if (code == LT_DONE) {
        code = read_into(secret, path, forbidden, error);
    }
    free(path);
    if (code != LT_DONE) {
        lt_secret_close(&secret);
    }
    *out = secret;
    return code;
}

struct lt_slice lt_secret_bytes(const lt_secret *secret)
{
    return secret != NULL ? (struct lt_slice){(const uint8_t *)secret->text, secret->size}
                          : (struct lt_slice){0};
}

void *lt_secret_room(size_t size)
{
    return secret_room(size);
}

void lt_secret_room_free(void *room)
{
    sodium_free(room);
}

void lt_secret_close(lt_secret **secret)
{
    sodium_free(*secret);
    *secret = NULL;
}
