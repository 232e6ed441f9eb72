// How the texts of `loudspeakers` in commune.yaml are written, for the rows of its options.
#ifndef LT_SETTINGS_HOURS_H
#define LT_SETTINGS_HOURS_H

#include "lienthon/settings/option.h"

// LT_BAD_USE what is allowed.
enum lt_code hours_check_programme(const char *text, struct lt_error *error);
enum lt_code hours_check_span(const char *text, struct lt_error *error);
enum lt_code hours_check_volume(const char *text, struct lt_error *error);

#endif
