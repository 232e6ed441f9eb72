// Sessions, and sending.
#include "sessions.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <meter.h>

#include "must.h"
#include "reader.h"

enum { UNREAD = 16 * 1024 * 1024, FLIGHT = 256 * 1024 }; // unless configured

void sessions_init(struct sessions *sessions, void *hub, void *join)
{
    memset(sessions, 0, sizeof *sessions);
    sessions->sockets[DOOR_HUB] = hub;
    sessions->sockets[DOOR_JOIN] = join;
    sessions->next = 1;
    sessions->unread = UNREAD;
    sessions->flight = FLIGHT;
}

static void destroy(void *value)
{
    struct session *session = value;
    for (struct reading *reading = session->paused, *next = NULL; reading; reading = next) {
        next = reading->next;
        reading_destroy(&reading);
    }
    free(session->subs);
    free(session);
}

void sessions_clear(struct sessions *sessions)
{
    table_clear(&sessions->by_number, destroy);
    table_clear(&sessions->by_route, NULL);
    table_clear(&sessions->by_fd, NULL);
}

static struct lt_slice number_key(const uint64_t *number)
{
    return (struct lt_slice){(const uint8_t *)number, sizeof *number};
}

static struct lt_slice fd_key(const int *fd)
{
    return (struct lt_slice){(const uint8_t *)fd, sizeof *fd};
}

struct route_key {
    uint8_t bytes[1 + SESSION_ROUTE_MAX];
};

static struct lt_slice route_key(struct route_key *key, enum door door, const void *route,
                                 size_t size)
{
    key->bytes[0] = (uint8_t)door;
    memcpy(key->bytes + 1, route, size);
    return (struct lt_slice){key->bytes, size + 1};
}

struct session *sessions_find(const struct sessions *sessions, uint64_t number)
{
    return table_find(&sessions->by_number, number_key(&number));
}

static void read_peer(struct session *session, zmq_msg_t *frame)
{
    socklen_t size = sizeof session->peer;
    const char *address = zmq_msg_gets(frame, "Peer-Address");
    snprintf(session->address, sizeof session->address, "%s", address ? address : "");
    session->fd = zmq_msg_get(frame, ZMQ_SRCFD);
    if (session->fd < 0 ||
        getpeername(session->fd, (struct sockaddr *)&session->peer, &size) != 0) {
        session->fd = -1;
        memset(&session->peer, 0, sizeof session->peer);
    }
}

static struct session *make(struct sessions *sessions, enum door door, zmq_msg_t *route,
                            zmq_msg_t *frame)
{
    struct session *session = must_calloc(1, sizeof *session);
    struct route_key key;
    const char *principal = zmq_msg_gets(frame, "User-Id");
    const char *curve = zmq_msg_gets(frame, "Curve");
    session->number = sessions->next++;
    session->door = door;
    session->route_size = zmq_msg_size(route);
    memcpy(session->route, zmq_msg_data(route), session->route_size);
    if (door == DOOR_HUB && principal)
        snprintf(session->principal, sizeof session->principal, "%s", principal);
    if (curve)
        lt_hex_decode(lt_slice_of(curve), session->curve, sizeof session->curve);
    session->heard = session->said = sessions->tick;
    read_peer(session, frame);
    table_put(&sessions->by_number, number_key(&session->number), session);
    table_put(&sessions->by_route, route_key(&key, door, session->route, session->route_size),
              session);
    table_put(&sessions->by_fd, fd_key(&session->fd), session);
    sessions->counts[door]++;
    return session;
}

struct session *sessions_of(struct sessions *sessions, enum door door, zmq_msg_t *route,
                            zmq_msg_t *frame, struct session **old)
{
    struct route_key key;
    char hex[2 * LT_KEY_SIZE + 1];
    *old = NULL;
    if (zmq_msg_size(route) > SESSION_ROUTE_MAX)
        return NULL;
    struct session *session = table_find(
        &sessions->by_route, route_key(&key, door, zmq_msg_data(route), zmq_msg_size(route)));
    if (!session)
        return make(sessions, door, route, frame);
    const char *curve = zmq_msg_gets(frame, "Curve");
    lt_hex_encode((struct lt_slice){session->curve, sizeof session->curve}, hex);
    // Inside the process there is no CURVE, and no key on either side.
    bool is_same =
        curve ? strcmp(curve, hex) == 0 : sodium_is_zero(session->curve, sizeof session->curve);
    if (is_same)
        return session;
    *old = session;
    return NULL;
}

void sessions_remove(struct sessions *sessions, struct session **gone)
{
    struct session *session = *gone;
    struct route_key key;
    *gone = NULL;
    for (struct session **at = &sessions->ready; *at; at = &(*at)->next_ready) {
        if (*at == session) {
            *at = session->next_ready;
            break;
        }
    }
    if (table_find(&sessions->by_fd, fd_key(&session->fd)) == session)
        table_take(&sessions->by_fd, fd_key(&session->fd));
    sessions->counts[session->door]--;
    table_take(&sessions->by_number, number_key(&session->number));
    table_take(&sessions->by_route,
               route_key(&key, session->door, session->route, session->route_size));
    destroy(session);
}

size_t sessions_count(const struct sessions *sessions, enum door door)
{
    return sessions->counts[door];
}

size_t sessions_own(const struct sessions *sessions, const char *principal)
{
    size_t count = 0;
    struct table_walk walk = {0};
    while (table_next(&sessions->by_number, &walk)) {
        const struct session *session = walk.node->value;
        count += session->greeted && !session->cut_at && strcmp(session->principal, principal) == 0;
    }
    return count;
}

struct session *sessions_on(const struct sessions *sessions, int fd,
                            const struct sockaddr_storage *peer)
{
    struct session *session = table_find(&sessions->by_fd, fd_key(&fd));
    return session && memcmp(&session->peer, peer, sizeof *peer) == 0 ? session : NULL;
}

// It is counted as long as it waits, however small: there may be many.
static bool send_head(const struct sessions *sessions, void *socket, struct lt_slice head,
                      int flags)
{
    zmq_msg_t frame;
    frames_copy(sessions->frames, head, &frame);
    bool sent = zmq_msg_send(&frame, socket, flags) >= 0;
    zmq_msg_close(&frame);
    return sent;
}

static bool send_all(const struct sessions *sessions, const struct session *session,
                     struct lt_slice head, zmq_msg_t *payload, size_t count)
{
    void *socket = sessions->sockets[session->door];
    if (zmq_send(socket, session->route, session->route_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    int more = count ? ZMQ_SNDMORE : 0;
    if (!send_head(sessions, socket, head, more | ZMQ_DONTWAIT))
        return false;
    for (size_t i = 0; i < count; i++) {
        more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_msg_send(&payload[i], socket, more | ZMQ_DONTWAIT) < 0)
            return false;
    }
    return true;
}

// Above every serial of a delivery, below 2^53.
#define ASK_REF (UINT64_C(1) << 52)

bool session_is_full(const struct sessions *sessions, const struct session *session)
{
    return session->sent - session->read > sessions->unread;
}

bool session_has_read(struct session *session, uint64_t ref)
{
    if (!session->ask || ref != session->ask)
        return false;
    session->read = session->sent_at_ask;
    session->ask = 0;
    return true;
}

static void ask_what_was_read(struct sessions *sessions, struct session *session)
{
    if (session->ask || !session->greeted || session->sent - session->read < SESSION_UNREAD_ASK)
        return;
    session->sent_at_ask = session->sent;
    session->ask = ASK_REF + session->asks++;
    struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(session->ask)};
    session_send(sessions, session, &ping, NULL, 0);
}

bool session_send_bytes(struct sessions *sessions, struct session *session, struct lt_slice head,
                        zmq_msg_t *payload, size_t count)
{
    session->sent += head.size;
    session->given += meter_frame(head.size);
    for (size_t i = 0; i < count; i++) {
        session->sent += zmq_msg_size(&payload[i]);
        session->given += meter_frame(zmq_msg_size(&payload[i]));
    }
    bool sent = !session->lost && send_all(sessions, session, head, payload, count);
    for (size_t i = 0; i < count; i++)
        zmq_msg_close(&payload[i]);
    session->said = sessions->tick;
    if (!sent)
        session->lost = true;
    else
        ask_what_was_read(sessions, session);
    return sent;
}

bool session_send(struct sessions *sessions, struct session *session, const struct lt_frame *frame,
                  zmq_msg_t *payload, size_t count)
{
    struct lt_buffer head = {.max = LT_RESULT_MAX + 1024};
    bool sent = false;
    if (lt_frame_encode(frame, &head)) {
        sent = session_send_bytes(sessions, session, lt_buffer_slice(&head), payload, count);
    } else {
        for (size_t i = 0; i < count; i++)
            zmq_msg_close(&payload[i]);
    }
    lt_buffer_clear(&head);
    return sent;
}

void session_bye(struct sessions *sessions, struct session *session, enum lt_code code,
                 const char *text, struct lt_slice proof)
{
    struct lt_frame frame = {.op = LT_BYE, .code = code, .text = lt_slice_of(text)};
    zmq_msg_t payload;
    bool has_proof = proof.data && zmq_msg_init_size(&payload, proof.size) == 0;
    if (has_proof)
        memcpy(zmq_msg_data(&payload), proof.data, proof.size);
    session_send(sessions, session, &frame, has_proof ? &payload : NULL, has_proof);
    session->greeted = false;
}

void session_cut(struct session *session)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    if (session->fd < 0 || getpeername(session->fd, (struct sockaddr *)&peer, &size) != 0 ||
        memcmp(&peer, &session->peer, sizeof peer) != 0)
        return;
    shutdown(session->fd, SHUT_RDWR);
}

void sessions_make_ready(struct sessions *sessions, struct session *session)
{
    if (session->is_ready)
        return;
    session->is_ready = true;
    session->next_ready = sessions->ready;
    sessions->ready = session;
}

struct session *sessions_take_ready(struct sessions *sessions)
{
    struct session *session = sessions->ready;
    if (session) {
        sessions->ready = session->next_ready;
        session->next_ready = NULL;
        session->is_ready = false;
    }
    return session;
}

uint64_t session_fly(struct session *session, size_t bytes)
{
    size_t place = (session->flight_first + session->flight_count) % SESSION_FLIGHT_MOST;
    session->serial++;
    if (session->flight_count == SESSION_FLIGHT_MOST)
        session_landed(session, session->flight[session->flight_first].serial);
    session->flight[place] = (struct flight){session->serial, bytes};
    session->flight_count++;
    session->flight_bytes += bytes;
    return session->serial;
}

void session_landed(struct session *session, uint64_t serial)
{
    while (session->flight_count && session->flight[session->flight_first].serial <= serial) {
        session->flight_bytes -= session->flight[session->flight_first].bytes;
        session->flight_first = (session->flight_first + 1) % SESSION_FLIGHT_MOST;
        session->flight_count--;
    }
    if (session->probe && session->probe <= serial)
        session->probe = 0;
}

bool session_may_fly(const struct sessions *sessions, const struct session *session, size_t bytes)
{
    return session->flight_count == 0 || (session->flight_count < SESSION_FLIGHT &&
                                          session->flight_bytes + bytes <= sessions->flight);
}
