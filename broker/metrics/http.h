// The door for scrapers: one page over HTTP on a loopback port, by libmicrohttpd without a thread of
// its own. The core polls one descriptor; nothing here blocks, and a scraper that is slow, stuck or
// hostile holds one of a few small connections for some seconds.
#ifndef LT_HTTP_H
#define LT_HTTP_H

#include <lienthon/bytes.h>
#include <lienthon/code.h>

struct http;
// Prints the page into `out` (empty; its max is set here); false: it could not be made.
typedef bool http_print(void *self, bool is_openmetrics, struct lt_buffer *out);

// address as lt_loopback_parse takes it. LT_IO: it cannot listen there.
enum lt_code http_open(const char *address, http_print *print, void *self, struct http **http,
                       struct lt_error *error);
void http_close(struct http **http);
// To poll for reading; -1: not while it rests. tick: monotonic, ms, as everywhere here.
int http_descriptor(const struct http *http, uint64_t tick);
// Call when it is readable; true: call again at once, it has more to do.
bool http_serve(struct http *http, uint64_t tick);
void http_look(struct http *http, uint64_t tick); // call about once a second: who is there too long

#endif
