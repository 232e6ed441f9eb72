// The file is tried before anything is closed.
#include "reload.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "presence.h"

enum { LOOKS = 240, LOOK_MS = 50, WRONG_MAX = 1024, HUB_MS = 8000 };

// So begins what is told where the file is right, and the hub has not taken what it asks for.
static const char by_hub[] = "hub: ";

static void try_file(struct lt_bridge_host *host)
{
    struct instance fresh = {0};
    struct lt_error error = {0};
    host->reloads++;
    if (instance_load(host->instance.folder, host->instance.name, &fresh, &error) == LT_DONE) {
        instance_clear(&fresh);
        log_line(LOG_INFO_LINE, "its file is right, it begins anew");
        host->stops = host->begins_anew = true;
        return;
    }
    log_line(LOG_ERROR_LINE, "its file is wrong, it goes on as it was why=%s", error.text);
    presence_tell(host->presence, host->reloads, error.text);
}

void reload_signals(struct lt_bridge_host *host)
{
    struct signalfd_siginfo came;
    bool wanted = false;
    while (read(host->signals, &came, sizeof came) == (ssize_t)sizeof came) {
        if (came.ssi_signo == SIGHUP)
            wanted = true;
        else
            host->stops = true;
    }
    if (wanted && !host->stops)
        try_file(host);
}

void reload_begins(struct lt_bridge_host *host, uint64_t reloads, const char *wrong)
{
    host->reloads = reloads;
    if (reloads && !wrong)
        host->reload_until = host_clock() + HUB_MS;
    else
        presence_tell(host->presence, reloads, wrong);
}

static void tell(struct lt_bridge_host *host, const char *what)
{
    host->reload_until = 0;
    presence_tell(host->presence, host->reloads, what);
}

void reload_look(struct lt_bridge_host *host, const char *refused)
{
    char text[WRONG_MAX];
    if (!host->reload_until)
        return;
    size_t taken = 0;
    for (size_t i = 0; i < host->target_count; i++)
        taken += host->targets[i].subscribed;
    if (refused || host_clock() >= host->reload_until) {
        snprintf(text, sizeof text, "%s%s", by_hub,
                 refused ? refused
                         : "the hub has not taken its subscription yet: its log says more");
        tell(host, text);
    } else if (taken == host->target_count) {
        tell(host, NULL);
    }
}

static enum lt_code hear(const char *state, uint64_t before, const char *name,
                         struct lt_error *error)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    for (int i = 0; i < LOOKS; i++) {
        struct lt_buffer wrong = {.max = WRONG_MAX};
        uint64_t reloads = 0;
        bool told = presence_hear(state, &reloads, &wrong) && reloads > before;
        enum lt_code code = LT_DONE;
        if (told && wrong.size > sizeof by_hub &&
            memcmp(wrong.data, by_hub, sizeof by_hub - 1) == 0)
            code = lt_fail(error, LT_CLOSED, "its file is read again, but %.*s",
                           (int)(wrong.size - sizeof by_hub + 1),
                           (const char *)wrong.data + sizeof by_hub - 1);
        else if (told && wrong.size)
            code = lt_fail(error, LT_BAD_FILE, "%.*s; %s goes on as it was", (int)wrong.size,
                           (const char *)wrong.data, name);
        lt_buffer_clear(&wrong);
        if (told)
            return code;
        nanosleep(&look, NULL);
    }
    return lt_fail(error, LT_TIMED_OUT,
                   "%s has not said within %d seconds how it went: its log says more", name,
                   LOOKS * LOOK_MS / 1000);
}

enum lt_code reload_ask(const struct instance *instance, struct lt_error *error)
{
    struct lt_buffer wrong = {.max = WRONG_MAX};
    uint64_t before = 0;
    char *state = NULL;
    enum lt_code code = instance_state(instance, NULL, &state, error);
    pid_t holder = code == LT_DONE ? presence_holder(state) : 0;
    if (code == LT_DONE && holder == 0)
        code = lt_fail(
            error, LT_NOT_FOUND,
            "%s does not run here: start it (lienthon up, or its unit), and it reads its file",
            instance->name);
    if (code == LT_DONE) {
        (void)presence_hear(state, &before, &wrong);
        if (kill(holder, SIGHUP) != 0)
            code = lt_fail(error, LT_NOT_ALLOWED, "process %d cannot be told: %s", (int)holder,
                           strerror(errno));
    }
    if (code == LT_DONE)
        code = hear(state, before, instance->name, error);
    lt_buffer_clear(&wrong);
    free(state);
    return code;
}
