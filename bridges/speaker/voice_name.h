// The names of espeak-ng's voices that speak Vietnamese.
#ifndef LT_SPEAKER_VOICE_NAME_H
#define LT_SPEAKER_VOICE_NAME_H

#include <lienthon/code.h>

// "vi", "vi-vn-x-central", "vi-vn-x-south", each with a variant of espeak-ng's if one is wanted ("vi+f2"). LT_BAD_USE: it is
// none of them; the sentence says which there are, and the nearest.
enum lt_code voice_name_check(const char *text, struct lt_error *error);

#endif
