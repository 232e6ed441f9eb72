// In the order of the table.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pace.h>
#include <lienthon/settings/secret.h>

#include "place.h"

enum { RATE_BURST = 1, RATE_RESERVED = 20 }; // as instance.c has them by default

struct file {
    struct lt_slice text;
    const char *path;
    struct lt_error *error;
};

static const char wanted_name[] = "at most 64 of a-z 0-9 . _ -";
static const char wanted_pattern[] =
    "levels of a-z 0-9 _ - with / between, + for one level, # at the end for all below";

static enum lt_code wrong(const struct file *file, const char *key, size_t item, const char *member,
                          const char *value, size_t size, const char *wanted)
{
    struct place place = place_of(file->text, key, item, member);
    return lt_fail_whole(file->error, LT_BAD_FILE, "%s:%zu:%zu: %s: '%.*s' is none; allowed: %s",
                         file->path, place.line, place.column, key, (int)size, value, wanted);
}

static bool is_hamlet(const char *name)
{
    return lt_topic_valid(lt_slice_of(name)) && !strchr(name, '/');
}

static enum lt_code check_target(const struct file *file, const struct lt_option_pair *target)
{
    if (!lt_durable_valid(lt_slice_of(target->name)))
        return wrong(file, "targets", 0, target->name, target->name, strlen(target->name),
                     wanted_name);
    for (const char *at = target->text; *(at += strspn(at, " ,"));) {
        size_t size = strcspn(at, " ,");
        if (!lt_pattern_valid((struct lt_slice){(const uint8_t *)at, size}))
            return wrong(file, "targets", 0, target->name, at, size, wanted_pattern);
        at += size;
    }
    return LT_DONE;
}

static bool is_far_side(const char *name)
{
    return lt_durable_valid(lt_slice_of(name)) && strlen(name) <= 32;
}

static bool is_loopback(const char *text)
{
    char host[LT_LOOPBACK_MAX + 1];
    uint16_t port;
    return lt_loopback_parse(text, host, &port);
}

static enum lt_code check_texts(const struct file *file, const struct instance_settings *settings)
{
    struct lt_pace_limit limit;
    const char *rate = settings->rate, *far = settings->far_side;
    if (rate && !lt_pace_parse(rate, &limit))
        return wrong(file, "rate", 0, NULL, rate, strlen(rate),
                     "a number, / and a time: 1/s, 20/m, 500/h, 5000/d, 3/10s");
    if (!rate && (settings->burst != RATE_BURST || settings->reserved != RATE_RESERVED)) {
        const char *key = settings->burst != RATE_BURST ? "burst" : "reserved";
        struct place place = place_of(file->text, key, 0, NULL);
        return lt_fail_whole(
            file->error, LT_BAD_FILE,
            "%s:%zu:%zu: %s: it says something of `rate`, and there is none: write one, or "
            "take it out",
            file->path, place.line, place.column, key);
    }
    if (far && !is_far_side(far))
        return wrong(file, "far-side", 0, NULL, far, strlen(far), "at most 32 of a-z 0-9 . _ -");
    if (settings->metrics && *settings->metrics && !is_loopback(settings->metrics))
        return wrong(file, "metrics", 0, NULL, settings->metrics, strlen(settings->metrics),
                     "an address of this machine alone and a port: 127.0.0.1:5780 or [::1]:5780");
    return LT_DONE;
}

enum lt_code check_settings(const struct instance *instance, struct lt_slice text, const char *path,
                            struct lt_error *error)
{
    const struct instance_settings *settings = &instance->settings;
    struct file file = {text, path, error};
    enum lt_code code = LT_DONE;
    if (settings->durable && !lt_durable_valid(lt_slice_of(settings->durable)))
        return wrong(&file, "durable", 0, NULL, settings->durable, strlen(settings->durable),
                     wanted_name);
    code = check_texts(&file, settings);
    for (size_t i = 0; code == LT_DONE && i < settings->subscribe.count; i++) {
        const char *pattern = settings->subscribe.items[i];
        if (!lt_pattern_valid(lt_slice_of(pattern)))
            return wrong(&file, "subscribe", i, NULL, pattern, strlen(pattern), wanted_pattern);
    }
    if (code == LT_DONE && settings->targets.count > INSTANCE_TARGETS)
        return lt_fail_whole(error, LT_BAD_FILE, "%s: targets: there are more than %d", path,
                             INSTANCE_TARGETS);
    for (size_t i = 0; code == LT_DONE && i < settings->targets.count; i++)
        code = check_target(&file, &settings->targets.items[i]);
    for (size_t i = 0; code == LT_DONE && i < settings->hamlets.count; i++) {
        const char *hamlet = settings->hamlets.items[i];
        if (!is_hamlet(hamlet))
            code = wrong(&file, "hamlets", i, NULL, hamlet, strlen(hamlet),
                         "a hamlet as topics have it, an-thuong");
    }
    return code;
}

static enum lt_code lacks(const struct file *file, const char *option, const char *what,
                          const char *name, const char *near)
{
    struct place place = place_of(file->text, "options", 0, option);
    return lt_fail_whole(file->error, LT_BAD_FILE, "%s:%zu:%zu: options.%s: %s '%s'%s%s%s",
                         file->path, place.line, place.column, option, what, name,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

// The host's own targets, as setup.c makes them: those of the file, else one.
static const char *target_name(const struct instance *instance, size_t i)
{
    const struct instance_settings *settings = &instance->settings;
    if (settings->targets.count)
        return settings->targets.items[i].name;
    return settings->durable ? settings->durable : instance->name;
}

static enum lt_code match_targets(const struct instance *instance, const struct file *file,
                                  const char *option, const struct lt_option_map *map)
{
    const char *names[INSTANCE_TARGETS];
    size_t count = instance->settings.targets.count ? instance->settings.targets.count : 1;
    for (size_t i = 0; i < count; i++) {
        names[i] = target_name(instance, i);
        if (!lt_option_map_find(map, names[i]))
            return lacks(file, option, "it says nothing of the target", names[i], NULL);
    }
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (k < count && strcmp(names[k], map->items[i].name) != 0)
            k++;
        if (k == count)
            return lacks(file, option, "there is no target", map->items[i].name,
                         lt_nearest(map->items[i].name, names, count));
    }
    return LT_DONE;
}

enum lt_code check_per_target(const struct instance *instance, struct lt_slice text,
                              const char *path, struct lt_error *error)
{
    static const char prefix[] = "options.";
    struct file file = {text, path, error};
    const char *name = instance->bridge ? instance->bridge->per_target : NULL;
    for (const struct lt_option *option = instance->options; name && option->name; option++) {
        const struct lt_option_map *map =
            (const void *)((const char *)instance->state + option->offset);
        if (option->kind == LT_OPTION_KIND_MAP && map->count > 0 &&
            strcmp(option->name + sizeof prefix - 1, name) == 0)
            return match_targets(instance, &file, name, map);
    }
    return LT_DONE;
}

enum lt_code check_fits(const struct instance *instance, struct lt_slice text, const char *path,
                        struct lt_error *error)
{
    const char *names[INSTANCE_TARGETS], *option = NULL;
    struct lt_error why = {0};
    size_t count = instance->settings.targets.count ? instance->settings.targets.count : 1;
    if (!instance->bridge || !instance->bridge->fits)
        return LT_DONE;
    for (size_t i = 0; i < count; i++)
        names[i] = target_name(instance, i);
    enum lt_code code = instance->bridge->fits(instance->state, names, count, &option, &why);
    if (code == LT_DONE)
        return LT_DONE;
    const char *key = option ? "options" : "targets";
    struct place place = place_of_given(text, key, option);
    if (place.line == 0) // what is missing stands nowhere
        place = place_of(text, key, 0, NULL);
    return lt_fail_whole(error, code, "%s:%zu:%zu: %s%s%s: %s", path, place.line, place.column, key,
                         option ? "." : "", option ? option : "", why.text);
}

// By the name of the option, "options.secret": where it stands in the file.
static enum lt_code blame_option(const struct lt_option *option, const struct file *file,
                                 const struct lt_error *why)
{
    const char *dot = strchr(option->name, '.');
    struct place place = dot ? place_of(file->text, "options", 0, dot + 1)
                             : place_of(file->text, option->name, 0, NULL);
    return lt_fail_whole(file->error, why->code, "%s:%zu:%zu: %s: %s", file->path, place.line,
                         place.column, option->name, why->text);
}

enum lt_code check_secrets(const struct instance *instance, struct lt_slice text, const char *path,
                           struct lt_error *error)
{
    struct file file = {text, path, error};
    struct lt_error why = {0};
    for (const struct lt_option *option = instance->options; option && option->name; option++) {
        if (option->kind != LT_OPTION_KIND_SECRET)
            continue;
        const char *name = *(char *const *)((const char *)instance->state + option->offset);
        // Beside the service there are none to look at.
        if (name && strncmp(name, "credential:", 11) == 0 && !getenv("CREDENTIALS_DIRECTORY"))
            continue;
        lt_secret *secret = NULL;
        enum lt_code code = name ? lt_secret_open(name, &secret, &why) : LT_DONE;
        lt_secret_close(&secret);
        if (code != LT_DONE)
            return blame_option(option, &file, &why);
    }
    return LT_DONE;
}

enum lt_code check_blame(struct lt_slice text, const char *path, const char *key, enum lt_code code,
                         struct lt_error *error)
{
    struct place place = place_of(text, key, 0, NULL);
    struct lt_error why = error ? *error : (struct lt_error){0};
    return lt_fail_whole(error, code, "%s:%zu:%zu: %s: %s", path, place.line, place.column, key,
                         why.text);
}
