// The options of each command.
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include "arguments.h"

extern const struct flag flags_init[], flags_invite[], flags_grants[], flags_may[], flags_notice[],
    flags_replace[], flags_amend[], flags_status[], flags_pub[], flags_sub[], flags_history[],
    flags_why[], flags_backup[], flags_doctor[], flags_bridge[], flags_dead[], flags_export[],
    flags_rekey[], flags_renew[], flags_hours[];

#endif
