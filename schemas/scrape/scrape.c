// The scrapers' door.
#include "scrape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lienthon/settings/folder.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECTIONS_MOST = 16,
    CONNECTION_BYTES = 16 * 1024, // of memory: request line and headers, ours and the scraper's
    IDLE_SECONDS = 3,
    LIFE_MS = 5000, // of a connection, whatever it does
    PAGE_MS = 1000, // for so long a page serves all who ask
    PAGE_MAX = 1024 * 1024,
    REST_MS = 1000,
};

static const char openmetrics_type[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";
static const char plain_type[] = "text/plain; version=0.0.4; charset=utf-8";

struct page {
    struct MHD_Response *response; // NULL: none yet
    uint64_t made;
};

struct scrape {
    struct MHD_Daemon *daemon;
    int descriptor;
    scrape_print *print;
    void *self;
    uint64_t tick, rests_until;
    struct page openmetrics, plain;
    struct scrape_visit {
        struct MHD_Connection *connection; // NULL: none
        uint64_t since;
    } connections[CONNECTIONS_MOST];
    size_t count, opened; // now, and since the start
};

// --- what is answered ---

static struct MHD_Response *make_page(struct scrape *scrape, bool is_openmetrics)
{
    struct lt_buffer out = {.max = PAGE_MAX};
    struct MHD_Response *made = NULL;
    if (scrape->print(scrape->self, is_openmetrics, &out))
        made = MHD_create_response_from_buffer(out.size, out.data, MHD_RESPMEM_MUST_FREE);
    if (!made) {
        lt_buffer_clear(&out);
        return NULL;
    }
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE,
                            is_openmetrics ? openmetrics_type : plain_type);
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONNECTION, "close");
    return made;
}

static struct MHD_Response *page_of(struct scrape *scrape, bool is_openmetrics)
{
    struct page *page = is_openmetrics ? &scrape->openmetrics : &scrape->plain;
    if (page->response && scrape->tick - page->made < PAGE_MS)
        return page->response;
    struct MHD_Response *made = make_page(scrape, is_openmetrics);
    if (page->response)
        MHD_destroy_response(page->response); // those who are still reading it keep it
    page->response = made;
    page->made = scrape->tick;
    return made;
}

// Whoever asks for the older format alone gets it.
static bool wants_openmetrics(struct MHD_Connection *connection)
{
    const char *accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    return !accept || strstr(accept, "application/openmetrics-text") ||
           !strstr(accept, "text/plain");
}

// A page in somebody's browser can reach this machine by a name of its own that leads here: then the
// name is not ours.
static bool is_by_our_name(struct MHD_Connection *connection)
{
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    char name[LT_LOOPBACK_MAX + 1];
    struct in_addr number;
    size_t size = host ? strcspn(host, ":") : 0;
    if (!host || host[0] == '[')
        return true;
    if (size > LT_LOOPBACK_MAX)
        return false;
    memcpy(name, host, size);
    name[size] = '\0';
    return strcmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &number) == 1;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(void *self, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct scrape *scrape = self;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is answered here\n");
    if (!is_by_our_name(connection))
        return say(connection, MHD_HTTP_FORBIDDEN,
                   "ask by a number or as localhost: the figures are for this machine\n");
    if (strcmp(url, "/metrics") != 0)
        return say(connection, MHD_HTTP_NOT_FOUND, "the figures are at /metrics\n");
    struct MHD_Response *page = page_of(scrape, wants_openmetrics(connection));
    if (!page)
        return say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                   "the figures did not fit into the page\n");
    return MHD_queue_response(connection, MHD_HTTP_OK, page);
}

// --- who is there ---

static void connected(void *self, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode code)
{
    struct scrape *scrape = self;
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    (void)context;
    for (size_t i = 0; i < CONNECTIONS_MOST; i++) {
        struct scrape_visit *place = &scrape->connections[i];
        if (place->connection != (begins ? NULL : connection))
            continue;
        *place = (struct scrape_visit){begins ? connection : NULL, scrape->tick};
        scrape->count = begins ? scrape->count + 1 : scrape->count - 1;
        scrape->opened += begins;
        return;
    }
}

// Who sends a byte now and then is not idle, and has had its time all the same.
static void cut_old(struct scrape *scrape)
{
    for (size_t i = 0; i < CONNECTIONS_MOST; i++) {
        const struct scrape_visit *place = &scrape->connections[i];
        const union MHD_ConnectionInfo *info =
            place->connection && scrape->tick - place->since >= LIFE_MS
                ? MHD_get_connection_info(place->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                : NULL;
        if (info)
            shutdown(info->connect_fd, SHUT_RDWR);
    }
}

bool scrape_serve(struct scrape *scrape, uint64_t tick)
{
    MHD_UNSIGNED_LONG_LONG wait = 1; // ms; 0: something can go on at once
    size_t before = scrape->opened;
    bool was_empty = !scrape->count;
    scrape->tick = tick;
    MHD_run(scrape->daemon);
    // It is readable, nobody was there and nobody could come: no descriptors are left.
    if (was_empty && scrape->opened == before)
        scrape->rests_until = tick + REST_MS;
    return MHD_get_timeout(scrape->daemon, &wait) == MHD_YES && wait == 0;
}

void scrape_look(struct scrape *scrape, uint64_t tick)
{
    scrape->tick = tick;
    cut_old(scrape);
    MHD_run(
        scrape
            ->daemon); // time-outs; and who waits at a door that was closed while all places were taken
}

int scrape_descriptor(const struct scrape *scrape, uint64_t tick)
{
    return tick < scrape->rests_until ? -1 : scrape->descriptor;
}

// --- opening ---

static bool read_address(const char *text, struct sockaddr_storage *address, bool *is_six)
{
    char host[LT_LOOPBACK_MAX + 1];
    uint16_t port = 0;
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (!lt_loopback_parse(text, host, &port))
        return false;
    memset(address, 0, sizeof *address);
    *is_six = strchr(host, ':') != NULL;
    if (*is_six) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
    }
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

static struct MHD_Daemon *start(struct scrape *scrape, const struct sockaddr_storage *address,
                                bool is_six)
{
    unsigned flags = MHD_USE_EPOLL | (is_six ? MHD_USE_IPv6 : 0);
    return MHD_start_daemon(flags, 0, NULL, NULL, answer, scrape, MHD_OPTION_SOCK_ADDR, address,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
                            MHD_OPTION_NOTIFY_CONNECTION, connected, scrape, MHD_OPTION_END);
}

enum lt_code scrape_open(const char *address, scrape_print *print, void *self,
                         struct scrape **opened, struct lt_error *error)
{
    struct sockaddr_storage where;
    bool is_six = false;
    if (!read_address(address, &where, &is_six))
        return lt_fail(error, LT_BAD_USE, "'%s' is no loopback address with a port", address);
    struct scrape *scrape = calloc(1, sizeof *scrape);
    if (!scrape)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the metrics");
    scrape->print = print;
    scrape->self = self;
    errno = 0;
    scrape->daemon = start(scrape, &where, is_six);
    const union MHD_DaemonInfo *info =
        scrape->daemon ? MHD_get_daemon_info(scrape->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        lt_fail(error, LT_IO, "cannot listen on %s: %s", address,
                errno ? strerror(errno) : "libmicrohttpd did not start");
        scrape_close(&scrape);
        return LT_IO;
    }
    scrape->descriptor = info->epoll_fd;
    *opened = scrape;
    return LT_DONE;
}

void scrape_close(struct scrape **closed)
{
    struct scrape *scrape = *closed;
    if (!scrape)
        return;
    *closed = NULL;
    if (scrape->daemon)
        MHD_stop_daemon(scrape->daemon);
    if (scrape->openmetrics.response)
        MHD_destroy_response(scrape->openmetrics.response);
    if (scrape->plain.response)
        MHD_destroy_response(scrape->plain.response);
    free(scrape);
}
