// The inside of a mount's connection, for icecast_link.c (its life) and icecast_request.c (what is asked and answered) alone.
#ifndef LT_SPEAKER_ICECAST_PARTS_H
#define LT_SPEAKER_ICECAST_PARTS_H

#include <curl/curl.h>

#include "icecast_link.h"

// WAITING_MAX: at 48 kbit/s some ten seconds. ANSWER_MAX: Icecast says a few lines, and then nothing more. ANSWER_MS: from the
// beginning, CONNECT_MS of it at most until it is connected. CURL_ROOM: the least that libcurl has.
enum {
    WAITING_MAX = 65536,
    SAID_MAX = 512,
    ANSWER_MAX = 16384,
    CONNECT_MS = 5000,
    ANSWER_MS = 10000,
    DEAD_MS = 10000,
    CURL_ROOM = 16384,
    SOCKET_ROOM = 16384,
    SOCKETS_MAX = 4
};

struct link {
    const struct mount_place *place;
    CURLM *multi;
    CURL *easy; // NULL: it is down
    struct curl_slist *headers;
    enum link_state state;
    bool paused;
    uint8_t waiting[WAITING_MAX];
    size_t count;
    uint64_t written, arrived; // bytes of this connection, or of the last
    uint64_t begun;            // when it was begun
    uint64_t moved;            // when something arrived last, or nothing was on its way
    size_t told;               // bytes of the answer
    int sockets[SOCKETS_MAX];  // libcurl's; it may try several addresses at once
    size_t socket_count;
    char said[SAID_MAX]; // of a refusal, what the server writes
    char failed[CURL_ERROR_SIZE];
};

// Readies link->easy and gives it to link->multi; what is lent is copied. false: no memory.
bool request_set_up(struct link *link, const char *url, const char *password);
// Why it has come down. why: what is known beside libcurl's word; NULL: nothing.
void request_say_why(struct link *link, CURLcode result, const char *why, struct lt_error *error);

#endif
