// The connection, from nothing to live and back: a table of states, back-off with jitter, and liveness.
#include "engine.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

enum {
    GREET_MS = 15000, // from dialling to WELCOME
    LEARN_MS = 5000,  // without a new grant the caller's subscriptions wait so long
    FIRST_DELAY_MS = 200,
    LAST_DELAY_MS = 30000,
    STEADY_MS = 10000, // a connection that held so long was a good one
    GOODBYE_MS = 1000,
    MESSAGES_A_TURN = 256,
    SILENT_INTERVALS = 3,
    DEFAULT_HEARTBEAT_S = 10,
    DEFAULT_AGE_S = 7 * 24 * 3600,
    VERSION = 1,
};

enum session_event { SESSION_DUE, SESSION_WELCOMED, SESSION_LEARNED, SESSION_LOST };

struct rule {
    enum session_state state;
    enum session_event event;
    enum session_state next;
    void (*action)(struct engine *engine);
};

static void dial(struct engine *engine);
static void greet(struct engine *engine);
static void open_up(struct engine *engine);
static void rest(struct engine *engine);

static const struct rule rules[] = {
    {SESSION_RESTING, SESSION_DUE, SESSION_GREETING, dial},
    {SESSION_GREETING, SESSION_WELCOMED, SESSION_LEARNING, greet},
    {SESSION_LEARNING, SESSION_LEARNED, SESSION_LIVE, open_up},
    {SESSION_GREETING, SESSION_LOST, SESSION_RESTING, rest},
    {SESSION_LEARNING, SESSION_LOST, SESSION_RESTING, rest},
    {SESSION_LIVE, SESSION_LOST, SESSION_RESTING, rest},
};

static bool step(struct engine *engine, enum session_event event)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].state != engine->session.state || rules[i].event != event)
            continue;
        engine->session.state = rules[i].next;
        rules[i].action(engine);
        return true;
    }
    return false;
}

void session_begin(struct engine *engine)
{
    engine->session.state = SESSION_RESTING;
    engine->session.retry_at = engine_clock();
    engine->session.limits.message = LT_MESSAGE_DEFAULT;
    engine->session.limits.age = DEFAULT_AGE_S;
    engine->session.limits.heartbeat = DEFAULT_HEARTBEAT_S;
}

void session_lose(struct engine *engine, enum lt_code code, const char *text)
{
    if (!step(engine, SESSION_LOST))
        return;
    struct event *event = event_new(LT_EVENT_DOWN, (struct lt_slice){0}, lt_slice_of(text));
    if (event)
        event->told.code = code;
    engine_tell(engine, event);
}

// What does not go out ends the connection, at the next turn: whoever sends is in the middle of something.
void session_sent(struct engine *engine, bool sent)
{
    if (sent)
        engine->session.sent_at = engine_clock();
    else
        engine->session.stalled = true;
}

bool session_send(struct engine *engine, const struct lt_frame *frame,
                  const struct lt_slice *payload, size_t count)
{
    bool sent = link_send(&engine->link, frame, payload, count);
    session_sent(engine, sent);
    return sent;
}

// The key in the hub's grant in force takes the place of the one that is written down; after a try that failed comes one
// with the other, as the hub's own change may not be through yet.
static const uint8_t *hub_key(const struct engine *engine)
{
    const struct keeper *keeper = &engine->keeper;
    bool revoked = false;
    const struct lt_grant *grant =
        keeper->hub[0] == '\0' ? NULL
                               : lt_book_find(keeper->book, lt_slice_of(keeper->hub), &revoked);
    if (!grant || !lt_grant_tells_time(grant) || engine->session.pinned)
        return engine->hub_curve;
    return grant->curve;
}

static void dial(struct engine *engine)
{
    struct link_keys keys = {.secret = engine->curve_secret};
    memcpy(keys.own, engine->curve_key, sizeof keys.own);
    memcpy(keys.hub, hub_key(engine), sizeof keys.hub);
    memcpy(engine->session.hub_key, keys.hub, sizeof keys.hub);
    struct lt_error error = {0};
    engine->session.give_up_at = engine_clock() + GREET_MS;
    enum lt_code code = link_open(&engine->link, engine->url, &keys, &error);
    if (code != LT_DONE) {
        session_lose(engine, code, error.text);
        return;
    }
    struct lt_frame hello = {
        .op = LT_HELLO, .version = VERSION, .agent = lt_slice_of(engine->agent)};
    session_send(engine, &hello, NULL, 0);
}

static void greet(struct engine *engine)
{
    int64_t now = engine_clock();
    engine->session.up_at = engine->session.heard_at = now;
    engine->session.learn_until = now + LEARN_MS;
    struct lt_slice key = {engine->session.hub_key, sizeof engine->session.hub_key};
    struct event *event = event_new(LT_EVENT_UP, key, lt_slice_of(engine->keeper.hub));
    if (event) {
        event->told.value = (struct lt_slice){event->bytes, event->size};
        event->told.now = (uint64_t)(engine->session.offset + now);
        event->told.limits = engine->session.limits;
    }
    engine_tell(engine, event);
    subscriber_ask(engine, true);
    requests_ask(engine);
}

static void open_up(struct engine *engine)
{
    subscriber_ask(engine, false);
}

static int64_t delay(struct session *session)
{
    int64_t longest = FIRST_DELAY_MS;
    for (unsigned i = 0; i < session->tries && longest < LAST_DELAY_MS; i++)
        longest *= 2;
    if (longest > LAST_DELAY_MS)
        longest = LAST_DELAY_MS;
    return longest / 2 + (int64_t)randombytes_uniform((uint32_t)longest / 2);
}

static void rest(struct engine *engine)
{
    struct session *session = &engine->session;
    int64_t now = engine_clock();
    link_close(&engine->link, 0);
    session->stalled = false;
    engine->farewell = 0;
    subscriber_lost(engine);
    publisher_lost(engine);
    requests_lost(engine);
    if (session->up_at > 0 && now - session->up_at >= STEADY_MS)
        session->tries = 0;
    session->retry_at = now + delay(session);
    session->pinned = session->up_at == 0 && !session->pinned;
    session->up_at = 0;
    if (session->tries < UINT8_MAX)
        session->tries++;
}

static int64_t heartbeat_ms(const struct engine *engine)
{
    return (int64_t)engine->session.limits.heartbeat * 1000;
}

static void keep_alive(struct engine *engine, int64_t now)
{
    char text[LT_TEXT_MAX + 1];
    int64_t interval = heartbeat_ms(engine);
    if (now - engine->session.heard_at >= SILENT_INTERVALS * interval) {
        snprintf(text, sizeof text, "nothing has been heard of the hub for %lld seconds",
                 (long long)(SILENT_INTERVALS * interval / 1000));
        session_lose(engine, LT_TIMED_OUT, text);
    } else if (now - engine->session.sent_at >= interval) {
        struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(engine->next_ref++)};
        session_send(engine, &ping, NULL, 0);
    }
}

void session_turn(struct engine *engine)
{
    struct session *session = &engine->session;
    int64_t now = engine_clock();
    char text[LT_TEXT_MAX + 1];
    if (session->stalled)
        session_lose(engine, LT_CLOSED, "the hub takes nothing more from this connection");
    if (session->state == SESSION_RESTING && now >= session->retry_at)
        step(engine, SESSION_DUE);
    if (session->state == SESSION_GREETING && now >= session->give_up_at) {
        snprintf(text, sizeof text,
                 "no welcome from %.128s within %d seconds: is it the hub's address?", engine->url,
                 GREET_MS / 1000);
        session_lose(engine, LT_TIMED_OUT, text);
    }
    if (session->state == SESSION_LEARNING && now >= session->learn_until)
        step(engine, SESSION_LEARNED);
    if (engine_is_up(engine))
        keep_alive(engine, now);
}

int64_t session_deadline(const struct engine *engine)
{
    const struct session *session = &engine->session;
    if (session->stalled)
        return 1;
    if (session->state == SESSION_RESTING)
        return session->retry_at;
    if (session->state == SESSION_GREETING)
        return session->give_up_at;
    int64_t ping = session->sent_at + heartbeat_ms(engine);
    int64_t gone = session->heard_at + SILENT_INTERVALS * heartbeat_ms(engine);
    int64_t deadline = ping < gone ? ping : gone;
    if (session->state == SESSION_LEARNING && session->learn_until < deadline)
        deadline = session->learn_until;
    return deadline;
}

void session_progress(struct engine *engine)
{
    const struct subscription *grants = subscription_find(engine->subscriptions, SID_GRANTS);
    engine->session.learn_until = engine_clock() + LEARN_MS;
    if (!grants || (grants->counted && grants->came >= grants->waiting))
        step(engine, SESSION_LEARNED);
}

static void welcome(struct engine *engine, const struct lt_frame *frame)
{
    struct session *session = &engine->session;
    char text[LT_TEXT_MAX + 1];
    if (session->state != SESSION_GREETING)
        return;
    if (frame->version != VERSION) {
        snprintf(text, sizeof text, "the hub speaks version %llu, this program version %d",
                 (unsigned long long)frame->version, VERSION);
        session_lose(engine, LT_VERSION, text);
        return;
    }
    session->welcomed = true;
    session->limits = frame->limits;
    if (session->limits.heartbeat == 0 || session->limits.heartbeat > 24 * 3600)
        session->limits.heartbeat = DEFAULT_HEARTBEAT_S;
    if (session->limits.message == 0 || session->limits.message > LT_MESSAGE_LIMIT)
        session->limits.message = LT_MESSAGE_DEFAULT;
    if (session->limits.age == 0)
        session->limits.age = DEFAULT_AGE_S;
    session->offset = (int64_t)frame->now - engine_clock();
    clock_compare(engine, frame->now);
    keeper_know_hub(&engine->keeper, frame->hub);
    step(engine, SESSION_WELCOMED);
}

static void answer_ping(struct engine *engine, const struct lt_frame *frame)
{
    struct lt_frame pong = {.op = LT_PONG, .ref = frame->ref, .now = engine_time(engine->shared)};
    session_send(engine, &pong, NULL, 0);
}

static void take_pong(struct engine *engine, const struct lt_frame *frame)
{
    uint64_t ref = 0;
    if (engine->farewell > 0 && lt_ref_number(&frame->ref, &ref) && ref == engine->farewell)
        engine->farewell_heard = true;
}

static void take_bye(struct engine *engine, const struct lt_frame *frame)
{
    char text[LT_TEXT_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)frame->text.size, (const char *)frame->text.data);
    for (size_t i = 1; i < link_frames(&engine->link); i++) // the revocation that it tells of
        (void)keeper_learn(&engine->keeper, link_frame(&engine->link, i), NULL);
    session_lose(engine, (enum lt_code)frame->code,
                 text[0] != '\0' ? text : "the hub ended the session");
}

static void dispatch(struct engine *engine, const struct lt_frame *frame)
{
    if (!engine_is_up(engine) && frame->op != LT_WELCOME && frame->op != LT_BYE)
        return;
    switch (frame->op) {
    case LT_WELCOME:
        welcome(engine, frame);
        break;
    case LT_PUBLISHED:
        publisher_answer(engine, frame);
        break;
    case LT_SUBSCRIBED:
        subscriber_answer(engine, frame);
        break;
    case LT_DELIVER:
        subscriber_deliver(engine, frame);
        break;
    case LT_RESULT:
    case LT_CHUNK:
        requests_answer(engine, frame,
                        link_frames(&engine->link) > 1 ? link_frame(&engine->link, 1)
                                                       : (struct lt_slice){0});
        break;
    case LT_PING:
        answer_ping(engine, frame);
        break;
    case LT_PONG:
        take_pong(engine, frame);
        break;
    case LT_BYE:
        take_bye(engine, frame);
        break;
    default:
        break;
    }
}

static void take_message(struct engine *engine)
{
    struct lt_frame frame = {0};
    struct lt_error error = {0};
    engine->session.heard_at = engine_clock();
    enum lt_code code = lt_frame_decode(link_frame(&engine->link, 0), &frame, &error);
    bool later_version = (unsigned)frame.op > LT_OP_LAST;
    if (code == LT_DONE)
        dispatch(engine, &frame);
    else if (!later_version)
        session_lose(engine, code, error.text);
}

// The hub lets the key in no more: a client that has heard of a grant of its own knows more than "unknown".
static enum lt_code explain_refusal(const struct engine *engine, struct lt_error *error)
{
    bool revoked = false;
    const struct lt_grant *grant =
        lt_book_find(engine->keeper.book, lt_slice_of(engine->principal), &revoked);
    bool own = grant && memcmp(grant->curve, engine->curve_key, sizeof engine->curve_key) == 0;
    if (!own && !revoked && !engine->session.welcomed)
        return error->code;
    bool expired = !revoked && own && engine_time(engine->shared) >= grant->expires;
    if (expired)
        return lt_fail(error, LT_NOT_VALID,
                       "the grant of %s has expired, and the hub lets its key in no more; let the "
                       "office renew it (lienthon renew %s), and it goes on by itself",
                       engine->principal, engine->principal);
    const char *what = revoked ? "has been revoked" : "has been revoked or has expired";
    return lt_fail(error, LT_NOT_VALID,
                   "the grant of %s %s, and the hub lets its key in no more; ask for a new "
                   "invitation, and join with it in a new folder",
                   engine->principal, what);
}

void session_read(struct engine *engine)
{
    if (!engine->link.dealer)
        return;
    struct lt_error broken = {0}, error = {0};
    enum lt_code ended = link_watch(&engine->link, &broken);
    if (ended == LT_UNKNOWN_PRINCIPAL)
        ended = explain_refusal(engine, &broken);
    // What the hub said before the end, a BYE perhaps, is read first.
    for (int i = 0; engine->link.dealer && (i < MESSAGES_A_TURN || ended != LT_DONE); i++) {
        enum lt_code code = link_receive(&engine->link, &error);
        if (code == LT_NOT_FOUND)
            break;
        if (code == LT_DONE)
            take_message(engine);
        else
            session_lose(engine, code, error.text);
    }
    if (ended != LT_DONE && engine->link.dealer)
        session_lose(engine, ended, broken.text);
}

void session_end(struct engine *engine)
{
    if (engine_is_up(engine)) {
        struct lt_frame bye = {.op = LT_BYE, .text = lt_slice_of("the client ends")};
        link_send(&engine->link, &bye, NULL, 0);
        link_close(&engine->link, GOODBYE_MS);
    }
    link_close(&engine->link, 0);
}
