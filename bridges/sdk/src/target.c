// A target's client: what it knows from the start, and what it asks the hub for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <lienthon/bundle.h>

#include "host.h"

// The values that hold come with each connection, so nothing of them is lost and no place is kept for them at the hub.
static enum lt_code subscribe_states(struct lt_bridge_host *host, struct target *target,
                                     struct lt_error *error)
{
    const char *const *types = host->instance.bridge->states;
    struct lt_subscription wish = {
        .patterns = (const char *const *)target->patterns.items,
        .pattern_count = target->patterns.count,
        .from = LT_FROM_RETAINED,
        .types = types,
    };
    if (!types || host->rehearses)
        return LT_DONE;
    while (types[wish.type_count])
        wish.type_count++;
    if (target->states_sid)
        lt_client_unsubscribe(target->client, target->states_sid, true, NULL, NULL);
    return lt_client_subscribe(target->client, &wish, &target->states_sid, NULL, error);
}

enum lt_code host_subscribe(struct lt_bridge_host *host, struct target *target,
                            struct lt_error *error)
{
    const struct lt_bridge *bridge = host->instance.bridge;
    const char *types[64];
    struct lt_subscription wish = {
        .patterns = (const char *const *)target->patterns.items,
        .pattern_count = target->patterns.count,
        .durable = host->rehearses ? NULL : target->name,
        .from = host->rehearse_since ? LT_FROM_TIME : LT_FROM_NEW,
        .from_time = host->rehearse_since,
        .early = host->rehearses || bridge->early,
    };
    // A dry run says of the others that they would not be given.
    for (; !host->rehearses && bridge->types && bridge->types[wish.type_count] &&
           wish.type_count < 63;
         wish.type_count++)
        types[wish.type_count] = bridge->types[wish.type_count];
    if (wish.type_count) {
        types[wish.type_count++] = "approval.v1"; // what two hands wait for is the host's to see
        wish.types = types;
    }
    if (target->sid && !target->refused)
        lt_client_unsubscribe(target->client, target->sid, false, NULL, NULL);
    target->subscribed = target->refused = false;
    target->twice.ask_at = 0; // now it is
    enum lt_code code = lt_client_subscribe(target->client, &wish, &target->sid, NULL, error);
    return code == LT_DONE ? subscribe_states(host, target, error) : code;
}

static void learn_grants(struct lt_bridge_host *host, lt_client *client)
{
    struct lt_bundle bundle;
    struct lt_slice sealed;
    if (lt_bundle_open(lt_buffer_slice(&host->instance.own.bundle), &bundle, NULL) != LT_DONE)
        return;
    while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE)
        lt_client_learn(client, sealed, NULL);
    if (host->instance.own.grant)
        lt_client_learn(client, lt_buffer_slice(&host->instance.own.sealed), NULL);
}

static enum lt_code connect_target(struct lt_bridge_host *host, struct target *target,
                                   const uint8_t *seed, const uint8_t *curve,
                                   struct lt_error *error)
{
    const struct lt_identity *who = &host->instance.identity;
    char state[4096];
    char *own = NULL;
    if (instance_state(&host->instance, NULL, &own, error) != LT_DONE)
        return LT_NO_MEMORY;
    int size = snprintf(state, sizeof state, "%s/link.%s", own, target->name);
    free(own);
    if (size < 0 || size >= (int)sizeof state)
        return lt_fail(error, LT_BAD_USE, "the path of the state folder is too long");
    struct lt_client_config config = {
        .url = who->hub,
        .principal = who->principal,
        .seed = seed,
        .curve_secret = curve,
        .agent = HOST_AGENT,
        .state_folder = host->rehearses ? NULL : state,
        .memory_folder = host->rehearses_memory ? state : NULL,
    };
    memcpy(config.hub_curve, who->hub_curve, sizeof config.hub_curve);
    memcpy(config.root, who->root, sizeof config.root);
    enum lt_code code = lt_client_new(&config, &target->client, error);
    if (code != LT_DONE)
        return code;
    learn_grants(host, target->client);
    return host_subscribe(host, target, error);
}

enum lt_code host_connect(struct lt_bridge_host *host, struct lt_error *error)
{
    uint8_t *secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (!secrets)
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the keys");
    enum lt_code code = lt_keys_load(host->instance.folder, &host->instance.identity, secrets,
                                     secrets + LT_SECRET_SIZE, error);
    for (size_t i = 0; code == LT_DONE && i < host->target_count; i++)
        code = connect_target(host, &host->targets[i], secrets, secrets + LT_SECRET_SIZE, error);
    sodium_free(secrets);
    return code;
}

void target_clear(struct target *target, uint64_t linger_ms)
{
    lt_client_destroy(&target->client, linger_ms);
    for (size_t i = 0; i < target->patterns.count; i++)
        free(target->patterns.items[i]);
    free(target->patterns.items);
    free(target->name);
}
