// The work of lienthon-say --serve-card and --serve-microphone (line.h): until the other end is closed. Waits for ALSA as long as ALSA likes.
#ifndef LT_SPEAKER_SERVE_H
#define LT_SPEAKER_SERVE_H

#include <lienthon/bytes.h>

enum lt_code serve_card(const char *card, struct lt_error *error);
enum lt_code serve_microphone(const char *name, struct lt_error *error);

#endif
