// One grant (wire.md section 4): its body as a struct, and what it covers.
#ifndef LIENTHON_GRANT_H
#define LIENTHON_GRANT_H

#include "seal.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_GRANT_BODY_MAX = 16384, LT_GRANT_ARRAY_MAX = 32 };
enum lt_right { LT_RELAY = 1, LT_QUERY = 2, LT_GRANT = 4, LT_ENROL = 8 };

struct lt_names { // a short list of views
    struct lt_slice item[LT_GRANT_ARRAY_MAX];
    size_t count;
};

struct lt_may_publish {
    struct lt_names topics, types;
    uint8_t max_priority, max_label;
    bool two_hands;
};

struct lt_may_subscribe {
    struct lt_names topics;
    uint8_t max_label;
};

struct lt_powers { // what both a grant and a scope list
    struct lt_may_publish *publish;
    size_t publish_count;
    struct lt_may_subscribe *subscribe;
    size_t subscribe_count;
    unsigned rights; // enum lt_right, or-ed
};

// Opened from a body, or filled by whoever issues one. Slices look into the body that was opened.
struct lt_grant {
    struct lt_slice principal, name, role;
    uint64_t serial, not_before, expires;
    uint8_t key[LT_KEY_SIZE], curve[LT_KEY_SIZE];
    struct lt_powers powers;
    bool has_scope;
    struct lt_names scope_principals;
    struct lt_powers scope;
    uint64_t scope_max_expires;
    bool revoked;
};

// Body and message rules of a grant (22 with the path of what is wrong). *grant is yours; it keeps no
// reference but to the sealed bytes.
enum lt_code lt_grant_open(const struct lt_part *part, struct lt_grant **grant,
                           struct lt_error *error);
void lt_grant_destroy(struct lt_grant **grant);
// Appends the body. Refuses what open would refuse.
enum lt_code lt_grant_encode(const struct lt_grant *grant, struct lt_buffer *body,
                             struct lt_error *error);
// Fills a part for that grant: id, from (the issuer), topic, type, created, flags; body is lent to it.
// topic_room has LT_TOPIC_MAX + 1 bytes and must live as long as the part.
enum lt_code lt_grant_part(struct lt_slice issuer, struct lt_slice principal, struct lt_slice body,
                           uint64_t now, char *topic_room, struct lt_part *part);

// Is it inside the issuer's scope: LT_DONE, or LT_NOT_ALLOWED with what is outside.
enum lt_code lt_grant_inside(const struct lt_grant *grant, const struct lt_grant *issuer,
                             struct lt_error *error);

// Does an entry of publish cover topic, type, priority, label; *two_hands: only entries that ask for two do.
bool lt_grant_may_publish(const struct lt_grant *grant, struct lt_slice topic, struct lt_slice type,
                          uint8_t priority, uint8_t label, bool *two_hands);
// Is the pattern a subset of one in subscribe (what everyone may, included: wire.md section 4).
bool lt_grant_may_subscribe(const struct lt_grant *grant, struct lt_slice pattern);
// Does it name `time.v1` on `$lt/time`, as a hub's does: who merely may say everything does not tell the time.
bool lt_grant_tells_time(const struct lt_grant *grant);
// May a message of that topic and label be handed to it.
bool lt_grant_may_receive(const struct lt_grant *grant, struct lt_slice topic, uint8_t label);

#ifdef __cplusplus
}
#endif
#endif
