// Joins a commune and hands in a picture: lienthon-example-join FOLDER [FILE], the invitation's code on standard input
// The keys are made and written down first, since the code is used up by joining; FOLDER/settings is for the other examples:
// `. FOLDER/settings`. Prints the blob's hash, as a message may refer to it, once the hub has all of it.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <lienthon/blob.h>

#include "settings.h"

enum { PATIENCE_MS = 30000 };

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wx"); // never over what is there
    if (!file)
        perror(path);
    return file;
}

static bool keep_key(const char *folder, const char *name, const uint8_t key[LT_KEY_SIZE])
{
    struct lt_buffer text = {.max = 64};
    bool kept = lt_base64url_encode((struct lt_slice){key, LT_KEY_SIZE}, &text);
    FILE *file = kept ? create(folder, name) : NULL;
    kept = file && fprintf(file, "%.*s\n", (int)text.size, (const char *)text.data) > 0;
    if (file)
        kept = fclose(file) == 0 && kept;
    lt_buffer_clear(&text);
    return kept;
}

static bool make_keys(const char *folder, struct settings *settings)
{
    umask(077);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        perror(folder);
        return false;
    }
    return getrandom(settings->seed, LT_SEED_SIZE, 0) == LT_SEED_SIZE &&
           getrandom(settings->curve, LT_KEY_SIZE, 0) == LT_KEY_SIZE &&
           keep_key(folder, "seed", settings->seed) && keep_key(folder, "curve", settings->curve);
}

static void print_key(FILE *file, const char *name, const uint8_t key[LT_KEY_SIZE])
{
    struct lt_buffer text = {.max = 64};
    if (lt_base64url_encode((struct lt_slice){key, LT_KEY_SIZE}, &text))
        fprintf(file, "export %s=%.*s\n", name, (int)text.size, (const char *)text.data);
    lt_buffer_clear(&text);
}

static bool keep_settings(const char *folder, const struct lt_joined *joined)
{
    FILE *file = create(folder, "settings");
    if (!file)
        return false;
    fprintf(file, "export LIENTHON_URL='%s' LIENTHON_PRINCIPAL=%s\n", joined->url,
            joined->principal);
    print_key(file, "LIENTHON_HUB_CURVE", joined->hub_curve);
    print_key(file, "LIENTHON_ROOT", joined->root);
    fprintf(file,
            "export LIENTHON_SEED='%s/seed' LIENTHON_CURVE='%s/curve' LIENTHON_STATE='%s/state'\n",
            folder, folder, folder);
    return fclose(file) == 0;
}

static bool join(const char *folder, struct settings *settings, struct lt_joined *joined)
{
    char code[4096] = "";
    struct lt_error error = {0};
    if (!fgets(code, sizeof code, stdin) || !make_keys(folder, settings))
        return false;
    code[strcspn(code, "\n")] = '\0';
    if (lt_join(lt_slice_of(code), settings->seed, settings->curve, PATIENCE_MS, joined, &error) !=
        LT_DONE) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    printf("joined %s\n", joined->principal);
    return keep_settings(folder, joined);
}

// The library sends it piece by piece and says how far it is.
static bool hand_in(lt_client *client, const char *path)
{
    struct lt_blob blob;
    struct lt_error error = {0};
    uint64_t token = 0;
    char hash[2 * sizeof blob.sha256 + 1];
    enum lt_code code = lt_client_send_file(client, path, &blob, &token, &error);
    struct lt_event *event = code == LT_DONE ? settings_await(client, token, PATIENCE_MS) : NULL;
    while (event && event->more) {
        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " bytes\n", event->offset, event->size);
        lt_event_destroy(&event);
        event = settings_await(client, token, PATIENCE_MS);
    }
    bool done = event && event->code == LT_DONE;
    lt_hex_encode((struct lt_slice){blob.sha256, sizeof blob.sha256}, hash);
    if (done)
        printf("blob %s %" PRIu64 "\n", hash, blob.size);
    else
        fprintf(stderr, "%s\n", event ? event->text : error.text);
    lt_event_destroy(&event);
    return done;
}

int main(int count, char **arguments)
{
    struct settings settings = {0};
    struct lt_joined joined = {0};
    struct lt_error error = {0};
    lt_client *client = NULL;
    if (count != 2 && count != 3) {
        fprintf(stderr, "usage: %s FOLDER [FILE] <CODE\n", arguments[0]);
        return 2;
    }
    bool done = join(arguments[1], &settings, &joined);
    if (done && count == 3) {
        struct lt_client_config *config = &settings.config;
        lt_joined_configure(&joined, config);
        config->seed = settings.seed;
        config->curve_secret = settings.curve;
        config->agent = "lienthon-example-join";
        done = lt_client_new(config, &client, &error) == LT_DONE && hand_in(client, arguments[2]);
    }
    if (error.code != LT_DONE)
        fprintf(stderr, "%s\n", error.text);
    lt_client_destroy(&client, 0);
    lt_joined_clear(&joined);
    explicit_bzero(&settings, sizeof settings);
    return done ? 0 : 1;
}
