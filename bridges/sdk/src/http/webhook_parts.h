// The inside of lienthon/webhook.h.
#ifndef LT_BRIDGES_WEBHOOK_PARTS_H
#define LT_BRIDGES_WEBHOOK_PARTS_H

#include <microhttpd.h>

#include <lienthon/watch.h>
#include <lienthon/webhook.h>

enum {
    WEBHOOK_CONNECTIONS = 128,
    WEBHOOK_CONNECTION_BYTES = 32 * 1024, // of memory: request line and headers
    WEBHOOK_LOOK_MS = 250,
    WEBHOOK_REST_MS = 1000,
    WEBHOOK_DISCARD = 1024 * 1024, // of a body that is refused: so much is read, to be heard
};

struct lt_webhook_request {
    struct lt_webhook_request *next;
    struct lt_webhook *webhook;
    struct MHD_Connection *connection; // NULL: the other end has gone
    char *method, *path;
    struct lt_buffer body;
    size_t came;        // bytes of it
    unsigned refused;   // a status; 0: it is not
    uint64_t refuse_ms; // of a 429: when it may come again
    bool held;          // the bridge has it
    bool suspended, in_take;
    uint64_t until; // monotonic ms: when the door answers for the bridge
    struct MHD_Response *response;
    unsigned status;
    void *user;
};

struct webhook_connection {
    struct MHD_Connection *connection; // NULL: none
    uint64_t since;                    // monotonic ms: it came, or its last answer left
    bool waits;                        // for the bridge, not for its own end
};

struct lt_webhook {
    lt_bridge_host *host;
    lt_webhook_take *take;
    void *user;
    struct lt_webhook_config config;
    struct lt_pace pace;
    struct MHD_Daemon *daemon;
    int descriptor;
    lt_timer *timer;
    bool rests; // nobody could come: no descriptors are left
    struct lt_webhook_request *requests;
    struct webhook_connection connections[WEBHOOK_CONNECTIONS];
    size_t count, opened; // now, and since the start
};

// webhook_request.c: what libmicrohttpd calls.
enum MHD_Result webhook_request_step(void *webhook, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *upload, size_t *upload_size, void **request);
void webhook_request_over(void *webhook, struct MHD_Connection *connection, void **request,
                          enum MHD_RequestTerminationCode why);
// Those that the bridge has had too long.
void webhook_request_look(struct lt_webhook *webhook, uint64_t now);
// Lets all go that wait, for the end.
void webhook_request_end_all(struct lt_webhook *webhook);
void webhook_request_free_all(struct lt_webhook *webhook);

// webhook.c
struct webhook_connection *webhook_place(struct lt_webhook *webhook,
                                         const struct MHD_Connection *connection);
void webhook_run_soon(struct lt_webhook *webhook);

#endif
