// The query desk: its arguments, and looking for words.
#include <criterion/criterion.h>
#include <string.h>

#include "desks/queries.h"

static const char *const known[] = {"!id", "from", "types", "text", "limit", "before", NULL};

static struct query_args args;

static enum lt_code read_map(struct lt_buffer *map, struct lt_error *error)
{
    memset(&args, 0, sizeof args);
    cr_assert_not(map->failed);
    const enum lt_code code = query_read_args(lt_buffer_slice(map), known, &args, error);
    lt_buffer_clear(map);
    return code;
}

static struct lt_buffer begin(size_t pairs)
{
    static const uint8_t id[LT_ID_SIZE] = {1, 2, 3};
    struct lt_buffer map = {.max = 4096};
    lt_pack_map(&map, pairs + 1);
    lt_pack_text(&map, "id");
    lt_pack_bin(&map, id, sizeof id);
    return map;
}

Test(query, reads_what_was_given_and_leaves_the_rest)
{
    struct lt_buffer map = begin(4);
    lt_pack_text(&map, "from");
    lt_pack_text(&map, "van-phong");
    lt_pack_text(&map, "types");
    lt_pack_array(&map, 2);
    lt_pack_text(&map, "notice.v1");
    lt_pack_text(&map, "alert.v1");
    lt_pack_text(&map, "text");
    lt_pack_text(&map, "mưa to");
    lt_pack_text(&map, "limit");
    lt_pack_uint(&map, 1000);
    cr_assert_eq(read_map(&map, NULL), LT_DONE);
    cr_assert_eq(args.id[2], 3);
    cr_assert_str_eq(args.from, "van-phong");
    cr_assert_eq(args.type_count, 2);
    cr_assert_str_eq(args.types[1], "alert.v1");
    cr_assert_str_eq(args.text, "mưa to");
    cr_assert_eq(args.limit, 1000);
    cr_assert_eq(args.before, 0);
}

static void refuses(struct lt_buffer *map, const char *sentence)
{
    struct lt_error error = {0};
    cr_assert_eq(read_map(map, &error), LT_MALFORMED);
    cr_assert_str_eq(error.text, sentence);
}

Test(query, says_which_argument_is_missing_wrong_or_unknown)
{
    struct lt_buffer map = {.max = 64};
    lt_pack_map(&map, 0);
    refuses(&map, "args.id: is missing");
    map = begin(1);
    lt_pack_text(&map, "colour");
    lt_pack_uint(&map, 1);
    refuses(&map, "args: 'colour' is not known here");
    map = begin(1);
    lt_pack_text(&map, "limit");
    lt_pack_uint(&map, 1001);
    refuses(&map, "args.limit: must be an int from 0 to 1000");
    map = begin(1);
    lt_pack_text(&map, "before");
    lt_pack_int(&map, -1);
    refuses(&map, "args.before: must be an int from 0 on");
    map = begin(1);
    lt_pack_text(&map, "from");
    lt_pack_text(&map, "Ai");
    refuses(&map, "args.from: must be a principal");
    map = begin(1);
    lt_pack_text(&map, "id");
    lt_pack_nil(&map);
    refuses(&map, "args.id: is there twice");
    map = begin(1);
    lt_pack_text(&map, "text");
    lt_pack_bin(&map, "x", 1);
    refuses(&map, "args.text: must be a str of at most 255 bytes");
}

static bool matches(const char *title, const char *text)
{
    struct lt_buffer body = {.max = 4096};
    lt_pack_map(&body, 3);
    lt_pack_text(&body, "hamlets");
    lt_pack_array(&body, 2);
    lt_pack_text(&body, "an-lac");
    lt_pack_text(&body, "an-hoa");
    lt_pack_text(&body, "picture");
    lt_pack_bin(&body, "secret", 6);
    lt_pack_text(&body, "speech");
    lt_pack_map(&body, 1);
    lt_pack_text(&body, "title");
    lt_pack_text(&body, title);
    const bool found = query_text_matches(lt_buffer_slice(&body), text);
    lt_buffer_clear(&body);
    return found;
}

Test(query, finds_words_in_any_text_of_a_body_and_nowhere_else)
{
    cr_assert(matches("Chiều nay có mưa to.", "mưa to"));
    cr_assert(matches("x", "an-hoa"));
    cr_assert_not(matches("x", "title"), "a key is no text");
    cr_assert_not(matches("x", "secret"), "bytes are no text");
    cr_assert_not(matches("mưa", "mua"), "another word in Vietnamese");
    cr_assert_not(matches("x", "an-la an-hoa"));
}

Test(query, takes_capital_and_small_letters_for_the_same)
{
    cr_assert(matches("HỌP TỔ DÂN PHỐ Ở ẤP", "họp tổ dân phố ở ấp"));
    cr_assert(matches("đường Ưu tiên, Ơn, Ăn, Ĩ, Ũ", "ĐƯỜNG ưu Tiên, ơn, ăn, ĩ, ũ"));
    cr_assert(matches("ỲÝỶỸỴ ỳýỷỹỵ", "ỳýỷỹỵ ỲÝỶỸỴ"));
    cr_assert(matches("ẶẬỆỘỢỰ", "ặậệộợự"));
    cr_assert_not(matches("×", "÷"));
    cr_assert_not(matches("ạ", "ả"));
}

Test(query, survives_a_body_that_is_cut_off)
{
    static const uint8_t body[] = {0x81, 0xA1, 't', 0x93, 0xA3, 'm', 'o', 't'};
    for (size_t size = 0; size <= sizeof body; size++) {
        (void)query_text_matches((struct lt_slice){body, size}, "hai");
    }
    cr_assert(query_text_matches((struct lt_slice){body, sizeof body}, "mot"));
}
