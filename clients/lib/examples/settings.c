// What the examples need to know, read from the environment.
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool key_of(const char *name, const char *text, uint8_t key[LT_KEY_SIZE])
{
    struct lt_slice slice = lt_slice_of(text);
    while (slice.size > 0 && slice.data[slice.size - 1] == '\n')
        slice.size--;
    if (lt_base64url_decode(slice, key, LT_KEY_SIZE))
        return true;
    fprintf(stderr, "%s: not 32 bytes in base64url\n", name);
    return false;
}

static bool key_in_file(const char *name, uint8_t key[LT_KEY_SIZE])
{
    char line[128] = "";
    const char *path = getenv(name);
    FILE *file = path ? fopen(path, "r") : NULL;
    bool read = file && fgets(line, sizeof line, file);
    if (file)
        fclose(file);
    if (!read)
        fprintf(stderr, "%s: names no file that can be read\n", name);
    return read && key_of(name, line, key);
}

static bool key_in_place(const char *name, uint8_t key[LT_KEY_SIZE])
{
    const char *text = getenv(name);
    return key_of(name, text ? text : "", key);
}

bool settings_read(struct settings *settings)
{
    struct lt_client_config *config = &settings->config;
    config->url = getenv("LIENTHON_URL");
    config->principal = getenv("LIENTHON_PRINCIPAL");
    config->state_folder = getenv("LIENTHON_STATE");
    config->seed = settings->seed;
    config->curve_secret = settings->curve;
    if (!config->url || !config->principal)
        fprintf(stderr, "LIENTHON_URL and LIENTHON_PRINCIPAL are needed\n");
    return config->url && config->principal &&
           key_in_place("LIENTHON_HUB_CURVE", config->hub_curve) &&
           key_in_place("LIENTHON_ROOT", config->root) && settings_keys(settings);
}

bool settings_keys(struct settings *settings)
{
    return key_in_file("LIENTHON_SEED", settings->seed) &&
           key_in_file("LIENTHON_CURVE", settings->curve);
}

lt_client *settings_connect(const char *agent)
{
    struct settings settings = {0};
    struct lt_error error = {0};
    lt_client *client = NULL;
    if (!settings_read(&settings))
        return NULL;
    settings.config.agent = agent;
    if (lt_client_new(&settings.config, &client, &error) != LT_DONE)
        fprintf(stderr, "%s\n", error.text);
    explicit_bzero(settings.seed, sizeof settings.seed);
    explicit_bzero(settings.curve, sizeof settings.curve);
    return client;
}

struct lt_event *settings_await(lt_client *client, uint64_t token, int64_t limit_ms)
{
    struct lt_event *event = lt_client_next(client, limit_ms);
    while (event && event->token != token) {
        if (event->kind == LT_EVENT_DOWN) {
            fprintf(stderr, "%s\n", event->text);
            fflush(stderr);
        }
        lt_event_destroy(&event);
        event = lt_client_next(client, limit_ms);
    }
    return event;
}
