// The file is tried before anything is closed.
#include "reload.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "presence.h"

enum { LOOKS = 200, LOOK_MS = 50, WRONG_MAX = 1024 };

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
    presence_tell(host->presence, reloads, wrong);
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
        if (told && wrong.size)
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
