// Copying, verifying and renewing a store, for the command.
#include "upkeep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/folder.h>

#include "state/roster.h"
#include "store/store.h"

enum { BUSY_MS = 5000, AT_ONCE = 1024 };

enum lt_code upkeep_copy(const char *folder, const char *to, struct lt_error *error)
{
    struct lt_commune commune = {0};
    struct store_reader *reader = NULL;
    char *data = NULL;
    char *file = NULL;
    enum lt_code code = lt_commune_load(folder, &commune, error);
    if (code == LT_DONE) {
        code = lt_folder_path(folder, commune.hub.data, &data, error);
    }
    if (code == LT_DONE) {
        const struct store_settings settings = {.folder = data, .busy_ms = BUSY_MS};
        code = store_reader_open(&settings, &reader, error);
    }
    if (code == LT_DONE) {
        code = lt_folder_make(to, 0700, error);
    }
    if (code == LT_DONE) {
        code = lt_folder_path(to, "hub.db", &file, error);
    }
    if (code == LT_DONE) {
        code = store_copy(reader, file, error);
    }
    store_reader_close(&reader);
    free(file);
    free(data);
    lt_commune_clear(&commune);
    return code;
}

// --- counting ---

struct counting {
    uint64_t count;
    uint8_t last[256];
    size_t last_size, page;
};

static bool count_record(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct counting *counting = self;
    (void)value;
    (void)version;
    counting->count++;
    counting->page++;
    counting->last_size = key.size < sizeof counting->last ? key.size : sizeof counting->last;
    memcpy(counting->last, key.data, counting->last_size);
    return true;
}

static enum lt_code count_records(struct store_reader *reader, const char *bucket, uint64_t *count,
                                  struct lt_error *error)
{
    struct counting counting = {0};
    uint8_t key[sizeof counting.last];
    struct lt_slice after = {NULL, 0};
    enum lt_code code = LT_DONE;
    do {
        counting.page = 0;
        code = store_records(reader, bucket, (struct lt_slice){NULL, 0}, after, AT_ONCE,
                             count_record, &counting, error);
        memcpy(key, counting.last, counting.last_size);
        after = (struct lt_slice){key, counting.last_size};
    } while (code == LT_DONE && counting.page == AT_ONCE);
    *count = counting.count;
    return code;
}

static bool count_row(void *self, const struct store_row *row)
{
    (void)row;
    ++*(uint64_t *)self;
    return true;
}

static enum lt_code count_grants(struct store_reader *reader, uint64_t *count,
                                 struct lt_error *error)
{
    const struct lt_slice pattern = lt_slice_of("$lt/grants/#");
    uint64_t next = 0;
    enum lt_code code = LT_DONE;
    *count = 0;
    do {
        code = store_last(reader, &pattern, 1, next, AT_ONCE, count_row, count, &next, error);
    } while (code == LT_DONE && next != 0);
    return code;
}

static enum lt_code print_account(struct store_reader *reader, struct lt_error *error)
{
    struct store_account account;
    uint64_t grants = 0;
    uint64_t subscriptions = 0;
    uint64_t dead = 0;
    char root[65];
    enum lt_code code = store_account(reader, &account, error);
    if (code == LT_DONE) {
        code = count_grants(reader, &grants, error);
    }
    if (code == LT_DONE) {
        code = count_records(reader, SUBSCRIPTION_BUCKET, &subscriptions, error);
    }
    if (code == LT_DONE) {
        code = count_records(reader, DEAD_BUCKET, &dead, error);
    }
    if (code != LT_DONE) {
        return code;
    }
    lt_hex_encode((struct lt_slice){account.root, sizeof account.root}, root);
    printf("epoch %" PRIu64 "\nlog_size %" PRIu64 "\nroot %s\n", account.epoch, account.log_size,
           root);
    printf("messages %" PRIu64 "\ndamaged %" PRIu64 "\ngrants %" PRIu64 "\n", account.messages,
           account.damaged, grants);
    printf("subscriptions %" PRIu64 "\nendings %" PRIu64 "\n", subscriptions, dead);
    printf("blobs %" PRIu64 "\nblob_bytes %" PRIu64 "\nblobs_damaged %" PRIu64 "\n", account.blobs,
           account.blob_bytes, account.blobs_damaged);
    printf("tree %s\npages %s\n", account.tree_holds ? "holds" : "broken", account.pages);
    if (account.damaged == 0 && account.blobs_damaged == 0 && account.tree_holds &&
        account.pages_hold) {
        return LT_DONE;
    }
    return lt_fail(error, LT_STORAGE_FAILED,
                   "the store is damaged: %" PRIu64 " messages, %" PRIu64
                   " blobs, the log %s, the pages: %s",
                   account.damaged, account.blobs_damaged, account.tree_holds ? "holds" : "broken",
                   account.pages);
}

enum lt_code upkeep_verify(const char *data, struct lt_error *error)
{
    const struct store_settings settings = {.folder = data, .busy_ms = BUSY_MS};
    struct store_reader *reader = NULL;
    enum lt_code code = store_reader_open(&settings, &reader, error);
    if (code == LT_DONE) {
        code = print_account(reader, error);
    }
    store_reader_close(&reader);
    return code;
}

enum lt_code upkeep_renew(const char *data, struct lt_error *error)
{
    const struct store_settings settings = {.folder = data, .busy_ms = BUSY_MS};
    return store_renew(&settings, error);
}
