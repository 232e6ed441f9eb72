// WAV, mono. Of a sound that is not whole nobody knows the length: the header says the largest there is, as players of streams
// know it, and it comes in chunks. A fetch is suspended while there is nothing more to give. Who has not named a sound within
// KNOCK_MS is no speaker and is cut off, however slowly it goes on talking.
#include "media.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <microhttpd.h>
#include <sodium.h>

#include "address.h"
#include "wav.h"

enum {
    HEAD = WAV_HEAD,
    CONNECTIONS = 256,
    OF_ADDRESS = 32, // so that no one machine has all of them
    IDLE_S = 30,
    KNOCK_MS = 5000,
    BASE = 128,
    LOOK_MS = 200,
    NAME_BYTES = 16,
};

struct fetch { // one connection that reads a sound
    struct fetch *next;
    struct media_offer *offer; // NULL: it was withdrawn
    struct media *media;
    struct MHD_Connection *connection;
    bool suspended, is_whole; // whole: its length was told
    uint8_t head[HEAD];
    size_t samples; // there when it began, if whole
};

struct guest { // a connection
    struct guest *next;
    int socket;
    uint64_t since; // monotonic ms
    bool is_known;
};

struct media_offer {
    struct media_offer *next;
    struct media *media;
    const struct sound *sound;
    char name[MEDIA_NAME];
    size_t given;
};

struct media {
    lt_bridge_host *host;
    struct MHD_Daemon *daemon;
    int descriptor;
    lt_timer *timer;
    char base[BASE];
    struct guest *guests;
    struct media_offer *offers;
    struct fetch *fetches;
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum { COPIED = 4096 }; // samples at a time

// Little endian, whatever the machine is.
static size_t copy_samples(const struct sound *sound, size_t from, char *out, size_t most)
{
    int16_t samples[COPIED];
    size_t count = sound_copy(sound, from, samples, most / 2 < COPIED ? most / 2 : COPIED);
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = (char)((uint16_t)samples[i] & 0xff);
        out[2 * i + 1] = (char)((uint16_t)samples[i] >> 8);
    }
    return count;
}

static ssize_t read_sound(void *user, uint64_t at, char *out, size_t most)
{
    struct fetch *fetch = user;
    struct media_offer *offer = fetch->offer;
    if (!offer)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (at < HEAD) {
        size_t size = HEAD - (size_t)at < most ? HEAD - (size_t)at : most;
        memcpy(out, fetch->head + at, size);
        return (ssize_t)size;
    }
    size_t from = (size_t)(at - HEAD) / sizeof(int16_t);
    size_t count = copy_samples(offer->sound, from, out, most);
    if (from + count > offer->given)
        offer->given = from + count;
    if (count)
        return (ssize_t)(2 * count);
    if (!offer->sound->more)
        return MHD_CONTENT_READER_END_OF_STREAM;
    fetch->suspended = true;
    MHD_suspend_connection(fetch->connection);
    return 0;
}

static void end_fetch(void *user)
{
    struct fetch *gone = user;
    struct fetch **link = &gone->media->fetches;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    free(gone);
}

static enum MHD_Result answer_plain(struct MHD_Connection *connection, unsigned status,
                                    const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result done = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return done;
}

// The name is all that keeps strangers out: how long it takes to refuse one must tell nothing of those there are.
static struct media_offer *find(struct media *media, const char *url)
{
    char wanted[MEDIA_NAME + 6] = "", name[MEDIA_NAME + 6];
    struct media_offer *found = NULL;
    if (url[0] != '/' || strlen(url) != 1 + MEDIA_NAME - 1 + 4)
        return NULL;
    snprintf(wanted, sizeof wanted, "%s", url);
    for (struct media_offer *at = media->offers; at; at = at->next) {
        memset(name, 0, sizeof name);
        snprintf(name, sizeof name, "/%s.wav", at->name);
        if (sodium_memcmp(name, wanted, strlen(name)) == 0)
            found = at;
    }
    return found;
}

static enum MHD_Result give(struct media_offer *offer, struct MHD_Connection *connection)
{
    struct media *media = offer->media;
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return MHD_NO;
    *fetch = (struct fetch){.next = media->fetches,
                            .offer = offer,
                            .media = media,
                            .connection = connection,
                            .is_whole = !offer->sound->more,
                            .samples = offer->sound->count};
    uint64_t bytes = 2 * (uint64_t)fetch->samples;
    wav_head(fetch->head, fetch->is_whole ? (uint32_t)bytes : UINT32_MAX);
    media->fetches = fetch;
    struct MHD_Response *response = MHD_create_response_from_callback(
        fetch->is_whole ? HEAD + bytes : MHD_SIZE_UNKNOWN, 16 * 1024, read_sound, fetch, end_fetch);
    if (!response) {
        end_fetch(fetch);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "audio/wav");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result done = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return done;
}

static void come(struct media *media, struct MHD_Connection *connection, void **context)
{
    struct guest *guest = calloc(1, sizeof *guest);
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (!guest) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    *guest = (struct guest){.next = media->guests, .socket = fd, .since = clock_ms()};
    media->guests = guest;
    *context = guest;
}

static void leave(struct media *media, struct guest *gone)
{
    struct guest **link = &media->guests;
    while (*link && *link != gone)
        link = &(*link)->next;
    if (*link)
        *link = gone->next;
    free(gone);
}

static void come_or_leave(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        come(user, connection, context);
    else
        leave(user, *context);
}

static void know(struct MHD_Connection *connection)
{
    struct guest *guest =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (guest)
        guest->is_known = true;
}

// libmicrohttpd notices it at its next turn.
static void cut_off_strangers(struct media *media)
{
    uint64_t now = clock_ms();
    for (const struct guest *at = media->guests; at; at = at->next)
        if (!at->is_known && now - at->since > KNOCK_MS)
            shutdown(at->socket, SHUT_RDWR);
}

static enum MHD_Result step(void *self, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_size, void **context)
{
    static const char seen;
    (void)version, (void)upload;
    if (!*context) { // the head has come; the answer is for when all has
        *context = (void *)(uintptr_t)&seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_plain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
    struct media_offer *offer = find(self, url);
    if (!offer)
        return answer_plain(connection, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
    know(connection);
    return give(offer, connection);
}

static void run(struct media *media)
{
    MHD_UNSIGNED_LONG_LONG wait = LOOK_MS;
    cut_off_strangers(media);
    MHD_run(media->daemon);
    bool at_once = MHD_get_timeout(media->daemon, &wait) == MHD_YES && wait == 0;
    lt_timer_set(media->timer, at_once ? 0 : LOOK_MS);
}

static void ready(void *user, int fd, unsigned what)
{
    (void)fd, (void)what;
    run(user);
}

static void look(void *user)
{
    run(user);
}

enum lt_code media_check_base(const char *base, struct lt_error *error)
{
    bool is_one = strncmp(base, "http://", 7) == 0 || strncmp(base, "https://", 8) == 0;
    size_t size = strlen(base);
    for (size_t i = 0; i < size; i++)
        is_one = is_one && base[i] > ' ' && base[i] < 0x7f;
    return is_one && size < BASE ? LT_DONE
                                 : lt_fail(error, LT_BAD_USE,
                                           "allowed: http://HOST:PORT or https://…, at most %d "
                                           "bytes",
                                           BASE - 1);
}

static bool is_any(const struct address *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->socket;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->socket;
    return address->socket.ss_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr)
                                                 : four->sin_addr.s_addr == htonl(INADDR_ANY);
}

static void name_base(struct media *media, const char *listen, const char *base)
{
    const union MHD_DaemonInfo *bound =
        MHD_get_daemon_info(media->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (base)
        snprintf(media->base, sizeof media->base, "%s", base);
    else
        snprintf(media->base, sizeof media->base, "http://%.*s:%u",
                 (int)(strrchr(listen, ':') - listen), listen, bound ? bound->port : 0U);
    size_t size = strlen(media->base);
    while (size && media->base[size - 1] == '/')
        media->base[--size] = '\0';
}

static void say_port(struct media *media)
{
    char line[64];
    const union MHD_DaemonInfo *bound =
        MHD_get_daemon_info(media->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(line, sizeof line, "media listens port=%u", bound ? bound->port : 0U);
    lt_bridge_log(media->host, line);
}

static enum lt_code open_door(struct media *media, const char *listen, const char *base,
                              struct lt_error *error)
{
    struct address address;
    if (!address_read(listen, &address))
        return address_check(listen, error);
    if (!base && is_any(&address))
        return lt_fail(error, LT_BAD_USE,
                       "media-listen: no speaker can fetch from %s: name one address of this "
                       "machine, or say media-url",
                       address.host);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (address.socket.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
    errno = 0;
    media->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, step, media, MHD_OPTION_SOCK_ADDR, &address.socket,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_S, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)OF_ADDRESS,
        MHD_OPTION_NOTIFY_CONNECTION, come_or_leave, media, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        media->daemon ? MHD_get_daemon_info(media->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return lt_fail(error, LT_IO, "media-listen: cannot listen on %s: %s", listen,
                       errno ? strerror(errno) : "libmicrohttpd did not start");
    media->descriptor = info->epoll_fd;
    name_base(media, listen, base);
    say_port(media);
    return lt_watch(media->host, media->descriptor, LT_WATCH_READ, ready, media) == LT_DONE
               ? LT_DONE
               : lt_fail(error, LT_BUSY, "too many descriptors are watched already");
}

enum lt_code media_new(lt_bridge_host *host, const char *listen, const char *base,
                       struct media **out, struct lt_error *error)
{
    struct media *media = calloc(1, sizeof *media);
    *out = NULL;
    if (!media)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a web server");
    media->host = host;
    media->descriptor = -1;
    media->timer = lt_timer_new(host, look, media);
    enum lt_code code = media->timer ? open_door(media, listen, base, error)
                                     : lt_fail(error, LT_NO_MEMORY, "no memory for a timer");
    if (code != LT_DONE)
        media_destroy(&media);
    *out = media;
    return code;
}

static void wake(struct fetch *fetch)
{
    if (!fetch->suspended)
        return;
    fetch->suspended = false;
    MHD_resume_connection(fetch->connection);
}

void media_destroy(struct media **media)
{
    struct media *own = *media;
    if (!own)
        return;
    *media = NULL;
    if (own->descriptor >= 0)
        lt_watch_end(own->host, own->descriptor);
    if (own->daemon) {
        for (struct fetch *at = own->fetches; at; at = at->next) {
            at->offer = NULL;
            wake(at);
        }
        MHD_run(own->daemon);
        MHD_stop_daemon(own->daemon);
    }
    assert(!own->fetches && !own->guests);
    if (own->timer)
        lt_timer_destroy(&own->timer);
    while (own->offers) {
        struct media_offer *gone = own->offers;
        own->offers = gone->next;
        free(gone);
    }
    free(own);
}

struct media_offer *media_offer(struct media *media, const struct sound *sound, char url[MEDIA_URL])
{
    uint8_t name[NAME_BYTES];
    struct media_offer *offer = calloc(1, sizeof *offer);
    if (!offer)
        return NULL;
    *offer = (struct media_offer){.next = media->offers, .media = media, .sound = sound};
    randombytes_buf(name, sizeof name);
    sodium_bin2hex(offer->name, sizeof offer->name, name, sizeof name);
    media->offers = offer;
    snprintf(url, MEDIA_URL, "%s/%s.wav", media->base, offer->name);
    return offer;
}

void media_grown(struct media_offer *offer)
{
    bool woke = false;
    for (struct fetch *at = offer->media->fetches; at; at = at->next) {
        woke = woke || (at->offer == offer && at->suspended);
        if (at->offer == offer)
            wake(at);
    }
    if (woke)
        lt_timer_set(offer->media->timer, 0);
}

size_t media_given(const struct media_offer *offer)
{
    return offer->given;
}

void media_withdraw(struct media_offer **offer)
{
    struct media_offer *own = *offer;
    if (!own)
        return;
    *offer = NULL;
    struct media_offer **link = &own->media->offers;
    while (*link != own)
        link = &(*link)->next;
    *link = own->next;
    for (struct fetch *at = own->media->fetches; at; at = at->next) {
        if (at->offer != own)
            continue;
        at->offer = NULL;
        wake(at);
    }
    lt_timer_set(own->media->timer, 0);
    free(own);
}
