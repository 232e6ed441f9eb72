// What each command prints with --json.
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "shape.h"

extern const struct answer answer_init, answer_up, answer_invite, answer_join, answer_grants,
    answer_may, answer_revoke, answer_renew, answer_rekey, answer_sent, answer_notice,
    answer_amended, answer_hours, answer_status, answer_sub, answer_history, answer_why,
    answer_backup, answer_doctor, answer_restore, answer_dead, answer_bridge, answer_export,
    answer_import, answer_help, answer_version, answer_complete;

#endif
