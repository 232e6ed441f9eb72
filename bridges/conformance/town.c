#include "town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <czmq.h>
#include <sodium.h>

#include <lienthon/bundle.h>

enum { HOUR_MS = 3600000, BUNDLE_MAX = 256 * 1024, SEALED_MAX = 32 * 1024, PUBLISHES_MAX = 8 };

static const char *const names[TOWN_PEOPLE] = {"to-so.thu", "nguoi.hep", "nguoi.thoi", "nguoi.la",
                                               "hub"};

const char *town_name(enum town_person person)
{
    return names[person];
}

struct issue {
    const char *principal;
    const uint8_t *key, *curve;
    struct lt_may_publish publish[PUBLISHES_MAX];
    size_t publish_count;
    const char *subscribe; // pattern; NULL: none
    bool revoked;
    uint64_t now;
};

static void may_say(struct issue *issue, const char *topic, const char *type)
{
    struct lt_may_publish *entry = &issue->publish[issue->publish_count++];
    *entry = (struct lt_may_publish){.max_priority = 3, .max_label = 1};
    entry->topics.item[entry->topics.count++] = lt_slice_of(topic);
    entry->types.item[entry->types.count++] = lt_slice_of(type);
}

static enum lt_code issue_grant(struct town *town, struct issue *issue, struct lt_error *error)
{
    struct lt_may_subscribe subscribe = {.max_label = 1};
    struct lt_grant grant = {.principal = lt_slice_of(issue->principal),
                             .name = lt_slice_of("Thử nghiệm"),
                             .role = lt_slice_of("conformance"),
                             .serial = issue->now + (issue->revoked ? 1 : 0),
                             .not_before = issue->now - HOUR_MS,
                             .expires = issue->now + (uint64_t)24 * 60 * HOUR_MS,
                             .revoked = issue->revoked};
    grant.powers.publish = issue->publish;
    grant.powers.publish_count = issue->publish_count;
    if (issue->subscribe) {
        subscribe.topics.item[subscribe.topics.count++] = lt_slice_of(issue->subscribe);
        grant.powers.subscribe = &subscribe;
        grant.powers.subscribe_count = 1;
    }
    memcpy(grant.key, issue->key, LT_KEY_SIZE);
    memcpy(grant.curve, issue->curve, LT_KEY_SIZE);
    char topic[LT_TOPIC_MAX + 1];
    struct lt_part part = {0};
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX}, *sealed = &town->grants[town->grant_count];
    *sealed = (struct lt_buffer){.max = SEALED_MAX};
    enum lt_code code = lt_grant_encode(&grant, &body, error);
    if (code == LT_DONE)
        code = lt_grant_part(lt_slice_of("root"), grant.principal, lt_buffer_slice(&body),
                             issue->now, topic, &part);
    if (code == LT_DONE)
        code = lt_seal_part(town->root, &part, sealed, error);
    lt_buffer_clear(&body);
    if (code == LT_DONE)
        town->grant_count++;
    return code;
}

static enum lt_code issue_person(struct town *town, enum town_person person, const char *topic,
                                 const char *type, bool revoked, struct lt_error *error)
{
    uint8_t curve[LT_KEY_SIZE];
    randombytes_buf(curve, sizeof curve);
    struct issue issue = {.principal = names[person],
                          .key = lt_signer_key(town->people[person]),
                          .curve = person == TOWN_HUB ? town->hub_curve : curve,
                          .revoked = revoked,
                          .now = (uint64_t)zclock_time()};
    may_say(&issue, topic, type);
    return issue_grant(town, &issue, error);
}

static enum lt_code issue_bridge(struct town *town, const uint8_t *curve,
                                 const struct lt_option_map *publishes, struct lt_error *error)
{
    char topics[PUBLISHES_MAX][LT_TOPIC_MAX + 1];
    struct issue issue = {.principal = TOWN_BRIDGE,
                          .key = town->bridge_key,
                          .curve = curve,
                          .subscribe = TOWN_XA "/#",
                          .now = (uint64_t)zclock_time()};
    may_say(&issue, TOWN_XA "/suc-khoe/bridge/thu", "health.v1");
    may_say(&issue, TOWN_TOPIC, "notice.v1");
    for (size_t i = 0; publishes && i < publishes->count; i++) {
        if (issue.publish_count == PUBLISHES_MAX)
            return lt_fail(error, LT_BAD_FILE, "publishes: more than %d types", PUBLISHES_MAX - 2);
        snprintf(topics[i], sizeof topics[i], TOWN_XA "/%s", publishes->items[i].text);
        may_say(&issue, topics[i], publishes->items[i].name);
    }
    return issue_grant(town, &issue, error);
}

static enum lt_code issue_all(struct town *town, const uint8_t *bridge_curve,
                              const struct lt_option_map *publishes, struct lt_error *error)
{
    enum lt_code code = issue_person(town, TOWN_HUB, "$lt/time", "time.v1", false, error);
    if (code == LT_DONE)
        code = issue_person(town, TOWN_DESK, TOWN_XA "/#", "*", false, error);
    if (code == LT_DONE)
        code = issue_person(town, TOWN_NARROW, TOWN_XA "/an-hoa/khac", "*", false, error);
    if (code == LT_DONE)
        code = issue_person(town, TOWN_GONE, TOWN_XA "/#", "*", false, error);
    if (code == LT_DONE)
        code = issue_person(town, TOWN_GONE, TOWN_XA "/#", "*", true, error);
    return code == LT_DONE ? issue_bridge(town, bridge_curve, publishes, error) : code;
}

static enum lt_code write_bundle(const struct town *town, struct lt_error *error)
{
    char *path = NULL;
    struct lt_buffer bundle = {.max = BUNDLE_MAX};
    bool whole = lt_bundle_begin(&bundle);
    for (size_t i = 0; whole && i < town->grant_count; i++)
        whole = lt_bundle_add(&bundle, lt_buffer_slice(&town->grants[i]));
    enum lt_code code = lt_folder_path(town->folder, "grants.ltb", &path, error);
    if (code == LT_DONE)
        code = whole ? lt_file_write(path, lt_buffer_slice(&bundle), 0644, error)
                     : lt_fail(error, LT_NO_MEMORY, "no memory for the grants");
    lt_buffer_clear(&bundle);
    free(path);
    return code;
}

static enum lt_code write_identity(const struct town *town, int port, struct lt_error *error)
{
    char hub[64];
    snprintf(hub, sizeof hub, "tcp://127.0.0.1:%d", port);
    struct lt_identity identity = {.principal = (char *)TOWN_BRIDGE,
                                   .commune = (char *)"Xã thử nghiệm",
                                   .xa = (char *)TOWN_XA,
                                   .hub = hub,
                                   .hub_principal = (char *)"hub",
                                   .seed = (char *)"keys/" TOWN_BRIDGE ".seed",
                                   .curve = (char *)"keys/" TOWN_BRIDGE ".curve",
                                   .grants = (char *)"grants.ltb",
                                   .state = (char *)"data",
                                   .timezone = (char *)"Asia/Ho_Chi_Minh"};
    memcpy(identity.hub_curve, town->hub_curve, LT_KEY_SIZE);
    memcpy(identity.root, lt_signer_key(town->root), LT_KEY_SIZE);
    return lt_identity_save(town->folder, true, &identity, error);
}

static lt_signer *random_signer(void)
{
    uint8_t seed[LT_SEED_SIZE];
    randombytes_buf(seed, sizeof seed);
    lt_signer *signer = lt_signer_new(seed);
    sodium_memzero(seed, sizeof seed);
    return signer;
}

static enum lt_code make_keys(struct town *town, struct lt_error *error)
{
    town->root = random_signer();
    town->hub_secret = sodium_malloc(LT_KEY_SIZE);
    bool whole = town->root && town->hub_secret;
    for (int i = 0; i < TOWN_PEOPLE; i++) {
        town->people[i] = random_signer();
        whole = whole && town->people[i];
    }
    if (!whole)
        return lt_fail(error, LT_NO_MEMORY, "no memory for keys");
    crypto_box_keypair(town->hub_curve, town->hub_secret);
    return LT_DONE;
}

enum lt_code town_make(const char *folder, int port, const struct lt_option_map *publishes,
                       struct town *town, struct lt_error *error)
{
    uint8_t curve[LT_KEY_SIZE];
    *town = (struct town){.folder = strdup(folder)};
    enum lt_code code = town->folder ? lt_folder_make(folder, 0700, error)
                                     : lt_fail(error, LT_NO_MEMORY, "no memory for a path");
    if (code == LT_DONE)
        code = make_keys(town, error);
    if (code == LT_DONE)
        code = lt_keys_make(folder, TOWN_BRIDGE, town->bridge_key, curve, error);
    if (code == LT_DONE)
        code = issue_all(town, curve, publishes, error);
    if (code == LT_DONE)
        code = write_bundle(town, error);
    if (code == LT_DONE)
        code = write_identity(town, port, error);
    if (code != LT_DONE)
        town_clear(town);
    return code;
}

enum lt_code town_seal(const struct town *town, enum town_person person, const struct lt_part *part,
                       struct lt_buffer *out, struct lt_error *error)
{
    struct lt_part signed_by = *part;
    signed_by.from = lt_slice_of(names[person]);
    return lt_seal_part(town->people[person], &signed_by, out, error);
}

void town_clear(struct town *town)
{
    for (size_t i = 0; i < TOWN_GRANTS; i++)
        lt_buffer_clear(&town->grants[i]);
    for (int i = 0; i < TOWN_PEOPLE; i++)
        lt_signer_destroy(&town->people[i]);
    lt_signer_destroy(&town->root);
    if (town->hub_secret)
        sodium_free(town->hub_secret);
    free(town->folder);
    *town = (struct town){0};
}
