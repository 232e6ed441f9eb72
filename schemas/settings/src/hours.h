// What is allowed of the texts of lienthon/settings/hours.h, as sentences say it.
#ifndef LT_SETTINGS_HOURS_H
#define LT_SETTINGS_HOURS_H

#include "lienthon/settings/hours.h"

extern const char hours_programme_form[];
extern const char hours_span_form[];
extern const char hours_volume_form[];

#endif
