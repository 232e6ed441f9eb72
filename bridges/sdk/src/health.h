// Health from evidence: what worked last, what failed last, and which came later. Pure but for the
// time, which is handed in.
#ifndef LT_BRIDGES_HEALTH_H
#define LT_BRIDGES_HEALTH_H

#include <lienthon/message.h>

enum { HEALTH_TEXT = 300, HEALTH_CREDENTIALS = 8, HEALTH_NAME = 20 };
enum { HEALTH_DOUBT_MS = 86400000 }; // so long a refusal is told before all else

struct health_credential {
    char name[HEALTH_NAME + 1]; // empty: none
    uint64_t until, soon;       // ms since 1970; ms before it
};

struct health {
    char well[HEALTH_TEXT], ill[HEALTH_TEXT]; // UTF-8; empty: nothing yet
    uint64_t well_at, ill_at;                 // ms since 1970
    char doubt[HEALTH_TEXT];                  // of the last delivery that was refused
    uint64_t doubt_at, doubts;                // ms since 1970; how many in this life
    struct health_credential credentials[HEALTH_CREDENTIALS];
    bool is_ill, stopped;
    bool changed; // since it was published last; the publisher's to take back
};

void health_well(struct health *health, const char *what, uint64_t now);
// true: it is news, by its sentence or because all was well.
bool health_ill(struct health *health, const char *what, uint64_t now);

// The hub has handed out what is not to be obeyed: whoever watches hears of it by another way than that hub's word of honour.
void health_doubt(struct health *health, const char *what, uint64_t now);
// Of that name anew; a name that is none, or one too many, is left out.
void health_credential(struct health *health, const char *name, uint64_t until, uint64_t soon);
// The sentence of the first that ends soon, or has ended; false: all hold.
bool health_ends(const struct health *health, uint64_t now, char text[HEALTH_TEXT]);

struct health_frame {    // what the host knows beside
    uint64_t now, since; // ms since 1970
    uint64_t every;      // seconds
    uint64_t waiting;    // messages
    uint64_t done_at;    // ms since 1970: the last delivery that was done; 0: none in this life
    const char *agent;
    uint64_t done_before; // deliveries that came again though they were done, in this life
    const char *refused;  // lent: why nothing comes of the hub, a sentence; NULL: it does
    bool has_grant;
    int64_t grant_days;           // whole days that it still holds
    char grant_ends[HEALTH_TEXT]; // says so when that is soon; else empty
};
// Appends the body of a health.v1. false: no memory.
bool health_write(const struct health *health, const struct health_frame *frame,
                  struct lt_buffer *body);

#endif
