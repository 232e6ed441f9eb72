// Hours of an instance's own, in place of those of its hamlet: a loudspeaker at a market or a school.
#ifndef LT_SPEAKER_OWN_HOURS_H
#define LT_SPEAKER_OWN_HOURS_H

#include <lienthon/settings/hours.h>

#include "hours.h"

struct own_hours {                   // options; what is not given is the hamlet's
    struct lt_option_map programmes; // name → as in commune.yaml
    char *day, *quiet, *volume;
};

// For the rows of the options. LT_BAD_USE what is allowed.
enum lt_code own_hours_check_quiet(const char *text, struct lt_error *error);
enum lt_code own_hours_check_volume(const char *text, struct lt_error *error);
// Is there anything of it?
bool own_hours_given(const struct own_hours *own);
// Puts them over those of the hamlet. false: there is no room for all programmes, the last are left out.
bool own_hours_apply(const struct own_hours *own, struct hours *hours);

#endif
