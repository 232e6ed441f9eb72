// When a folder's last backup was made: state/last-backup.json, for `doctor`.
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include <jansson.h>

#include "cli.h"

#define BACKUP_NOTE "state/last-backup.json"

// {made: ms, file, …}; NULL: none that can be read. Yours.
json_t *backup_last(const struct cli *cli);

#endif
