// A PUT that does not end, and what a server says to it.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "icecast_parts.h"

// 0, which ends the transfer, where the server says more than one does that is well.
static size_t take_answer(struct link *link, size_t size)
{
    link->told += size;
    return link->told <= ANSWER_MAX ? size : 0;
}

// 100 Continue or 200 OK: the mount is ours.
static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct link *link = user;
    long status = 0;
    curl_easy_getinfo(link->easy, CURLINFO_RESPONSE_CODE, &status);
    link->state = status == 100 || status / 100 == 2 ? LINK_UP : LINK_CONNECTS;
    (void)bytes;
    return take_answer(link, size * count);
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *user)
{
    struct link *link = user;
    size_t used = strlen(link->said), room = sizeof link->said - 1 - used;
    memcpy(link->said + used, bytes, size * count < room ? size * count : room);
    return take_answer(link, size * count);
}

static size_t on_wanted(char *bytes, size_t size, size_t count, void *user)
{
    struct link *link = user;
    size_t most = size * count, taken = link->count < most ? link->count : most;
    if (taken == 0) {
        link->paused = true;
        return CURL_READFUNC_PAUSE;
    }
    memcpy(bytes, link->waiting, taken);
    link->count -= taken;
    memmove(link->waiting, link->waiting + taken, link->count);
    return taken;
}

// A server that has lost its power does not say so.
static int on_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    struct link *link = user;
    unsigned dead_ms = DEAD_MS;
    int room = SOCKET_ROOM;
    (void)purpose;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
    if (link->socket_count == SOCKETS_MAX)
        return CURL_SOCKOPT_ERROR;
    link->sockets[link->socket_count++] = fd;
    return CURL_SOCKOPT_OK;
}

static int on_close(void *user, curl_socket_t fd)
{
    struct link *link = user;
    for (size_t i = 0; i < link->socket_count; i++)
        if (link->sockets[i] == fd)
            link->sockets[i] = link->sockets[--link->socket_count];
    return close(fd);
}

static bool add_headers(struct link *link)
{
    char rate[64];
    snprintf(rate, sizeof rate, "Ice-Audio-Info: channels=1;samplerate=%d;bitrate=%u", SOUND_RATE,
             link->place->bitrate);
    // Icecast 2.4 takes no chunks: the sound is the body as it is, without an end. It takes names for Latin-1.
    const char *const lines[] = {"Content-Type: audio/mpeg",   "Transfer-Encoding:",
                                 "Expect: 100-continue",       "Ice-Public: 0",
                                 "Ice-Name: Loa truyen thanh", rate};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct curl_slist *more = curl_slist_append(link->headers, lines[i]);
        if (!more)
            return false;
        link->headers = more;
    }
    return true;
}

// As libcurl does by itself: the certificate must be good, and the server's.
static bool set_up_trust(const struct link *link)
{
    const char *ca = link->place->ca;
    return curl_easy_setopt(link->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
               CURLE_OK &&
           (!ca || (curl_easy_setopt(link->easy, CURLOPT_CAINFO, ca) == CURLE_OK &&
                    curl_easy_setopt(link->easy, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

bool request_set_up(struct link *link, const char *url, const char *password)
{
    CURL *easy = link->easy;
    return add_headers(link) && set_up_trust(link) &&
           curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERNAME, link->place->user) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PASSWORD, password) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, link->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_wanted) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, link) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, link) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, link) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, link) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, link) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, link->failed) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           // A look-up of a name that is not answered is left behind, and not waited for.
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)CURL_ROOM) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_multi_add_handle(link->multi, easy) == CURLM_OK;
}

// What the server writes is a small page; its words are wanted, in one line.
static void plain(char *text)
{
    bool in_tag = false;
    size_t count = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '<' || *at == '>')
            in_tag = *at == '<';
        else if (!in_tag && *at >= ' ' && *at <= '~' && count < 120)
            text[count++] = *at;
    }
    text[count] = '\0';
}

static bool is_refused(const struct link *link, struct lt_error *error)
{
    long status = 0;
    const char *where = link->place->server, *path = link->place->path;
    curl_easy_getinfo(link->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 401)
        lt_fail(error, LT_NOT_ALLOWED,
                "%s refuses the password for %s (401: look at icecast-user and icecast-password)",
                where, path);
    else if (status >= 300)
        lt_fail(error, LT_NOT_ALLOWED, "%s does not take %s: %ld %s", where, path, status,
                link->said);
    return status >= 300;
}

// The same at each try: libcurl's own sentence of one that was not reached has in it how many milliseconds it took.
static const char *word_of(const struct link *link, CURLcode result)
{
    long failed = 0;
    if (result == CURLE_OK)
        return "the server closed the connection";
    if (result != CURLE_COULDNT_CONNECT && result != CURLE_OPERATION_TIMEDOUT && link->failed[0])
        return link->failed;
    curl_easy_getinfo(link->easy, CURLINFO_OS_ERRNO, &failed);
    return failed && result == CURLE_COULDNT_CONNECT ? strerror((int)failed)
                                                     : curl_easy_strerror(result);
}

void request_say_why(struct link *link, CURLcode result, const char *why, struct lt_error *error)
{
    plain(link->said);
    plain(link->failed); // what stands in a certificate is a stranger's too
    if (is_refused(link, error))
        return;
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE) {
        lt_fail(error, LT_NOT_ALLOWED,
                "%s does not prove who it is: %s (look at icecast-ca, and at its certificate)",
                link->place->server, link->failed);
        return;
    }
    if (!why && link->told > ANSWER_MAX)
        why = "the server says more than one does that is well";
    if (!why)
        why = word_of(link, result);
    lt_fail(error, LT_IO, "the stream to %s%s %s: %s", link->place->server, link->place->path,
            link->state == LINK_UP ? "was cut off" : "cannot be begun", why);
}
