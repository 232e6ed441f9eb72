// Whether the options of an instance go together, before anything is opened.
#ifndef LT_SPEAKER_FITS_H
#define LT_SPEAKER_FITS_H

#include "speaker.h"

// As lt_bridge's fits: state is a struct speaker with its options and nothing else.
enum lt_code speaker_fits(const void *state, const char *const *targets, size_t count,
                          const char **option, struct lt_error *error);

#endif
