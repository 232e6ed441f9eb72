// The client carries them; here is only who asked.
#include "fetches.h"

#include <stdlib.h>

#include "host.h"

struct fetch {
    struct fetch *next;
    uint64_t token;
    lt_fetched *fetched;
    void *user;
};

enum lt_code lt_bridge_fetch(lt_bridge_host *host, const struct lt_blob *blob, const char *path,
                             lt_fetched *fetched, void *user, struct lt_error *error)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a blob's way");
    enum lt_code code =
        lt_client_fetch_file(host->targets[0].client, blob, path, &fetch->token, error);
    if (code != LT_DONE) {
        free(fetch);
        return code;
    }
    fetch->fetched = fetched;
    fetch->user = user;
    fetch->next = host->fetches;
    host->fetches = fetch;
    return LT_DONE;
}

void fetches_hear(struct lt_bridge_host *host, const struct lt_event *event)
{
    struct fetch **link = &host->fetches;
    while (*link && (*link)->token != event->token)
        link = &(*link)->next;
    struct fetch *found = *link;
    if (!found || event->more)
        return;
    *link = found->next;
    if (found->fetched)
        found->fetched(found->user, event->code, event->text);
    free(found);
}

void fetches_end(struct lt_bridge_host *host)
{
    while (host->fetches) {
        struct fetch *first = host->fetches;
        host->fetches = first->next;
        free(first);
    }
}
