// The hours of the loudspeakers: those of commune.yaml, and those that were told.
#ifndef CLI_HOURS_H
#define CLI_HOURS_H

#include <lienthon/book.h>
#include <lienthon/settings/folder.h>

#include "session.h"

// The body of speaker-hours.v1 that the file means. *body is yours. LT_BAD_FILE: the sentence names the key.
enum lt_code hours_pack(const struct lt_commune *commune, struct lt_buffer *body,
                        struct lt_error *error);
// Is that body what was told last, or, where nothing was told, what every loudspeaker keeps to anyway? Asks the hub. *newest,
// unless NULL: when the last was told, ms since 1970; 0: nothing was.
enum lt_code hours_look(struct session *session, const lt_book *book,
                        const struct lt_commune *commune, struct lt_slice body, bool *told,
                        uint64_t *newest);
// Writes a sample of `loudspeakers` into the commune.yaml at that path, as remarks. There is at least one hamlet.
enum lt_code hours_sample(const char *path, const struct lt_commune *commune,
                          struct lt_error *error);

#endif
