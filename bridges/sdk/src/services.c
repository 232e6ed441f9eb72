// What a bridge may ask of its host (bridge.h), but for deliveries.
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/json.h>

#include "log.h"
#include "nfc.h"
#include "pickup.h"

// The hub would refuse it too, but only later, and to nobody who could still ask the far side.
static enum lt_code check(const lt_bridge_host *host, const struct lt_part *draft,
                          struct lt_error *error)
{
    const struct lt_type *type = lt_types_find(host->types, draft->type);
    return type ? lt_type_check(type, draft, error) : LT_DONE;
}

// With the far side's name in it where several instances share one, so that each knows what came from there.
static bool mark_origin(const lt_bridge_host *host, const char *origin,
                        char marked[LT_ORIGIN_MAX + 1])
{
    const char *far_side = host->instance.settings.far_side;
    const char *id = strchr(origin, ':');
    int size = far_side && id && strncmp(origin, "lt:", 3) != 0
                   ? snprintf(marked, LT_ORIGIN_MAX + 1, "%.*s:%s/%s", (int)(id - origin), origin,
                              far_side, id + 1)
                   : snprintf(marked, LT_ORIGIN_MAX + 1, "%s", origin);
    return size >= 0 && size <= LT_ORIGIN_MAX;
}

enum lt_code lt_bridge_publish(lt_bridge_host *host, const struct lt_part *draft,
                               const char *origin, uint64_t *token, struct lt_error *error)
{
    struct lt_part marked = *draft;
    char from_far_side[LT_ORIGIN_MAX + 1];
    if (origin && !mark_origin(host, origin, from_far_side))
        return lt_fail(error, LT_MALFORMED, "origin: %s is longer than %d bytes with the far side",
                       origin, LT_ORIGIN_MAX);
    if (origin)
        marked.origin = lt_slice_of(from_far_side);
    if (!marked.created)
        marked.created = lt_client_stamp(host->targets[0].client);
    struct pending *waits = calloc(1, sizeof *waits);
    if (!waits)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a publication");
    enum lt_code code = check(host, &marked, error);
    if (code == LT_DONE)
        code = lt_client_publish(host->targets[0].client, &marked, NULL, &waits->token, error);
    if (code != LT_DONE) {
        free(waits);
        return code;
    }
    if (token)
        *token = waits->token;
    waits->next = host->pending;
    host->pending = waits;
    return LT_DONE;
}

enum lt_code lt_bridge_publish_json(lt_bridge_host *host, struct lt_slice json, const char *origin,
                                    uint64_t *token, struct lt_error *error)
{
    struct lt_part draft;
    struct lt_buffer room = {.max = LT_MESSAGE_LIMIT};
    enum lt_code code = lt_json_to_part(json, host->types, &draft, &room, error);
    if (code == LT_DONE)
        code = nfc_check(draft.body, error);
    if (code == LT_DONE && !draft.topic.data) {
        char type[LT_TYPE_MAX + 1];
        snprintf(type, sizeof type, "%.*s", (int)draft.type.size, (const char *)draft.type.data);
        const char *topic = lt_bridge_topic(host, type);
        if (topic)
            draft.topic = lt_slice_of(topic);
        else
            code = lt_fail(error, LT_BAD_FILE,
                           "1:1: topic must be given: the grant of %s names no single topic for %s",
                           lt_bridge_principal(host), type);
    }
    if (code == LT_DONE)
        code = lt_bridge_publish(host, &draft, origin, token, error);
    lt_buffer_clear(&room);
    return code;
}

void services_published(lt_bridge_host *host, const struct lt_event *event)
{
    struct pending **link = &host->pending;
    while (*link && (*link)->token != event->token)
        link = &(*link)->next;
    struct pending *found = *link;
    if (!found)
        return; // the host's own, or an earlier run's
    *link = found->next;
    free(found);
    const struct lt_bridge *bridge = host->instance.bridge;
    if (!pickup_published(host, event) && bridge->published)
        bridge->published(host->instance.state, event->token, event->code, event->text);
}

enum lt_code lt_bridge_watch(lt_bridge_host *host, int fd)
{
    if (host->watch_count == HOST_WATCHES)
        return LT_BUSY;
    host->watched[host->watch_count++] = fd;
    return LT_DONE;
}

void lt_bridge_unwatch(lt_bridge_host *host, int fd)
{
    for (size_t i = 0; i < host->watch_count; i++) {
        if (host->watched[i] != fd)
            continue;
        host->watched[i] = host->watched[--host->watch_count];
        return;
    }
}

void lt_bridge_wake_in(lt_bridge_host *host, int64_t ms)
{
    host->timer_at = ms < 0 ? 0 : host_clock() + (uint64_t)ms;
}

uint64_t lt_bridge_now(lt_bridge_host *host)
{
    return lt_client_time(host->targets[0].client, NULL);
}

const char *lt_bridge_principal(lt_bridge_host *host)
{
    return host->instance.identity.principal;
}

const char *lt_bridge_folder(lt_bridge_host *host)
{
    return host->bridge_folder;
}

const char *lt_bridge_topic(lt_bridge_host *host, const char *type)
{
    struct lt_slice topic = own_grant_topic(&host->instance.own, type);
    free(host->topic);
    host->topic = topic.data ? strndup((const char *)topic.data, topic.size) : NULL;
    return host->topic;
}

const char *lt_bridge_hamlet(lt_bridge_host *host, const char *target)
{
    free(host->hamlet);
    host->hamlet = NULL;
    for (size_t i = 0; i < host->target_count; i++) {
        const struct applies *applies = &host->targets[i].applies;
        if (strcmp(host->targets[i].name, target) == 0 && applies->count == 1)
            host->hamlet =
                strndup((const char *)applies->hamlets[0].data, applies->hamlets[0].size);
    }
    return host->hamlet;
}

const char *lt_bridge_target(lt_bridge_host *host, size_t index)
{
    return index < host->target_count ? host->targets[index].name : NULL;
}

void lt_bridge_well(lt_bridge_host *host, const char *what)
{
    health_well(&host->health, what, lt_bridge_now(host));
}

void lt_bridge_ill(lt_bridge_host *host, const char *what)
{
    if (health_ill(&host->health, what, lt_bridge_now(host)))
        log_line(LOG_WARN_LINE, "something does not work what=%s", what);
}

void lt_bridge_credential_until(lt_bridge_host *host, const char *name, uint64_t until,
                                uint64_t soon_ms)
{
    health_credential(&host->health, name, until, soon_ms);
}

void lt_bridge_log(lt_bridge_host *host, const char *line)
{
    (void)host;
    log_line(LOG_INFO_LINE, "%s", line);
}
