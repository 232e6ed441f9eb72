// Store conformance: small named records, written with the append that caused them.
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

TestSuite(store_record, .init = setup, .fini = teardown);

Test(store_record, writes_and_deletes_records)
{
    uint64_t first = 0;
    uint64_t second = 0;
    cr_assert_eq(write_record(&c, "due", "a", "one", STORE_ANY), LT_DONE);
    cr_assert_str_eq(read_record(&c, "due", "a", &first), "one");
    cr_assert_str_eq(read_record(&c, "roster", "a", NULL), "");
    cr_assert_eq(write_record(&c, "due", "a", "two", STORE_ANY), LT_DONE);
    cr_assert_str_eq(read_record(&c, "due", "a", &second), "two");
    cr_assert_gt(second, first);
    cr_assert_eq(write_record(&c, "due", "a", NULL, STORE_ANY), LT_DONE);
    cr_assert_str_eq(read_record(&c, "due", "a", NULL), "");
}

Test(store_record, refuses_a_group_whose_record_has_changed_and_leaves_no_trace)
{
    uint64_t version = 0;
    cr_assert_eq(write_record(&c, "due", "a", "one", 0), LT_DONE);
    cr_assert_eq(write_record(&c, "due", "a", "again", 0), LT_BUSY);
    (void)read_record(&c, "due", "a", &version);

    const struct store_position end = store_end(c.store);
    struct message message = say(&c, "van-phong", "xa/a/moi");
    struct store_put put = {.sealed = &message.sealed, .stored = NOW_MS, .retain = true};
    struct store_record records[] = {
        {"due", lt_slice_of("b"), lt_slice_of("new"), 0},
        {"due", lt_slice_of("a"), lt_slice_of("two"), version + 1},
    };
    struct store_group group = {
        .puts = &put, .put_count = 1, .records = records, .record_count = 2};
    struct lt_error error = {0};
    cr_assert_eq(store_append(c.store, &group, &error), LT_BUSY);
    cr_assert_neq(error.text[0], '\0');
    cr_assert_eq(put.outcome, LT_STORAGE_FAILED);
    cr_assert_str_eq(read_record(&c, "due", "a", NULL), "one");
    cr_assert_str_eq(read_record(&c, "due", "b", NULL), "");
    cr_assert_eq(store_end(c.store).seq, end.seq);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 0);
    cr_assert_eq(last_values(&c, "#"), 0);

    records[1].expect = version;
    cr_assert_eq(store_append(c.store, &group, &error), LT_DONE);
    cr_assert_eq(put.outcome, LT_DONE);
    cr_assert_str_eq(read_record(&c, "due", "a", NULL), "two");
    cr_assert_eq(scan_pattern(&c, "xa/a/moi"), 1);
    lt_buffer_clear(&message.bytes);
}

Test(store_record, never_gives_a_version_twice)
{
    uint64_t first = 0;
    uint64_t second = 0;
    cr_assert_eq(write_record(&c, "due", "a", "one", 0), LT_DONE);
    (void)read_record(&c, "due", "a", &first);
    cr_assert_eq(write_record(&c, "due", "a", NULL, first), LT_DONE);
    case_close(&c);
    case_open(&c);
    cr_assert_eq(write_record(&c, "due", "a", "one", 0), LT_DONE);
    (void)read_record(&c, "due", "a", &second);
    cr_assert_gt(second, first);
    cr_assert_eq(write_record(&c, "due", "a", "late", first), LT_BUSY);
}

Test(store_record, fills_the_seq_into_records_of_what_was_stored_alone)
{
    struct message fresh = say(&c, "van-phong", "xa/a/thong-bao");
    struct message old = say(&c, "van-phong", "xa/a/thong-bao");
    (void)append_one(&c, &old);
    static const uint8_t room[12] = {0, 0, 0, 0, 0, 0, 0, 0, 'r', 'e', 's', 't'};
    struct store_put puts[2] = {{.sealed = &old.sealed, .stored = NOW_MS},
                                {.sealed = &fresh.sealed, .stored = NOW_MS}};
    const struct store_seq_record records[] = {
        {{"roster", {room, 12}, {room, 12}, STORE_ANY}, 0, true, false},
        {{"roster", {room, 12}, {room, 12}, STORE_ANY}, 1, true, false},
        {{"due", {room + 8, 4}, {room, 12}, STORE_ANY}, 1, false, true},
    };
    struct store_group group = {
        .puts = puts, .put_count = 2, .seq_records = records, .seq_record_count = 3};
    cr_assert_eq(store_append(c.store, &group, NULL), LT_DONE);
    uint8_t key[12];
    memcpy(key, room, 12);
    struct lt_buffer value = {.max = 64};
    key[7] = (uint8_t)puts[0].seq;
    cr_assert_eq(
        store_record_get(c.reader, "roster", (struct lt_slice){key, 12}, &value, NULL, NULL),
        LT_NOT_FOUND);
    key[7] = (uint8_t)puts[1].seq;
    cr_assert_eq(
        store_record_get(c.reader, "roster", (struct lt_slice){key, 12}, &value, NULL, NULL),
        LT_DONE);
    cr_assert_arr_eq(value.data, room, 12);
    lt_buffer_empty(&value);
    cr_assert_eq(
        store_record_get(c.reader, "due", (struct lt_slice){room + 8, 4}, &value, NULL, NULL),
        LT_DONE);
    cr_assert_arr_eq(value.data, key, 12);
    lt_buffer_clear(&value);
    lt_buffer_clear(&fresh.bytes);
    lt_buffer_clear(&old.bytes);
}

struct keys {
    char text[512];
    size_t size;
};

static bool list_key(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    struct keys *keys = self;
    cr_assert_gt(version, 0);
    cr_assert_not_null(value.data);
    cr_assert_lt(keys->size + key.size, sizeof keys->text - 1);
    memcpy(keys->text + keys->size, key.data, key.size);
    keys->size += key.size;
    keys->text[keys->size++] = ' ';
    return true;
}

Test(store_record, lists_records_of_a_prefix_in_the_order_of_bytes)
{
    static const char *const names[] = {"b", "ab", "a\xFF", "abc", "a", "c", "aa"};
    const struct lt_slice none = {0};
    for (size_t i = 0; i < 7; i++) {
        cr_assert_eq(write_record(&c, "due", names[i], "", STORE_ANY), LT_DONE);
    }
    cr_assert_eq(write_record(&c, "other", "ab0", "x", STORE_ANY), LT_DONE);
    struct keys keys = {0};
    cr_assert_eq(store_records(c.reader, "due", none, none, 0, list_key, &keys, NULL), LT_DONE);
    cr_assert_str_eq(keys.text, "a aa ab abc a\xFF b c ");
    keys = (struct keys){0};
    const struct lt_slice a = lt_slice_of("a");
    cr_assert_eq(store_records(c.reader, "due", a, none, 2, list_key, &keys, NULL), LT_DONE);
    cr_assert_eq(store_records(c.reader, "due", a, lt_slice_of("aa"), 9, list_key, &keys, NULL),
                 LT_DONE);
    cr_assert_str_eq(keys.text, "a aa ab abc a\xFF ");
    keys = (struct keys){0};
    cr_assert_eq(store_records(c.reader, "due", lt_slice_of("ab"), a, 9, list_key, &keys, NULL),
                 LT_DONE);
    cr_assert_str_eq(keys.text, "ab abc ");
}
