// Who may connect.
#include "zap.h"

#include <string.h>
#include <zmq.h>

enum { FRAMES = 7, VERSION = 0, REQUEST = 1, DOMAIN = 2, MECHANISM = 5, KEY = 6 };

bool zap_admits(const struct lt_grant *grant, uint64_t now)
{
    return grant && !grant->revoked && grant->not_before <= now && now < grant->expires;
}

// Reads all frames of one request; those beyond FRAMES are dropped. The number of frames, 0: none.
static size_t receive(void *socket, zmq_msg_t frames[FRAMES])
{
    size_t count = 0;
    int more = 1;
    while (more) {
        zmq_msg_t extra;
        zmq_msg_t *frame = count < FRAMES ? &frames[count] : &extra;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame);
            break;
        }
        more = zmq_msg_more(frame);
        if (count >= FRAMES)
            zmq_msg_close(frame);
        count++;
    }
    return count;
}

static bool is(zmq_msg_t *frame, const char *text)
{
    return lt_slice_is((struct lt_slice){zmq_msg_data(frame), zmq_msg_size(frame)}, text);
}

static void answer(void *socket, zmq_msg_t *request, const char *user, const char *curve)
{
    uint8_t metadata[6 + 4 + 2 * LT_KEY_SIZE] = {5,   'C', 'u', 'r', 'v',
                                                 'e', 0,   0,   0,   2 * LT_KEY_SIZE};
    if (curve)
        memcpy(metadata + 10, curve, (size_t)2 * LT_KEY_SIZE);
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(socket, zmq_msg_data(request), zmq_msg_size(request), ZMQ_SNDMORE);
    zmq_send(socket, curve ? "200" : "400", 3, ZMQ_SNDMORE);
    const char *text = curve ? "OK" : "no grant in force names this key";
    zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(socket, metadata, curve ? sizeof metadata : 0, 0);
}

bool zap_serve(void *socket, const lt_book *book, uint64_t now)
{
    zmq_msg_t frames[FRAMES];
    size_t count = receive(socket, frames);
    char user[LT_PRINCIPAL_MAX + 1] = "", hex[2 * LT_KEY_SIZE + 1];
    bool admitted = false;
    if (!count)
        return false;
    if (count == FRAMES && is(&frames[MECHANISM], "CURVE") &&
        zmq_msg_size(&frames[KEY]) == LT_KEY_SIZE) {
        const uint8_t *key = zmq_msg_data(&frames[KEY]);
        const struct lt_grant *grant = lt_book_find_curve(book, key);
        bool joins = is(&frames[DOMAIN], ZAP_DOMAIN_JOIN);
        admitted = joins || zap_admits(grant, now);
        lt_hex_encode((struct lt_slice){key, LT_KEY_SIZE}, hex);
        if (admitted && !joins)
            memcpy(user, grant->principal.data, grant->principal.size);
        else if (admitted)
            memcpy(user, "joiner", sizeof "joiner");
    }
    answer(socket, &frames[count > REQUEST ? REQUEST : VERSION], user, admitted ? hex : NULL);
    for (size_t i = 0; i < count && i < FRAMES; i++)
        zmq_msg_close(&frames[i]);
    return true;
}
