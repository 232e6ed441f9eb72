// What the corridor's tests need by hand: a commune of a few keys, and passages.
#ifndef CORRIDOR_CASE_H
#define CORRIDOR_CASE_H

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "corridor/rooms.h"

#define NOW  UINT64_C(1767225600000)
#define DAY  UINT64_C(86400000)
#define HOUR UINT64_C(3600000)

struct commune {
    lt_signer *root, *team, *bridge;
    lt_book *book;
    lt_types *types;
    lt_seal_cache *seals;
    struct lt_limits limits;
};

static lt_signer *signer_of(uint8_t number)
{
    uint8_t seed[LT_SEED_SIZE];
    memset(seed, number, sizeof seed);
    return lt_signer_new(seed);
}

static struct lt_names names_of(const char *name)
{
    return (struct lt_names){.item = {lt_slice_of(name)}, .count = 1};
}

struct given { // a grant by hand
    const char *principal, *topics;
    uint8_t max_priority;
    unsigned rights;
    uint64_t serial, expires;
    bool revoked;
};

// Sealed by the root; yours to clear.
static struct lt_buffer grant_of(const struct commune *commune, const lt_signer *holder,
                                 const struct given *given)
{
    struct lt_may_publish publish = {.topics = names_of(given->topics),
                                     .types = names_of("*"),
                                     .max_priority = given->max_priority,
                                     .max_label = 1};
    struct lt_may_subscribe subscribe = {.topics = names_of(given->topics), .max_label = 1};
    struct lt_grant grant = {.principal = lt_slice_of(given->principal),
                             .name = lt_slice_of("Tổ công nghệ số"),
                             .role = lt_slice_of("hamlet-team"),
                             .serial = given->serial,
                             .not_before = NOW - HOUR,
                             .expires = given->expires ? given->expires : NOW + 30 * DAY,
                             .revoked = given->revoked};
    grant.powers = (struct lt_powers){&publish, 1, &subscribe, 1, given->rights};
    memcpy(grant.key, lt_signer_key(holder), sizeof grant.key);
    memcpy(grant.curve, lt_signer_key(holder), sizeof grant.curve);
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX}, sealed = {.max = 65536};
    struct lt_part part = {0};
    char topic[LT_TOPIC_MAX + 1];
    struct lt_error error = {0};
    cr_assert_eq(lt_grant_encode(&grant, &body, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_grant_part(lt_slice_of("root"), grant.principal, lt_buffer_slice(&body), NOW,
                               topic, &part),
                 LT_DONE);
    cr_assert_eq(lt_seal_part(commune->root, &part, &sealed, &error), LT_DONE, "%s", error.text);
    lt_buffer_clear(&body);
    return sealed;
}

static void give(struct commune *commune, const lt_signer *holder, const struct given *given)
{
    struct lt_buffer sealed = grant_of(commune, holder, given);
    struct lt_error error = {0};
    cr_assert_eq(lt_book_take(commune->book, lt_buffer_slice(&sealed), &error), LT_DONE, "%s",
                 error.text);
    lt_buffer_clear(&sealed);
}

static struct commune commune_new(void)
{
    cr_assert_geq(sodium_init(), 0);
    struct commune commune = {
        .root = signer_of(1),
        .team = signer_of(2),
        .bridge = signer_of(3),
        .types = lt_types_new(NULL),
        .seals = lt_seal_cache_new(64),
        .limits = {.message = 4096, .age = 7 * 86400, .ahead = 120, .batch = 256, .credit = 1024},
    };
    commune.book = lt_book_new(lt_signer_key(commune.root));
    give(&commune, commune.team,
         &(struct given){"to-so.an-thuong", "xa/an-thuong/#", LT_KHAN, 0, 1, 0, false});
    give(&commune, commune.bridge,
         &(struct given){"bridge.zalo", "xa/#", LT_HOA_TOC, LT_RELAY, 1, 0, false});
    return commune;
}

static void commune_clear(struct commune *commune)
{
    lt_book_destroy(&commune->book);
    lt_types_destroy(&commune->types);
    lt_seal_cache_destroy(&commune->seals);
    lt_signer_destroy(&commune->root);
    lt_signer_destroy(&commune->team);
    lt_signer_destroy(&commune->bridge);
}

// A notice as the team would make it; change what the case is about, then pack it into a passage.
struct draft {
    struct lt_part part;
    struct lt_buffer body;
};

static struct draft draft_notice(const char *text)
{
    struct draft draft = {.body = {.max = 4096}};
    lt_pack_map(&draft.body, 2);
    lt_pack_text(&draft.body, "text");
    lt_pack_text(&draft.body, text);
    lt_pack_text(&draft.body, "channels");
    lt_pack_array(&draft.body, 1);
    lt_pack_text(&draft.body, "loa");
    draft.part = (struct lt_part){.from = lt_slice_of("to-so.an-thuong"),
                                  .topic = lt_slice_of("xa/an-thuong/thong-bao"),
                                  .type = lt_slice_of("notice.v1"),
                                  .created = NOW,
                                  .expires = NOW + DAY};
    lt_id_make(NOW, draft.part.id);
    return draft;
}

static struct passage *passage_of_bytes(struct lt_slice bytes, const char *bearer)
{
    zmq_msg_t frame;
    zmq_msg_init_size(&frame, bytes.size);
    memcpy(zmq_msg_data(&frame), bytes.data, bytes.size);
    struct passage *passage = passage_new(&frame);
    zmq_msg_close(&frame);
    snprintf(passage->bearer, sizeof passage->bearer, "%s", bearer);
    return passage;
}

// Seals the draft, which is used up.
static struct passage *passage_of(struct draft *draft, const lt_signer *signer, const char *bearer)
{
    struct lt_buffer sealed = {.max = 65536};
    struct lt_error error = {0};
    draft->part.body = lt_buffer_slice(&draft->body);
    cr_assert_eq(lt_seal_part(signer, &draft->part, &sealed, &error), LT_DONE, "%s", error.text);
    struct passage *passage = passage_of_bytes(lt_buffer_slice(&sealed), bearer);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&draft->body);
    return passage;
}

#endif
