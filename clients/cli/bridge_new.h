// `lienthon bridge new`: a folder with a bridge that builds, runs and passes, from the templates beside this program.
#ifndef CLI_BRIDGE_NEW_H
#define CLI_BRIDGE_NEW_H

#include "cli.h"

// Behind "new" stand NAME and perhaps DIR; --in is the language. The exit code.
int bridge_new(struct cli *cli);

#endif
