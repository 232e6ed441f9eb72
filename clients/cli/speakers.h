// What the loudspeakers say of themselves: the speaker-state.v1 that the hub keeps of each.
#ifndef CLI_SPEAKERS_H
#define CLI_SPEAKERS_H

#include <lienthon/book.h>

#include "session.h"
#include "walk.h"

// Asks the hub for them. *values is yours.
enum lt_code speakers_ask(struct session *session, struct lt_buffer *values);

struct speakers {
    struct walk walk;
    const lt_book *book;
    struct lt_sealed sealed;
    struct lt_cursor zones; // of the one that is looked at
    uint32_t left;
};
struct speaker_says { // all lent
    struct lt_slice from;
    struct lt_slice zone;  // its name, where a station has several; else empty
    struct lt_slice hours; // the map; empty: it does not say them
    bool stopped;          // it was ended on purpose
};
// Each zone of each, one a call, where its sender may say so by the book (lent).
struct speakers speakers_of(const struct lt_buffer *values, const lt_book *book);
bool speakers_next(struct speakers *speakers, struct speaker_says *says);

#endif
