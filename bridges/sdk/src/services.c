// What a bridge may ask of its host (bridge.h), but for deliveries.
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

enum lt_code lt_bridge_publish(lt_bridge_host *host, const struct lt_part *draft,
                               const char *origin, struct lt_error *error)
{
    struct lt_part marked = *draft;
    if (origin)
        marked.origin = lt_slice_of(origin);
    return lt_client_publish(host->targets[0].client, &marked, NULL, NULL, error);
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

void lt_bridge_well(lt_bridge_host *host, const char *what)
{
    health_well(&host->health, what, lt_bridge_now(host));
}

void lt_bridge_ill(lt_bridge_host *host, const char *what)
{
    log_line(LOG_WARN_LINE, "something does not work what=%s", what);
    health_ill(&host->health, what, lt_bridge_now(host));
}

void lt_bridge_log(lt_bridge_host *host, const char *line)
{
    (void)host;
    log_line(LOG_INFO_LINE, "%s", line);
}
