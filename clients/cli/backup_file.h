// A backup's FILE and what is known of it: shared by making one and looking through one.
#ifndef CLI_BACKUP_FILE_H
#define CLI_BACKUP_FILE_H

#include <jansson.h>

#include "cli.h"

struct backup {
    struct cli *cli;
    struct lt_commune commune;
    bool has_commune, has_store;
    char *file, *part, *store; // FILE, FILE.part, FILE.store
    char *data;                // the hub's, absolute
    int fd;                    // of FILE.part, locked
    char *passphrase;          // sodium_malloc; NULL: in the open
    json_t *account;           // of the store's copy
    json_t *manifest;
    bool damaged; // the store is: cli->error says how
    struct parcel *parcel;
    uint64_t size;
};

// A path with this behind it; yours.
char *backup_path(const char *path, const char *ending);
// Tells what FILE has. `what`: a format for file, when it was made, and bytes.
void backup_report(const struct backup *backup, const char *what);
// Opens FILE, checks all of it, and tells. LT_BAD_FILE: it is not what was made.
enum lt_code backup_verify(struct backup *backup);

#endif
