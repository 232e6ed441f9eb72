// The cursor: every width read as what it means, against msgpack-c's packer, and what lies about its size.
#include <criterion/criterion.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "lienthon/pack.h"

static bool read_hex(const char *hex, struct lt_value *value, struct lt_cursor *cursor)
{
    static uint8_t bytes[128];
    const size_t size = strlen(hex) / 2;
    cr_assert(lt_hex_decode(lt_slice_of(hex), bytes, size));
    *cursor = lt_cursor_of((struct lt_slice){bytes, size});
    return lt_cursor_next(cursor, value);
}

static void check_uint(const char *hex, uint64_t wanted)
{
    struct lt_value value = {0};
    struct lt_cursor cursor;
    cr_expect(read_hex(hex, &value, &cursor) && value.kind == LT_UINT && value.uint == wanted, "%s",
              hex);
    cr_expect(lt_cursor_at_end(&cursor), "%s", hex);
}

static void check_negative(const char *hex, int64_t wanted)
{
    struct lt_value value = {0};
    struct lt_cursor cursor;
    cr_expect(read_hex(hex, &value, &cursor) && value.kind == LT_NEGATIVE &&
                  value.negative == wanted,
              "%s", hex);
}

Test(cursor, an_integer_is_the_same_in_every_width_and_sign)
{
    check_uint("07", 7);
    check_uint("cc07", 7);
    check_uint("cd0007", 7);
    check_uint("ce00000007", 7);
    check_uint("cf0000000000000007", 7);
    check_uint("d007", 7);
    check_uint("d10007", 7);
    check_uint("d200000007", 7);
    check_uint("d30000000000000007", 7);
    check_uint("cfffffffffffffffff", UINT64_MAX);
    check_uint("d37fffffffffffffff", INT64_MAX);
    check_negative("ff", -1);
    check_negative("e0", -32);
    check_negative("d080", -128);
    check_negative("d18000", INT16_MIN);
    check_negative("d280000000", INT32_MIN);
    check_negative("d38000000000000000", INT64_MIN);
    check_negative("d3ffffffffffffffff", -1);
}

static void check_refused(const char *hex)
{
    struct lt_value value = {0};
    struct lt_cursor cursor;
    struct lt_cursor before;
    const bool read = read_hex(hex, &value, &cursor);
    before = cursor;
    cr_expect_not(read, "%s", hex);
    cr_expect_not(lt_cursor_skip(&cursor, NULL), "%s", hex);
    cr_expect_eq(cursor.at, before.at, "%s moved", hex);
}

Test(cursor, what_is_cut_off_reserved_or_lies_about_its_count_is_refused)
{
    check_refused("");
    check_refused("c1");
    check_refused("cd00");
    check_refused("d9ff61");
    check_refused("dbffffffff61");
    check_refused("c6ffffffff61");
    check_refused("dddddddddd0a2b"); // 3.7 milliards of elements in 7 bytes
    check_refused("dfffffffff");
    check_refused("9201");
    check_refused("8101");
    check_refused("c9ffffffff01");
    check_refused("d8010203");
}

Test(cursor, values_of_another_kind_are_not_taken_and_the_cursor_stays)
{
    struct lt_buffer out = {.max = 100};
    lt_pack_float(&out, 1.0);
    struct lt_cursor cursor = lt_cursor_of(lt_buffer_slice(&out));
    const struct lt_cursor before = cursor;
    uint64_t number = 0;
    uint32_t count = 0;
    bool yes = false;
    struct lt_slice slice = {0};
    cr_expect_not(lt_cursor_uint(&cursor, UINT64_MAX, &number));
    cr_expect_not(lt_cursor_bool(&cursor, &yes));
    cr_expect_not(lt_cursor_str(&cursor, &slice));
    cr_expect_not(lt_cursor_bin(&cursor, &slice));
    cr_expect_not(lt_cursor_nil(&cursor));
    cr_expect_not(lt_cursor_array(&cursor, &count));
    cr_expect_not(lt_cursor_map(&cursor, &count));
    cr_expect_eq(cursor.at, before.at);
    lt_buffer_clear(&out);
}

Test(cursor, nesting_is_followed_to_64_levels_and_no_further)
{
    uint8_t bytes[80];
    memset(bytes, 0x91, sizeof bytes);
    for (size_t depth = 1; depth < sizeof bytes; depth++) {
        bytes[depth] = 0x01;
        struct lt_cursor cursor = lt_cursor_of((struct lt_slice){bytes, depth + 1});
        struct lt_slice whole = {0};
        cr_expect_eq(lt_cursor_skip(&cursor, &whole), depth <= 64, "%zu", depth);
        cr_expect(depth > 64 || whole.size == depth + 1);
        bytes[depth] = 0x91;
    }
}

Test(cursor, a_map_is_searched_whole_and_only_by_strings)
{
    struct lt_buffer out = {.max = 200};
    uint64_t number = 0;
    struct lt_slice found = {0};
    lt_pack_map(&out, 4);
    lt_pack_uint(&out, 1);
    lt_pack_text(&out, "size");
    lt_pack_text(&out, "name");
    lt_pack_text(&out, "loa");
    lt_pack_text(&out, "sizes");
    lt_pack_array(&out, 2);
    lt_pack_uint(&out, 1);
    lt_pack_nil(&out);
    lt_pack_text(&out, "size");
    lt_pack_int(&out, -7);
    const struct lt_slice map = lt_buffer_slice(&out);
    cr_expect(lt_map_str(map, "name", &found) && lt_slice_is(found, "loa"));
    cr_expect(lt_map_find(map, "sizes", &found) && found.size == 3);
    cr_expect_not(lt_map_uint(map, "size", &number), "it is negative");
    cr_expect_not(lt_map_bin(map, "name", &found));
    cr_expect_not(lt_map_find(map, "siz", &found));
    cr_expect_not(lt_map_find(lt_slice_of("\x90"), "size", &found));
    lt_buffer_clear(&out);
}

Test(cursor, what_was_packed_is_read_back)
{
    struct lt_buffer out = {.max = 1 << 20};
    uint8_t *bytes = calloc(1, 70000);
    const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct lt_slice slice = {bytes, sizes[i]};
        struct lt_slice got = {0};
        lt_buffer_empty(&out);
        lt_pack_str(&out, slice);
        lt_pack_bin(&out, bytes, sizes[i]);
        lt_pack_bool(&out, true);
        struct lt_cursor cursor = lt_cursor_of(lt_buffer_slice(&out));
        bool yes = false;
        cr_expect(lt_cursor_str(&cursor, &got) && lt_slice_equal(got, slice));
        cr_expect(lt_cursor_bin(&cursor, &got) && lt_slice_equal(got, slice));
        cr_expect(lt_cursor_bool(&cursor, &yes) && yes);
        cr_expect(lt_cursor_at_end(&cursor));
    }
    free(bytes);
    lt_buffer_clear(&out);
}
