// Joining (wire.md "Joining"): ask what the invitation may have, check it under the root of the code, issue one's
// own grant for one's own keys, hand it in. Nothing secret passes through the hub.
#include <stdio.h>
#include <string.h>

#include <lienthon/book.h>
#include <lienthon/bundle.h>
#include <lienthon/client.h>
#include <lienthon/invitation.h>
#include <sodium.h>

#include "link.h"
#include "signals.h"

enum {
    GRANTS_MAX = 64 * 1024 * 1024,
    SHOWN_MAX = 64,
    ASK_AGAIN_MS = 5000,
    TRIES_MAX = 4,
    PAUSE_MS = 200
};

struct joining {
    struct lt_invitation *invitation; // sodium_malloc
    lt_signer *signer;                // the invitation's
    char own[LT_PRINCIPAL_MAX + 1];   // the invitation's principal
    struct link link;
    const uint8_t
        *link_secret; // lent: the grant names its public half as `curve`, and the hub asks for it
    int64_t until;
    lt_book *book;
    struct lt_buffer sealed; // one's own grant
    uint64_t next_ref;
    struct lt_joined *joined;
};

static enum lt_code open_code(struct joining *joining, struct lt_slice code, struct lt_error *error)
{
    if (sodium_init() < 0)
        return lt_fail(error, LT_IO, "libsodium cannot be started");
    joining->invitation = sodium_malloc(sizeof *joining->invitation);
    if (!joining->invitation)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the invitation");
    enum lt_code result = lt_invitation_decode(code, joining->invitation, error);
    if (result != LT_DONE)
        return result;
    joining->signer = lt_signer_new(joining->invitation->seed);
    joining->book = lt_book_new(joining->invitation->root);
    if (!joining->signer || !joining->book)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the invitation");
    lt_invitation_principal(lt_signer_key(joining->signer), joining->own);
    return LT_DONE;
}

static enum lt_code dial(struct joining *joining, struct lt_error *error)
{
    struct link_keys keys = {.secret = joining->link_secret};
    memcpy(keys.hub, joining->invitation->hub_curve, sizeof keys.hub);
    if (crypto_scalarmult_base(keys.own, joining->link_secret) != 0)
        return lt_fail(error, LT_BAD_USE, "curve_secret: not an X25519 key");
    return link_open(&joining->link, joining->invitation->join_url, &keys, error);
}

static enum lt_code wait_for_link(struct joining *joining, int64_t until)
{
    zmq_pollitem_t items[2] = {
        {.socket = zsock_resolve(joining->link.dealer), .events = ZMQ_POLLIN},
        {.socket = zsock_resolve(joining->link.monitor), .events = ZMQ_POLLIN},
    };
    int64_t now = zclock_mono(), left = until - now, look_at = link_deadline(&joining->link);
    if (left <= 0)
        return LT_TIMED_OUT;
    if (look_at > 0 && look_at - now < left)
        left = look_at > now ? look_at - now : 0;
    return zmq_poll(items, 2, (long)left) < 0 && zmq_errno() != EINTR ? LT_CLOSED : LT_DONE;
}

// The answer to `ref`, waiting until then. LT_TIMED_OUT: none came; LT_CLOSED: the connection ended.
static enum lt_code await(struct joining *joining, const struct lt_ref *ref, int64_t until,
                          struct lt_frame *frame, struct lt_error *error)
{
    for (;;) {
        enum lt_code ended = link_watch(&joining->link, error);
        enum lt_code code = link_receive(&joining->link, error);
        if (code == LT_DONE &&
            lt_frame_decode(link_frame(&joining->link, 0), frame, error) == LT_DONE) {
            if (frame->op == LT_JOINED && lt_ref_equal(&frame->ref, ref))
                return LT_DONE;
            if (frame->op == LT_BYE)
                return lt_fail(error, (enum lt_code)frame->code, "%.*s", (int)frame->text.size,
                               (const char *)frame->text.data);
            continue;
        }
        if (ended != LT_DONE)
            return ended;
        if (code != LT_NOT_FOUND && code != LT_DONE)
            return code;
        if (wait_for_link(joining, until) != LT_DONE)
            return lt_fail(error, LT_TIMED_OUT, "no answer from %s: is it the hub's join address?",
                           joining->link.url);
    }
}

// A hub that is busy, or did not answer, is asked until the time is over; where nobody is, or somebody else, a few
// times.
static bool may_try_again(enum lt_code code, unsigned tries)
{
    if (code == LT_BUSY || code == LT_TIMED_OUT)
        return true;
    return (code == LT_CLOSED || code == LT_BAD_SEAL) && tries < TRIES_MAX;
}

// Asks once on a connection of its own. A refusal is the code that is returned.
static enum lt_code ask_once(struct joining *joining, int64_t until, struct lt_frame *frame,
                             struct lt_error *error)
{
    link_close(&joining->link, 0);
    enum lt_code code = dial(joining, error);
    if (code != LT_DONE)
        return code;
    struct lt_slice grant = lt_buffer_slice(&joining->sealed);
    struct lt_frame ask = {
        .op = LT_JOIN, .ref = lt_ref_of(joining->next_ref++), .name = lt_slice_of(joining->own)};
    if (!link_send(&joining->link, &ask, &grant, grant.size > 0 ? 1 : 0))
        return lt_fail(error, LT_CLOSED, "%s takes nothing", joining->link.url);
    code = await(joining, &ask.ref, until, frame, error);
    if (code == LT_DONE && frame->code >= LT_MALFORMED)
        code = lt_fail(error, (enum lt_code)frame->code, "%.*s", (int)frame->text.size,
                       (const char *)frame->text.data);
    return code;
}

// The same grant again is fine, so a lost answer is asked for again.
static enum lt_code ask(struct joining *joining, struct lt_frame *frame, struct lt_error *error)
{
    for (unsigned tries = 0;; tries++) {
        int64_t now = zclock_mono();
        int64_t until = now + ASK_AGAIN_MS < joining->until ? now + ASK_AGAIN_MS : joining->until;
        enum lt_code code = ask_once(joining, until, frame, error);
        int64_t pause =
            PAUSE_MS + (int64_t)randombytes_uniform((uint32_t)PAUSE_MS << (tries < 4 ? tries : 4));
        if (!may_try_again(code, tries) || zclock_mono() + pause >= joining->until)
            return code;
        zclock_sleep((int)pause);
    }
}

static void learn_shown(struct joining *joining)
{
    size_t count = link_frames(&joining->link);
    for (size_t i = 1; i < count && i <= SHOWN_MAX; i++)
        (void)lt_book_learn(joining->book, link_frame(&joining->link, i), NULL);
}

// The invitation as the root's word has it, whatever the hub shows. NULL: error says why.
static const struct lt_grant *find_invitation(const struct joining *joining, struct lt_error *error)
{
    bool revoked = false;
    const char *principal = joining->invitation->principal;
    const struct lt_grant *grant = lt_book_find(joining->book, lt_slice_of(joining->own), &revoked);
    if (revoked)
        lt_fail(error, LT_NOT_VALID, "the invitation has been revoked; ask for a new one");
    else if (!grant || memcmp(grant->key, lt_signer_key(joining->signer), LT_KEY_SIZE) != 0)
        lt_fail(error, LT_UNKNOWN_PRINCIPAL,
                "what answers at %s shows no invitation that leads back to the commune's root "
                "key: do not trust it, and ask for a new code",
                joining->link.url);
    else if (!grant->has_scope || grant->scope_principals.count != 1 ||
             !(grant->powers.rights & LT_ENROL) ||
             !lt_slice_is(grant->scope_principals.item[0], principal))
        lt_fail(error, LT_NOT_ALLOWED, "the invitation is not one for %s", principal);
    else
        return grant;
    return NULL;
}

static uint64_t sealed_created(const struct joining *joining)
{
    struct lt_sealed sealed = {0};
    struct lt_slice bytes = lt_book_sealed(joining->book, lt_slice_of(joining->own));
    return lt_sealed_decode(bytes, &sealed, NULL) == LT_DONE ? sealed.part.created : 0;
}

// One's own clock, unless it shows a time before the invitation was made: then there is none, and the hub's word
// is taken for the dates.
static uint64_t time_for_dates(const struct joining *joining, uint64_t hub_now)
{
    int64_t system = zclock_time();
    uint64_t own = system > 0 ? (uint64_t)system : 0;
    return own < sealed_created(joining) ? hub_now : own;
}

static enum lt_code issue(struct joining *joining, const uint8_t *seed, const uint8_t *curve_secret,
                          uint64_t now, struct lt_error *error)
{
    struct lt_error reason = {0};
    const struct lt_grant *invitation = find_invitation(joining, &reason);
    if (!invitation)
        return lt_fail(error, reason.code, "%s", reason.text);
    lt_signer *own = lt_signer_new(seed);
    if (!own)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a key");
    struct lt_grant grant = {.principal = invitation->scope_principals.item[0],
                             .name = invitation->name,
                             .role = invitation->role,
                             .serial = now,
                             .not_before = now,
                             .expires = invitation->scope_max_expires,
                             .powers = invitation->scope};
    grant.powers.rights &= ~(unsigned)(LT_GRANT | LT_ENROL); // they mean nothing without a scope
    memcpy(grant.key, lt_signer_key(own), sizeof grant.key);
    lt_signer_destroy(&own);
    if (crypto_scalarmult_base(grant.curve, curve_secret) != 0)
        return lt_fail(error, LT_BAD_USE, "curve_secret: not an X25519 key");
    char topic[LT_TOPIC_MAX + 1];
    struct lt_part part = {0};
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    joining->sealed.max = LT_MESSAGE_DEFAULT;
    enum lt_code code = lt_grant_encode(&grant, &body, error);
    if (code == LT_DONE)
        code = lt_grant_part(lt_slice_of(joining->own), grant.principal, lt_buffer_slice(&body),
                             now, topic, &part);
    if (code == LT_DONE)
        code = lt_seal_part(joining->signer, &part, &joining->sealed, error);
    lt_buffer_clear(&body);
    return code;
}

// Would it hold? Told here, an error names what is wrong before the one use of the invitation is spent.
static enum lt_code rehearse(const struct joining *joining, struct lt_error *error)
{
    lt_book *copy = lt_book_copy(joining->book);
    if (!copy)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the grant book");
    enum lt_code code = lt_book_take(copy, lt_buffer_slice(&joining->sealed), error);
    lt_book_destroy(&copy);
    return code;
}

static bool add_in_order(lt_book *fresh, struct lt_buffer *bundle, struct lt_slice sealed)
{
    return lt_book_take(fresh, sealed, NULL) == LT_DONE && lt_bundle_add(bundle, sealed);
}

// Grants before what leans on them: what a book takes, in the order in which it takes it.
static enum lt_code bundle_grants(struct joining *joining, struct lt_error *error)
{
    struct lt_buffer *bundle = &joining->joined->grants;
    bundle->max = GRANTS_MAX;
    lt_book *fresh = lt_book_new(joining->invitation->root);
    bool added[SHOWN_MAX + 1] = {false}, progress = fresh && lt_bundle_begin(bundle);
    size_t count = link_frames(&joining->link);
    count = count <= SHOWN_MAX ? count : SHOWN_MAX;
    while (progress) {
        progress = false;
        for (size_t i = 1; i < count; i++) {
            if (!added[i] && add_in_order(fresh, bundle, link_frame(&joining->link, i)))
                added[i] = progress = true;
        }
    }
    bool whole = fresh && add_in_order(fresh, bundle, lt_buffer_slice(&joining->sealed));
    lt_book_destroy(&fresh);
    if (!whole)
        return lt_fail(error, LT_NO_MEMORY, "the grants cannot be put together");
    return LT_DONE;
}

static void name_hub(struct joining *joining)
{
    struct lt_joined *joined = joining->joined;
    memcpy(joined->hub_curve, joining->invitation->hub_curve, sizeof joined->hub_curve);
    const struct lt_grant *hub = lt_book_find_curve(joining->book, joined->hub_curve);
    struct lt_sealed first = {0};
    // A hub with a newer key than the code has shows its own grant first.
    if (!hub && link_frames(&joining->link) > 1 &&
        lt_sealed_decode(link_frame(&joining->link, 1), &first, NULL) == LT_DONE) {
        struct lt_grant *opened = NULL;
        if (lt_grant_open(&first.part, &opened, NULL) == LT_DONE)
            hub = lt_book_find(joining->book, opened->principal, NULL);
        lt_grant_destroy(&opened);
    }
    if (!hub || !lt_grant_tells_time(hub) || hub->principal.size > LT_PRINCIPAL_MAX)
        return;
    memcpy(joined->hub, hub->principal.data, hub->principal.size);
    memcpy(joined->hub_curve, hub->curve, sizeof joined->hub_curve);
}

static enum lt_code converse(struct joining *joining, const uint8_t *seed,
                             const uint8_t *curve_secret, struct lt_error *error)
{
    struct lt_frame frame = {0};
    enum lt_code code = ask(joining, &frame, error);
    if (code != LT_DONE)
        return code;
    learn_shown(joining);
    code = issue(joining, seed, curve_secret, time_for_dates(joining, frame.now), error);
    if (code == LT_DONE)
        code = rehearse(joining, error);
    if (code == LT_DONE)
        code = ask(joining, &frame, error);
    if (code != LT_DONE)
        return code;
    if (frame.text.size == 0 || frame.text.size >= sizeof joining->joined->url)
        return lt_fail(error, LT_MALFORMED, "the hub does not say where to connect");
    learn_shown(joining);
    memcpy(joining->joined->url, frame.text.data, frame.text.size);
    memcpy(joining->joined->root, joining->invitation->root, LT_KEY_SIZE);
    memcpy(joining->joined->principal, joining->invitation->principal,
           sizeof joining->joined->principal);
    name_hub(joining);
    return bundle_grants(joining, error);
}

enum lt_code lt_join(struct lt_slice code, const uint8_t *seed, const uint8_t *curve_secret,
                     uint64_t timeout_ms, struct lt_joined *joined, struct lt_error *error)
{
    int64_t limit = timeout_ms < INT32_MAX ? (int64_t)timeout_ms : INT32_MAX;
    struct joining joining = {.joined = joined,
                              .link_secret = curve_secret,
                              .next_ref = 1,
                              .until = zclock_mono() + limit};
    const struct signals signals = signals_note();
    *joined = (struct lt_joined){0};
    enum lt_code result = open_code(&joining, code, error);
    if (result == LT_DONE)
        result = converse(&joining, seed, curve_secret, error);
    link_clear(&joining.link);
    signals_restore(&signals);
    lt_buffer_clear(&joining.sealed);
    lt_book_destroy(&joining.book);
    lt_signer_destroy(&joining.signer);
    if (joining.invitation)
        sodium_free(joining.invitation);
    if (result != LT_DONE)
        lt_joined_clear(joined);
    return result;
}

void lt_joined_clear(struct lt_joined *joined)
{
    lt_buffer_clear(&joined->grants);
    *joined = (struct lt_joined){0};
}
