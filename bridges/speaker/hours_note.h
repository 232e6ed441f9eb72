// Which hours are in force: in the log, and in a file for `lienthon bridge show`.
#ifndef LT_SPEAKER_HOURS_NOTE_H
#define LT_SPEAKER_HOURS_NOTE_H

#include "zone.h"

// Of all zones. A file that cannot be written is told in the log.
void hours_note(struct speaker *speaker);
// As of the bridge's vtable.
bool hours_shown(const void *state, const char *folder, struct lt_buffer *out);

#endif
