// Who keeps a message for later and has not heard yet that it was taken back: a loudspeaker that is away speaks on time, and
// the cancellation waits for it at the hub.
#ifndef CLI_UNAWARE_H
#define CLI_UNAWARE_H

#include "roster.h"

// Sets `unaware` of the rows of a message's roster. Where nobody keeps it without a last word nothing is asked.
enum lt_code unaware_mark(struct session *session, const lt_book *book, struct roster *roster);
// The same, where that which takes its place is known by its id and its sender.
enum lt_code unaware_mark_by(struct session *session, const lt_book *book, const char *id,
                             const char *from, struct roster *roster);

// Has something genuine cancelled or replaced it? false too where the hub does not say.
bool unaware_is_taken_back(struct session *session, const lt_book *book,
                           const struct roster *roster);

#endif
