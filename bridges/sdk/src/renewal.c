// What is under way goes on: a message keeps the authority of its sender, whatever becomes of the receiver.
#include "renewal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "setup.h"

enum { SOON_DAYS = 14 };

#define DAY_MS INT64_C(86400000)

static void keep(struct lt_bridge_host *host)
{
    struct lt_error error = {0};
    char *path = NULL;
    if (lt_folder_path(host->own_folder, INSTANCE_GRANT, &path, &error) != LT_DONE ||
        own_grant_save(&host->instance.own, path, &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "the new grant could not be kept for the next start why=%s",
                 error.text);
    free(path);
}

static void free_patterns(struct lt_option_list *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->items[i]);
    free(patterns->items);
    *patterns = (struct lt_option_list){0};
}

static bool same_patterns(const struct lt_option_list *a, const struct lt_option_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

// Under its old name, so that what waits stays. A target that the old grant did not cover is asked for again.
static void follow(struct lt_bridge_host *host, struct target *target)
{
    struct lt_error error = {0};
    struct lt_option_list old = target->patterns;
    if (target->follows_grant) {
        target->patterns = (struct lt_option_list){0};
        if (setup_patterns(host, target, &error) != LT_DONE || target->patterns.count == 0) {
            log_line(LOG_ERROR_LINE, "the new grant lets this bridge receive nothing target=%s%s%s",
                     target->name, error.text[0] ? " why=" : "", error.text);
            free_patterns(&target->patterns);
            target->patterns = old;
            return;
        }
    }
    bool same = !target->follows_grant || same_patterns(&old, &target->patterns);
    if (target->follows_grant)
        free_patterns(&old);
    if (same && !target->refused)
        return;
    if (host_subscribe(host, target, &error) != LT_DONE)
        log_line(LOG_ERROR_LINE, "cannot subscribe anew target=%s why=%s", target->name,
                 error.text);
}

static void take_over(struct lt_bridge_host *host)
{
    const struct lt_grant *grant = host->instance.own.grant;
    log_line(LOG_INFO_LINE, "the grant is another now serial=%" PRIu64 " expires=%" PRIu64,
             grant->serial, grant->expires);
    keep(host);
    for (size_t i = 0; i < host->target_count; i++)
        follow(host, &host->targets[i]);
    setup_hamlets(host); // it looks into the patterns
    host->health.changed = true;
}

void renewal_hear(struct lt_bridge_host *host, const struct lt_event *event)
{
    struct lt_error error = {0};
    bool changed = false;
    if (event->code != LT_DONE) {
        log_line(LOG_ERROR_LINE, "nothing is acted on any more: %s; ask for a new one",
                 event->text);
        host->out_of_force = true;
        lt_bridge_ill(host, event->text);
        return;
    }
    if (own_grant_take(&host->instance.own, event->value, &changed, &error) != LT_DONE) {
        log_line(LOG_ERROR_LINE, "the new grant is not taken over why=%s", error.text);
        return;
    }
    if (host->out_of_force) {
        host->out_of_force = false;
        lt_bridge_well(host, "the grant is in force again");
        log_line(LOG_INFO_LINE, "the grant is in force again");
    }
    if (changed)
        take_over(host);
}

bool renewal_days(struct lt_bridge_host *host, int64_t *days, char text[HEALTH_TEXT])
{
    const struct lt_grant *grant = host->instance.own.grant;
    text[0] = '\0';
    if (!grant)
        return false;
    int64_t left = (int64_t)grant->expires - (int64_t)lt_bridge_now(host);
    *days = left >= 0 ? left / DAY_MS : -1 - (-left / DAY_MS);
    if (*days < 0)
        snprintf(text, HEALTH_TEXT, "the grant has ended: it must be issued again");
    else if (*days < SOON_DAYS)
        snprintf(text, HEALTH_TEXT, "the grant ends in %" PRId64 " days: it must be issued again",
                 *days);
    return true;
}
