// The door for scrapers: one page over HTTP on a loopback port, by libmicrohttpd without a thread of
// its own. The core polls one descriptor; nothing here blocks, and a scraper that is slow, stuck or
// hostile holds one of a few small connections for some seconds.
#ifndef LT_SCRAPE_H
#define LT_SCRAPE_H

#include <lienthon/bytes.h>
#include <lienthon/code.h>

struct scrape;
// Prints the page into `out` (empty; its max is set here); false: it could not be made.
typedef bool scrape_print(void *self, bool is_openmetrics, struct lt_buffer *out);

// address as lt_loopback_parse takes it. LT_IO: it cannot listen there.
enum lt_code scrape_open(const char *address, scrape_print *print, void *self,
                         struct scrape **scrape, struct lt_error *error);
void scrape_close(struct scrape **scrape);
// To poll for reading; -1: not while it rests. tick: monotonic, ms, as everywhere here.
int scrape_descriptor(const struct scrape *scrape, uint64_t tick);
// Call when it is readable; true: call again at once, it has more to do.
bool scrape_serve(struct scrape *scrape, uint64_t tick);
void scrape_look(struct scrape *scrape,
                 uint64_t tick); // call about once a second: who is there too long

#endif
