// What is SQLite's own: a file of another version, another program's file, a file that is none.
#include <sqlite3.h>

#include "store_case.h"

static struct store_case c;

static void setup(void)
{
    case_init(&c);
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    case_close(&c);
}

static void teardown(void)
{
    case_clear(&c);
}

TestSuite(store_sqlite, .init = setup, .fini = teardown);

static void run(const char *sql)
{
    char file[100];
    sqlite3 *db = NULL;
    (void)snprintf(file, sizeof file, "%s/hub.db", c.folder);
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static void refuses(const char *because)
{
    struct lt_error error = {0};
    cr_assert_eq(store_open(&c.settings, &c.store, &error), LT_BAD_FILE);
    cr_assert_null(c.store);
    cr_assert_not_null(strstr(error.text, because), "%s", error.text);
    cr_assert_not_null(strstr(error.text, c.folder), "%s", error.text);
    error = (struct lt_error){0};
    cr_assert_eq(store_reader_open(&c.settings, &c.reader, &error), LT_BAD_FILE);
    cr_assert_not_null(strstr(error.text, because), "%s", error.text);
}

Test(store_sqlite, refuses_a_store_of_a_newer_version_and_says_what_to_do)
{
    run("PRAGMA user_version = 99");
    refuses("version 99");
    refuses("start the newer lienthond");
    run("PRAGMA user_version = 1");
    case_open(&c);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1, "it was left as it was");
}

Test(store_sqlite, leaves_another_programs_file_alone)
{
    run("PRAGMA application_id = 77");
    refuses("another program's");
}

Test(store_sqlite, refuses_a_file_that_is_no_database)
{
    char file[100];
    (void)snprintf(file, sizeof file, "%s/hub.db", c.folder);
    FILE *other = fopen(file, "w");
    cr_assert_not_null(other);
    for (int i = 0; i < 200; i++) {
        cr_assert_gt(fprintf(other, "this is a letter, line %d\n", i), 0);
    }
    cr_assert_eq(fclose(other), 0);
    refuses("is not a store");
}

Test(store_sqlite, refuses_a_log_whose_edge_does_not_fit_its_size)
{
    run("UPDATE state SET edge = x'00'");
    struct lt_error error = {0};
    cr_assert_eq(store_open(&c.settings, &c.store, &error), LT_BAD_FILE);
    cr_assert_not_null(strstr(error.text, "damaged"));
}

Test(store_sqlite, uses_its_indexes_for_what_it_asks_often)
{
    static const char *const asked[] = {
        "SELECT seq FROM message WHERE id = x'00' AND sender = 1",
        "SELECT seq FROM message WHERE re = x'00' AND seq > 5 ORDER BY seq",
        "SELECT seq FROM message WHERE origin = 'a:b' AND sender = 1",
        "SELECT seq FROM message WHERE keep_until > 0 AND keep_until / 3600000 <= 5 / 3600000",
        "SELECT key FROM record WHERE bucket = 'due' AND key > x'00' ORDER BY key",
        "SELECT m.seq FROM last l JOIN message m ON m.seq = l.seq WHERE l.seq > 5 ORDER BY l.seq",
    };
    char file[100];
    sqlite3 *db = NULL;
    (void)snprintf(file, sizeof file, "%s/hub.db", c.folder);
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char sql[256];
        sqlite3_stmt *plan = NULL;
        (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", asked[i]);
        cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            cr_assert_null(strstr(step, "SCAN"), "%s: %s", asked[i], step);
            cr_assert_null(strstr(step, "TEMP B-TREE"), "%s: %s", asked[i], step);
        }
        (void)sqlite3_finalize(plan);
    }
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}
