// The cards of all zones, asked together when the loudspeaker starts: so many that hang cost as much time as one.
#ifndef LT_SPEAKER_CARDS_H
#define LT_SPEAKER_CARDS_H

#include "outlet.h"

struct card_asked;
struct cards { // zeroed: none
    struct card_asked *list;
    struct outlet **outlets; // as many; NULL: it is not there, or was taken
    size_t count;
};

// Is it there? One that was asked about before is not asked about again. LT_NO_MEMORY.
enum lt_code cards_ask(struct cards *cards, const char *card, struct lt_error *error);
void cards_wait(struct cards *cards); // for all, 3 s at most
// As card_line_new, of one that was asked about.
enum lt_code cards_take(struct cards *cards, const char *card, struct outlet **outlet,
                        struct lt_error *error);
void cards_clear(struct cards *cards); // those that nobody has taken are closed

#endif
