// Asking whether something is meant that cannot be taken back.
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli.h"

// Shows the question (a finished sentence in the reader's language) on standard error and waits for a yes, unless --yes
// was given. LT_BAD_USE: there is nobody to ask; LT_NOT_ALLOWED: the answer is no. Nothing was changed then.
enum lt_code ask_whether(struct cli *cli, const char *question);

#endif
