// What a sound file is called: the time at which it begins, so that the order of names is that of age, and the message.
#ifndef LT_SPEAKER_FILE_NAME_H
#define LT_SPEAKER_FILE_NAME_H

#include <lienthon/message.h>

enum { FILE_NAME = 80 };

// Without an ending. at: ms since 1970, written in local time. id: NULL for the loudspeaker's own words.
void file_name_print(uint64_t at, const uint8_t *id, char name[FILE_NAME]);
// Makes it the name of one that began 1 ms later. false: it has no such form, or the next second would begin.
bool file_name_later(char *name);
// Is it one of these with that ending, ".wav" or ".wav.part"? What was cut off (".cut") is too.
bool file_name_is(const char *name, const char *ending);

#endif
