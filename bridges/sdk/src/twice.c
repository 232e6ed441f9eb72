// The times are those of health: whoever tells it more often than every 5 minutes also asks more often.
#include "twice.h"

#include <sodium.h>

#include "host.h"
#include "log.h"

enum { FIRST_PART = 10 }; // of the longest wait: 30 s of 5 minutes

static uint64_t longest(const struct lt_bridge_host *host)
{
    uint64_t every = (uint64_t)host->instance.settings.health_every_ms;
    return every < HOST_RETRY_MOST_MS ? every : HOST_RETRY_MOST_MS;
}

// With jitter: of two that run from one folder neither is always the later one.
static uint64_t wait_of(const struct lt_bridge_host *host, unsigned tries)
{
    uint64_t most = longest(host), wait = most / FIRST_PART;
    for (unsigned i = 0; i < tries && wait < most; i++)
        wait *= 2;
    if (wait > most)
        wait = most;
    return wait / 2 + randombytes_uniform((uint32_t)(wait / 2 + 1));
}

void twice_taken(struct lt_bridge_host *host, struct target *target, const char *why)
{
    struct twice *twice = &target->twice;
    uint64_t wait = wait_of(host, twice->tries);
    log_line(LOG_ERROR_LINE, "its subscription was taken over target=%s again_in_ms=%llu why=%s",
             target->name, (unsigned long long)wait, why);
    lt_fail(&twice->why, LT_TAKEN_OVER, "%s", why);
    target->subscribed = target->refused = false;
    twice->ask_at = host_clock() + wait;
    twice->calm_at = 0;
    if (twice->tries < UINT8_MAX)
        twice->tries++;
    host->health.changed = true;
}

void twice_back(struct lt_bridge_host *host, struct target *target)
{
    struct twice *twice = &target->twice;
    uint64_t most = longest(host), calm = most + most / FIRST_PART;
    if (twice->why.code == LT_DONE)
        return;
    // The other asks again too, and until then it does not know.
    twice->ask_at = 0;
    twice->calm_at = host_clock() + calm;
    lt_fail(&twice->why, LT_TAKEN_OVER,
            "this identity runs twice, or did a moment ago: it hears again, and is well when no "
            "other has taken its subscription for %d s (a copied folder or device? stop one of "
            "the two, or invite it under a name of its own)",
            (int)(calm / 1000));
}

static void ask(struct lt_bridge_host *host, struct target *target)
{
    struct lt_error error = {0};
    target->twice.ask_at = 0;
    if (host_subscribe(host, target, &error) == LT_DONE)
        return;
    log_line(LOG_WARN_LINE, "its subscription cannot be asked for again target=%s why=%s",
             target->name, error.text);
    target->twice.ask_at = host_clock() + wait_of(host, target->twice.tries);
}

void twice_turn(struct lt_bridge_host *host, uint64_t now)
{
    for (size_t i = 0; i < host->target_count; i++) {
        struct twice *twice = &host->targets[i].twice;
        if (twice->ask_at && twice->ask_at <= now)
            ask(host, &host->targets[i]);
        if (!twice->calm_at || twice->calm_at > now)
            continue;
        *twice = (struct twice){0};
        host->health.changed = true;
        log_line(LOG_INFO_LINE, "no other has taken its subscription for long enough target=%s",
                 host->targets[i].name);
    }
}
