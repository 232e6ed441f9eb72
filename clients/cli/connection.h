// `lienthon rekey hub --connection`.
#ifndef CLI_CONNECTION_H
#define CLI_CONNECTION_H

#include "cli.h"

int connection_rekey(struct cli *cli);

#endif
