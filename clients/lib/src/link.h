// One connection: a DEALER with CURVE and the monitor that says why it does not come about. It does not
// reconnect: a lost link is closed and a new one opened, so that nothing old is on its way in it.
#ifndef LT_LINK_H
#define LT_LINK_H

#include <lienthon/message.h>
#include <lienthon/op.h>

#include <czmq.h>
#include <meter.h>

struct link_keys {
    uint8_t hub[LT_KEY_SIZE]; // the far side's public key
    uint8_t own[LT_KEY_SIZE]; // one's own public key
    const uint8_t *secret;    // one's own secret key, 32 bytes
};

struct link {
    zsock_t *dealer;              // NULL: closed
    zsock_t *monitor;             // a PAIR
    bool connected;               // the handshake is done
    struct meter meter;           // of the TCP connection; fd below 0: there is none
    int64_t look_at;              // monotonic ms: when the meter is looked at next
    unsigned beyond;              // looks in a row that found too much
    bool drained;                 // every whole message has been read
    bool endless;                 // it was cut, for a message without end
    struct lt_buffer bytes, ends; // the message that link_receive read last
    char url[256];
};

// LT_DONE; LT_BAD_USE (the url); LT_IO, LT_NO_MEMORY.
enum lt_code link_open(struct link *link, const char *url, const struct link_keys *keys,
                       struct lt_error *error);
// linger_ms: how long what was sent may take to leave.
void link_close(struct link *link, int linger_ms);
void link_clear(struct link *link); // closes, and frees

// One protocol message. false: the link does not take it now.
bool link_send(struct link *link, const struct lt_frame *frame, const struct lt_slice *payload,
               size_t count);
bool link_send_bytes(struct link *link, struct lt_slice frame, const struct lt_slice *payload,
                     size_t count);

// Reads one message without waiting: LT_DONE; LT_NOT_FOUND: none waits; LT_TOO_LARGE; LT_NO_MEMORY.
enum lt_code link_receive(struct link *link, struct lt_error *error);
size_t link_frames(const struct link *link);
struct lt_slice link_frame(const struct link *link, size_t index);

// Reads the monitor, and looks whether the far side sends a message without end, which libzmq would hold whole.
// LT_DONE: nothing that ends the link; else the code and a sentence that says what to do.
enum lt_code link_watch(struct link *link, struct lt_error *error);
// When link_watch is to be called at the latest, monotonic ms; 0: when the monitor is readable.
int64_t link_deadline(const struct link *link);

#endif
