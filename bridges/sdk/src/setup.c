// Before anything is connected: folders, targets with their patterns, which hamlets are served.
#include "setup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "aside.h"
#include "presence.h"
#include "trial.h"

enum { BREAKER_MOST_MS = 600000, BREAKER_TRY_MS = 120000 };

static bool list_add(struct lt_option_list *list, const char *text, size_t size)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items)
        return false;
    list->items = items;
    items[list->count] = strndup(text, size);
    return items[list->count] && ++list->count;
}

static enum lt_code add_pattern(struct target *target, const char *text, size_t size,
                                struct lt_error *error)
{
    struct lt_slice pattern = {(const uint8_t *)text, size};
    if (!lt_pattern_valid(pattern))
        return lt_fail(error, LT_BAD_USE, "'%.*s' is no topic pattern (target %s)", (int)size, text,
                       target->name);
    return list_add(&target->patterns, text, size)
               ? LT_DONE
               : lt_fail(error, LT_NO_MEMORY, "no memory for patterns");
}

// "a/b, a/c/#" into patterns.
static enum lt_code split_patterns(struct target *target, const char *text, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && *(text += strspn(text, " ,"))) {
        size_t size = strcspn(text, " ,");
        code = add_pattern(target, text, size, error);
        text += size;
    }
    return code;
}

enum lt_code setup_patterns(const struct lt_bridge_host *host, struct target *target,
                            struct lt_error *error)
{
    const struct lt_grant *grant = host->instance.own.grant;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && grant && i < grant->powers.subscribe_count; i++) {
        const struct lt_names *topics = &grant->powers.subscribe[i].topics;
        for (size_t k = 0; code == LT_DONE && k < topics->count; k++)
            if (topics->item[k].data[0] != '$')
                code = add_pattern(target, (const char *)topics->item[k].data, topics->item[k].size,
                                   error);
    }
    return code;
}

static enum lt_code single_target(struct lt_bridge_host *host, struct lt_error *error)
{
    const struct instance_settings *settings = &host->instance.settings;
    struct target *target = &host->targets[0];
    enum lt_code code = LT_DONE;
    target->name = strdup(settings->durable ? settings->durable : host->instance.name);
    if (!target->name)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a target");
    for (size_t i = 0; code == LT_DONE && i < settings->subscribe.count; i++)
        code = add_pattern(target, settings->subscribe.items[i],
                           strlen(settings->subscribe.items[i]), error);
    if (code == LT_DONE && target->patterns.count == 0) {
        target->follows_grant = true;
        code = setup_patterns(host, target, error);
    }
    return code;
}

static enum lt_code make_targets(struct lt_bridge_host *host, struct lt_error *error)
{
    const struct lt_option_map *map = &host->instance.settings.targets;
    enum lt_code code = LT_DONE;
    host->target_count = map->count ? map->count : 1;
    host->targets = calloc(host->target_count, sizeof *host->targets);
    if (!host->targets) {
        host->target_count = 0;
        return lt_fail(error, LT_NO_MEMORY, "no memory for targets");
    }
    if (!map->count)
        code = single_target(host, error);
    for (size_t i = 0; code == LT_DONE && i < map->count; i++) {
        if (!lt_durable_valid(lt_slice_of(map->items[i].name)))
            return lt_fail(error, LT_BAD_USE,
                           "'%s' is no name of a target: at most 64 of a-z 0-9 . _ -",
                           map->items[i].name);
        host->targets[i].name = strdup(map->items[i].name);
        if (!host->targets[i].name)
            return lt_fail(error, LT_NO_MEMORY, "no memory for a target");
        code = split_patterns(&host->targets[i], map->items[i].text, error);
    }
    for (size_t i = 0; code == LT_DONE && i < host->target_count; i++)
        if (host->targets[i].patterns.count == 0)
            return lt_fail(error, LT_BAD_USE,
                           "target %s has no topics: write `subscribe:` in bridges/%s.yaml, or "
                           "join again so that the identity's "
                           "grant is in its bundle",
                           host->targets[i].name, host->instance.name);
    return code;
}

void setup_hamlets(struct lt_bridge_host *host)
{
    const struct lt_option_list *given = &host->instance.settings.hamlets;
    const char *xa = host->instance.identity.xa;
    for (size_t i = 0; i < host->target_count; i++) {
        struct target *target = &host->targets[i];
        target->applies = (struct applies){.channel = host->instance.bridge->channel};
        for (size_t k = 0; k < given->count && k < APPLIES_HAMLETS; k++)
            target->applies.hamlets[target->applies.count++] = lt_slice_of(given->items[k]);
        for (size_t k = 0; !given->count && xa && k < target->patterns.count; k++)
            applies_learn(&target->applies, lt_slice_of(xa),
                          lt_slice_of(target->patterns.items[k]));
    }
}

static enum lt_code open_kept(struct lt_bridge_host *host, struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = lt_folder_path(host->own_folder, "kept", &path, error);
    if (code == LT_DONE)
        code = kept_open(path, &host->kept, error);
    free(path);
    return code;
}

static enum lt_code make_folders(struct lt_bridge_host *host, struct lt_error *error)
{
    char *begun = NULL;
    enum lt_code code = instance_state(&host->instance, NULL, &host->own_folder, error);
    if (code == LT_DONE)
        code = lt_folder_path(host->own_folder, "files", &host->bridge_folder, error);
    if (code == LT_DONE)
        code = lt_folder_make(host->bridge_folder, 0700, error);
    if (code == LT_DONE && host->presence < 0)
        code = presence_take(host->own_folder, &host->presence, error);
    if (code == LT_DONE)
        code = lt_folder_path(host->own_folder, "begun", &begun, error);
    if (code == LT_DONE)
        code = ledger_open(begun, &host->ledger, error);
    if (code == LT_DONE)
        code = lt_folder_path(host->own_folder, ASIDE_FOLDER, &host->aside_folder, error);
    if (code == LT_DONE)
        code = lt_folder_path(host->own_folder, TRIAL_FOLDER, &host->trial_folder, error);
    if (code == LT_DONE)
        code = trial_open(host->trial_folder, error);
    free(begun);
    if (code == LT_DONE && host->instance.bridge->early)
        code = open_kept(host, error);
    return code;
}

static void set_limits(struct lt_bridge_host *host)
{
    const struct instance_settings *settings = &host->instance.settings;
    const struct lt_breaker_limit breaker = {
        .failures = (unsigned)settings->breaker,
        .rest_ms = (uint64_t)settings->breaker_rest_ms,
        .most_ms = BREAKER_MOST_MS,
        .try_ms = BREAKER_TRY_MS,
    };
    struct lt_pace_limit pace = {
        .burst = (uint64_t)settings->burst,
        .reserved = (unsigned)settings->reserved,
    };
    if (settings->rate && !lt_pace_parse(settings->rate, &pace))
        return; // check.c has refused it
    for (size_t i = 0; i < host->target_count; i++) {
        lt_pace_init(&host->targets[i].pace, &pace);
        lt_breaker_init(&host->targets[i].breaker, &breaker);
    }
}

// SIGTERM, SIGINT and SIGHUP were blocked by main before any thread began.
static enum lt_code watch_signals(struct lt_bridge_host *host, struct lt_error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    host->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return host->signals < 0 ? lt_fail(error, LT_IO, "cannot wait for signals: %s", strerror(errno))
                             : LT_DONE;
}

enum lt_code setup_host(struct lt_bridge_host *host, struct lt_error *error)
{
    enum lt_code code = host->rehearses ? LT_DONE : make_folders(host, error);
    if (code == LT_DONE)
        code = make_targets(host, error);
    if (code == LT_DONE)
        set_limits(host);
    if (code == LT_DONE)
        code = watch_signals(host, error);
    if (code == LT_DONE && !(host->types = lt_types_new(error)))
        code = error && error->code != LT_DONE ? error->code : LT_NO_MEMORY;
    if (code == LT_DONE)
        setup_hamlets(host);
    return code;
}
