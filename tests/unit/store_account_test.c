// Looking a store through, and letting one from a backup go on.
#include <sqlite3.h>

#include "store_case.h"

static struct store_case c;

static void setup(void)
{
    case_init(&c);
}

static void teardown(void)
{
    case_clear(&c);
}

TestSuite(account, .init = setup, .fini = teardown);

static struct store_account look(void)
{
    struct store_account account;
    struct lt_error error = {0};
    cr_assert_eq(store_account(c.reader, &account, &error), LT_DONE, "%s", error.text);
    return account;
}

// As a bad disk would.
static void spoil(const char *sql)
{
    char file[128];
    sqlite3 *db = NULL;
    case_close(&c);
    (void)snprintf(file, sizeof file, "%s/hub.db", c.folder);
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    case_open(&c);
}

static void put_blob(const char *text)
{
    struct lt_error error = {0};
    uint8_t sha256[32];
    uint64_t size = 0;
    const struct lt_slice bytes = lt_slice_of(text);
    crypto_hash_sha256(sha256, bytes.data, bytes.size);
    cr_assert_eq(store_blob_put(c.store, lt_slice_of("ai"), sha256, bytes.size, 0, bytes, NOW_MS,
                                &size, &error),
                 LT_DONE, "%s", error.text);
}

Test(account, counts_what_is_there_and_finds_it_as_it_was_stored)
{
    struct lt_tree tree;
    uint8_t root[32];
    for (int i = 0; i < 20; i++) {
        append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    put_blob("một bức ảnh");
    const struct store_account account = look();
    store_tree(c.store, &tree);
    lt_tree_root(&tree, root);
    cr_expect(account.pages_hold && account.tree_holds);
    cr_expect_eq(account.messages, 20);
    cr_expect_eq(account.log_size, 20);
    cr_expect_arr_eq(account.root, root, sizeof root);
    cr_expect_eq(account.epoch, store_end(c.store).epoch);
    cr_expect(account.blobs == 1 && account.blob_bytes == strlen("một bức ảnh"));
    cr_expect(account.damaged == 0 && account.blobs_damaged == 0);
}

Test(account, finds_a_message_a_blob_and_a_leaf_that_have_changed)
{
    for (int i = 0; i < 5; i++) {
        append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    put_blob("một bức ảnh");
    spoil("UPDATE message SET sealed = x'00' WHERE seq = 3; UPDATE blob_chunk SET bytes = x'00'");
    struct store_account account = look();
    cr_expect_eq(account.damaged, 1);
    cr_expect_eq(account.blobs_damaged, 1);
    cr_expect(account.tree_holds);
    spoil("UPDATE leaf SET hash = zeroblob(32) WHERE seq = 2");
    account = look();
    cr_expect_not(account.tree_holds);
    spoil("DELETE FROM leaf WHERE seq = 2");
    cr_expect_not(look().tree_holds);
}

Test(account, a_store_from_a_backup_goes_on_under_another_epoch)
{
    struct lt_error error = {0};
    const uint64_t seq = append_new(&c, "van-phong", "xa/a/thong-bao");
    const uint64_t epoch = store_end(c.store).epoch;
    cr_expect_eq(store_renew(&c.settings, &error), LT_BAD_FILE, "a hub has it");
    case_close(&c);
    cr_assert_eq(store_renew(&c.settings, &error), LT_DONE, "%s", error.text);
    case_open(&c);
    cr_expect_neq(store_end(c.store).epoch, epoch);
    cr_expect_eq(store_end(c.store).seq, seq);
    cr_expect_eq(look().messages, 1);
}
