// Bodies as JSON, both ways.
#include <lienthon/cursor.h>
#include <lienthon/json.h>
#include <lienthon/pack.h>

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lt_schema *compile(const char *text)
{
    struct lt_error error = {0};
    lt_schema *schema = NULL;
    cr_assert_eq(lt_schema_compile(text, strlen(text), "x.json", &schema, &error), LT_DONE, "%s",
                 error.text);
    return schema;
}

static void becomes(const char *schema_text, const char *json, const char *hex)
{
    struct lt_error error = {0};
    lt_schema *schema = schema_text != NULL ? compile(schema_text) : NULL;
    struct lt_buffer body = {.max = 65536};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), schema, &body, &error), LT_DONE, "%s: %s", json,
                 error.text);
    char *shown = calloc(body.size * 2 + 1, 1);
    lt_hex_encode(lt_buffer_slice(&body), shown);
    cr_expect_str_eq(shown, hex, "%s", json);
    free(shown);
    lt_buffer_clear(&body);
    lt_schema_destroy(&schema);
}

Test(json, becomes_messagepack_in_its_shortest_widths)
{
    becomes(NULL, "{}", "80");
    becomes(NULL, "{\"a\": [1, -1, 300, true, null, \"ấ\"]}", "81a1619601ffcd012cc3c0a3e1baa5");
    becomes(NULL, "{\"a\": 1.0}", "81a161cb3ff0000000000000");
    becomes(NULL, "{\"a\": \"b\\u0000c\"}", "81a161a3620063");
    becomes(NULL, "{\"a\": 9007199254740991}", "81a161cf001fffffffffffff");
    becomes(NULL, "{\"a\": -9007199254740991}", "81a161d3ffe0000000000001");
    becomes(NULL, " {\"b\": 1, \"a\": 2} \n", "82a16201a16102");
}

#define KEYS                                                                                       \
    "{\"properties\":{\"n\":{\"type\":\"integer\"},\"f\":{\"type\":\"number\"},"                   \
    "\"k\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},"                                  \
    "\"r\":{\"$ref\":\"#/$defs/key\"},\"l\":{\"type\":\"array\",\"items\":{\"$ref\":"              \
    "\"#/$defs/key\"}},\"e\":{\"anyOf\":[{\"$ref\":\"#/$defs/key\"},{\"type\":\"string\"}]},"      \
    "\"p\":{\"prefixItems\":[{\"type\":\"integer\"},{\"$ref\":\"#/$defs/key\"}]},"                 \
    "\"o\":{\"additionalProperties\":{\"$ref\":\"#/$defs/key\"}}},"                                \
    "\"$defs\":{\"key\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}"

Test(json, follows_the_schema_to_bytes_and_whole_numbers)
{
    becomes(KEYS, "{\"n\": 1.0}", "81a16e01");
    becomes(KEYS, "{\"n\": 1.5}", "81a16ecb3ff8000000000000");
    becomes(KEYS, "{\"f\": 1.0}", "81a166cb3ff0000000000000");
    becomes(KEYS, "{\"k\": \"AAEC\"}", "81a16bc403000102");
    becomes(KEYS, "{\"k\": \"\"}", "81a16bc400");
    becomes(KEYS, "{\"r\": \"AA==\"}", "81a172c40100");
    becomes(KEYS, "{\"l\": [\"AA==\", \"\"]}", "81a16c92c40100c400");
    becomes(KEYS, "{\"e\": \"AA==\"}", "81a165c40100");
    becomes(KEYS, "{\"e\": \"ấ\"}", "81a165a3e1baa5");
    becomes(KEYS, "{\"p\": [2.0, \"AA==\"]}", "81a1709202c40100");
    becomes(KEYS, "{\"o\": {\"x\": \"AA==\"}}", "81a16f81a178c40100");
    becomes(KEYS, "{\"z\": \"AA==\"}", "81a17aa441413d3d");
}

static void refused(const char *schema_text, const char *json, const char *sentence)
{
    struct lt_error error = {0};
    lt_schema *schema = schema_text != NULL ? compile(schema_text) : NULL;
    struct lt_buffer body = {.max = 65536};
    cr_expect_eq(lt_json_to_body(lt_slice_of(json), schema, &body, &error), LT_BAD_FILE, "%s",
                 json);
    cr_expect_not_null(strstr(error.text, sentence), "%s\nsays: %s", json, error.text);
    lt_buffer_clear(&body);
    lt_schema_destroy(&schema);
}

Test(json, says_line_and_column_of_what_is_wrong)
{
    refused(NULL, "", "1:0: ");
    refused(NULL, "{\"a\":\n 1,}", "2:");
    refused(NULL, "[1]", "1:1: a body must be an object");
    refused(NULL, "{\"a\":1,\"a\":2}", "duplicate object key");
    refused(NULL, "{\"a\":\n [1, {\"ấ\": 9007199254740992}]}",
            "2:7: at /a/1/ấ: whole numbers go to 9007199254740991 at most");
    refused(NULL, "{\"a\": 99999999999999999999}", "1:");
    refused(NULL, "{\"a\": 1e400}", "1:");
    refused(KEYS, "{\"n\": 1,\n  \"k\": \"A\"}", "2:3: at /k: this is no base64");
    refused(KEYS, "{\"k\": \"AA\"}", "this is no base64");
    refused(KEYS, "{\"k\": \"AB==\"}", "this is no base64");
    refused(KEYS, "{\"k\": \"A_-A\"}", "this is no base64");
    refused(KEYS, "{\"k\": \"AAEC\\u0000\"}", "this is no base64");
    refused(NULL, "{\"a\": \"\xff\"}", "1:");
    refused(NULL, "{\"a\": \"\\ud800\"}", "1:");
}

Test(json, a_body_of_thousands_of_levels_is_refused)
{
    char deep[6000] = "{\"a\":";
    memset(deep + 5, '[', 1000);
    memset(deep + 1005, ']', 1000);
    deep[2005] = '}';
    refused(NULL, deep, "nested too deep");
}

static void shows(const void *bytes, size_t size, bool pretty, const char *json)
{
    struct lt_error error = {0};
    struct lt_buffer text = {.max = 65536};
    cr_assert_eq(lt_json_from_body((struct lt_slice){bytes, size}, &text, pretty, &error), LT_DONE,
                 "%s", error.text);
    lt_buffer_add(&text, "", 1);
    cr_expect_str_eq((const char *)text.data, json);
    lt_buffer_clear(&text);
}

Test(json, shows_a_body)
{
    shows("\x80", 1, true, "{}");
    shows("\x82\xA1"
          "b\x01\xA1"
          "a\x92\xC0\xC2",
          9, false, "{\"b\":1,\"a\":[null,false]}");
    shows("\x82\xA1"
          "b\x01\xA1"
          "a\x92\xC0\x81\xA1x\x90",
          12, true, "{\n  \"b\": 1,\n  \"a\": [\n    null,\n    {\n      \"x\": []\n    }\n  ]\n}");
    shows("\xA7\"\\\n\x00\x1F/x", 8, false, "\"\\\"\\\\\\n\\u0000\\u001f/x\"");
    shows("\xA3\xE1\xBA\xA5", 4, false, "\"ấ\"");
    shows("\xC4\x02\x00\xFF", 4, false, "\"AP8=\"");
    shows("\xD3\xFF\xE0\x00\x00\x00\x00\x00\x01", 9, false, "-9007199254740991");
}

static void shows_real(double number, const char *json)
{
    struct lt_buffer body = {.max = 64};
    lt_pack_float(&body, number);
    shows(body.data, body.size, false, json);
    lt_buffer_clear(&body);
}

Test(json, shows_reals_with_a_point_in_every_locale)
{
    setlocale(LC_ALL, "");
    shows_real(1.0, "1.0");
    shows_real(0.1, "0.1");
    shows_real(-2.5, "-2.5");
    shows_real(1e300, "1e+300");
    shows_real(0.30000000000000004, "0.30000000000000004");
    shows_real(-0.0, "-0.0");
}

Test(json, what_json_cannot_hold_is_told)
{
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {{"\xCB\x7F\xF8\x00\x00\x00\x00\x00\x00", 9},
                 {"\xC7\x01\x01\x00", 4},
                 {"\x81\x01\x01", 3},
                 {"\x92\x01", 2},
                 {"\x01\x01", 2},
                 {"", 0},
                 {"\xA1\xFF", 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct lt_error error = {0};
        struct lt_buffer text = {.max = 64};
        cr_expect_eq(
            lt_json_from_body((struct lt_slice){(const uint8_t *)wrong[i].bytes, wrong[i].size},
                              &text, false, &error),
            LT_MALFORMED, "%zu", i);
        lt_buffer_clear(&text);
    }
}

static void has_no_json(const char *hex, const char *sentence)
{
    struct lt_error error = {0};
    uint8_t bytes[64];
    struct lt_buffer text = {.max = 4096};
    const size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        const char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    cr_expect_eq(lt_json_from_body((struct lt_slice){bytes, size}, &text, false, &error),
                 LT_MALFORMED, "%s", hex);
    cr_expect_str_eq(error.text, sentence);
    lt_buffer_clear(&text);
}

Test(json, what_would_not_come_back_is_refused_with_its_path)
{
    has_no_json("81a1619201", "at /a: cut off");
    has_no_json("81a16191cf0020000000000000",
                "at /a/0: whole numbers go to 9007199254740991 at most; larger ones are texts");
    has_no_json("81a161d3ffe0000000000000",
                "at /a: whole numbers go to 9007199254740991 at most; larger ones are texts");
    has_no_json("81a16181a162cb7ff8000000000000", "at /a/b: JSON has no such number");
    has_no_json("81a161cbfff0000000000000", "at /a: JSON has no such number");
    has_no_json("81a16182a16201a16202", "at /a: a key stands there twice");
    has_no_json("de00118561018501", "at /: cut off");
    has_no_json("81a3612f7ea1ff", "at /a~1~0: a text is no UTF-8");
    has_no_json("81a161d40100", "at /a: JSON has no ext");
    has_no_json("81a2610001", "at /: a key has a NUL in it");
    has_no_json("810101", "at /: a key is no text in UTF-8");
    has_no_json("81a1ff01", "at /: a key is no text in UTF-8");
}

// Values by chance, as a generator that always makes the same ones.
struct chance {
    uint64_t state;
};

static uint64_t draw(struct chance *chance, uint64_t below)
{
    chance->state = chance->state * 6364136223846793005u + 1442695040888963407u;
    return (chance->state >> 24) % below;
}

static void put_text(struct chance *chance, struct lt_buffer *body, uint32_t unlike)
{
    static const char *const pieces[] = {"ấ", "Đ", "\"", "\\", "\n", "\x7f", "/", "~", "𝄞", "a"};
    char text[80] = "";
    size_t size = (size_t)snprintf(text, sizeof text, "%u", unlike);
    for (uint64_t i = draw(chance, 8); i > 0; i--) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%s", pieces[draw(chance, 10)]);
    }
    lt_pack_text(body, text);
}

static void put_integer(struct chance *chance, struct lt_buffer *body)
{
    const int64_t most = (int64_t)LT_INT_MAX;
    const unsigned bits = (unsigned)draw(chance, 54);
    const int64_t size = bits == 53 ? most : ((int64_t)1 << bits) - (int64_t)draw(chance, 2);
    lt_pack_int(body, draw(chance, 2) ? size : -size);
}

static void put_real(struct chance *chance, struct lt_buffer *body)
{
    double number = 0.0;
    const uint64_t exponent = draw(chance, 2047) << 52;
    const uint64_t bits = draw(chance, 2) << 63 | exponent | draw(chance, (uint64_t)1 << 40);
    memcpy(&number, &bits, sizeof number);
    lt_pack_float(body, number);
}

static void put_value(struct chance *chance, struct lt_buffer *body, unsigned depth)
{
    const uint64_t kind = draw(chance, depth < 6 ? 8 : 6);
    const uint32_t count = (uint32_t)draw(chance, kind < 6 ? 1 + 20 : 5);
    uint8_t noise[20];
    switch (kind) {
    case 0:
        lt_pack_nil(body);
        break;
    case 1:
        lt_pack_bool(body, draw(chance, 2) == 1);
        break;
    case 2:
        put_integer(chance, body);
        break;
    case 3:
        put_real(chance, body);
        break;
    case 4:
        put_text(chance, body, 0);
        break;
    case 5: // {"bytes": bin}: the one place of which the schema speaks
        for (size_t i = 0; i < sizeof noise; i++) {
            noise[i] = (uint8_t)draw(chance, 256);
        }
        lt_pack_map(body, 1);
        lt_pack_text(body, "bytes");
        lt_pack_bin(body, noise, count < sizeof noise ? count : sizeof noise);
        break;
    case 6:
        lt_pack_array(body, count);
        for (uint32_t i = 0; i < count; i++) {
            put_value(chance, body, depth + 1);
        }
        break;
    default:
        lt_pack_map(body, count);
        for (uint32_t i = 0; i < count; i++) {
            put_text(chance, body, i);
            put_value(chance, body, depth + 1);
        }
    }
}

// Any value, in which `bytes` is bytes.
#define ANY                                                                                        \
    "{\"$ref\":\"#/$defs/any\",\"$defs\":{\"any\":{\"properties\":{\"bytes\":{\"type\":"           \
    "\"string\",\"contentEncoding\":\"base64\"}},\"additionalProperties\":{\"$ref\":"              \
    "\"#/$defs/any\"},\"items\":{\"$ref\":\"#/$defs/any\"}}}}"

Test(json, whatever_is_written_comes_back_byte_by_byte)
{
    lt_schema *schema = compile(ANY);
    struct chance chance = {.state = 20260901};
    for (unsigned round = 0; round < 20000; round++) {
        struct lt_error error = {0};
        struct lt_buffer body = {.max = 1 << 20}, text = {.max = 1 << 24}, again = {.max = 1 << 20};
        lt_pack_map(&body, 1);
        lt_pack_text(&body, "it");
        put_value(&chance, &body, 0);
        cr_assert_eq(lt_json_from_body(lt_buffer_slice(&body), &text, round % 2, &error), LT_DONE,
                     "%u: %s", round, error.text);
        cr_assert_eq(lt_json_to_body(lt_buffer_slice(&text), schema, &again, &error), LT_DONE,
                     "%u: %s: %.*s", round, error.text, (int)text.size, (const char *)text.data);
        cr_assert(lt_slice_equal(lt_buffer_slice(&body), lt_buffer_slice(&again)), "%u: %.*s",
                  round, (int)text.size, (const char *)text.data);
        lt_buffer_clear(&body);
        lt_buffer_clear(&text);
        lt_buffer_clear(&again);
    }
    lt_schema_destroy(&schema);
}

Test(json, comes_back_as_it_was)
{
    lt_schema *schema = compile(KEYS);
    const char *json =
        "{\"n\":1,\"f\":1.5,\"k\":\"AAEC\",\"l\":[\"\",\"AA==\"],\"o\":{\"x\":\"AA==\"},"
        "\"s\":\"Ấp An Lạc\\n\",\"t\":[true,null,{}]}";
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 4096};
    struct lt_buffer text = {.max = 4096};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), schema, &body, &error), LT_DONE);
    cr_assert_eq(lt_json_from_body(lt_buffer_slice(&body), &text, false, &error), LT_DONE);
    lt_buffer_add(&text, "", 1);
    cr_expect_str_eq((const char *)text.data, json);
    lt_buffer_clear(&body);
    lt_buffer_clear(&text);
    lt_schema_destroy(&schema);
}

static void read_back(const char *json, struct lt_part *part, struct lt_buffer *room)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    cr_assert_eq(lt_json_to_part(lt_slice_of(json), types, part, room, &error), LT_DONE, "%s",
                 error.text);
    lt_types_destroy(&types);
}

#define ONE_PART                                                                                   \
    "{\"id\":\"0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\",\"from\":\"to-so.an-thuong\","               \
    "\"topic\":\"an-thanh-1/an-thuong/thong-bao\",\"type\":\"notice.v1\",\"priority\":2,"          \
    "\"label\":1,\"created\":1767225600000,\"expires\":1767229200000,\"deliver_at\":"              \
    "1767225700000,"                                                                               \
    "\"relation\":2,\"re\":\"0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c\",\"retain\":false,"             \
    "\"receipt\":true,\"drill\":true,\"origin\":\"filedrop:a.json@1\","                            \
    "\"body\":{\"text\":\"Họp\"}}"

Test(json, a_message_is_one_object_and_the_same_message_again)
{
    struct lt_part part;
    struct lt_buffer room = {.max = 65536}, again = {.max = 65536};
    read_back(ONE_PART, &part, &room);
    cr_expect(lt_slice_is(part.origin, "filedrop:a.json@1"));
    cr_expect(lt_slice_is(part.from, "to-so.an-thuong"));
    cr_expect_eq(part.flags, LT_RECEIPT | LT_DRILL);
    cr_expect_eq(part.body.size, 12);
    cr_assert_eq(lt_json_from_part(&part, &again, false, NULL), LT_DONE);
    cr_expect_eq(again.size, strlen(ONE_PART));
    cr_expect_arr_eq(again.data, ONE_PART, again.size);
    lt_buffer_clear(&room);
    lt_buffer_clear(&again);
}

Test(json, a_draft_may_be_short_and_use_names)
{
    struct lt_part part;
    struct lt_buffer room = {.max = 65536};
    read_back("{\"body\":{\"text\":\"a\"},\"priority\":\"hoa-toc\",\"type\":\"notice.v1\"}", &part,
              &room);
    cr_expect_eq(part.priority, LT_HOA_TOC);
    cr_expect_null(part.topic.data);
    cr_expect_null(part.origin.data);
    cr_expect(lt_slice_is(part.type, "notice.v1"));
    cr_expect_eq(part.created, 0);
    lt_buffer_clear(&room);
    read_back("{\"type\":\"grant.v1\",\"body\":{}}", &part, &room);
    cr_expect_eq(part.label, LT_CONG_KHAI);
    lt_buffer_clear(&room);
}

static void is_no_message(const char *json, size_t room_size, enum lt_code code, const char *text)
{
    struct lt_error error = {0};
    struct lt_part part;
    struct lt_buffer room = {.max = room_size};
    lt_types *types = lt_types_new(&error);
    cr_expect_eq(lt_json_to_part(lt_slice_of(json), types, &part, &room, &error), code, "%s", json);
    cr_expect_not_null(strstr(error.text, text), "%s: %s", json, error.text);
    lt_types_destroy(&types);
    lt_buffer_clear(&room);
}

Test(json, what_is_no_message_is_told_with_its_place)
{
    is_no_message("[]", 999, LT_BAD_FILE, "1:1: a message must be an object");
    is_no_message("{\"body\":{}}", 999, LT_BAD_FILE, "1:1: at /: type must be given");
    is_no_message("{\"type\":\"notice.v1\"}", 999, LT_BAD_FILE, "body, an object");
    is_no_message("{\"type\":\"notice.v1\",\n \"body\":[]}", 999, LT_BAD_FILE,
                  "2:2: at /body: body");
    is_no_message("{\"type\":\"notice\",\"body\":{}}", 999, LT_BAD_FILE,
                  "at /type: wanted is a type");
    is_no_message("{\"type\":7,\"body\":{}}", 999, LT_BAD_FILE, "at /type: wanted is a type");
    is_no_message("{\"expires\":-1,\"type\":\"a.v1\",\"body\":{}}", 999, LT_BAD_FILE,
                  "at /expires: wanted is milliseconds");
    is_no_message("{\"type\":\"a.v1\",\n\"relation\":\"cancels\",\"body\":{}}", 999, LT_BAD_FILE,
                  "2:1: at /relation: re, the id that it speaks of, must be given");
    is_no_message(
        "{\"type\":\"a.v1\",\n\"re\":\"0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c\",\"body\":{}}", 999,
        LT_BAD_FILE, "2:1: at /re: it says nothing without a relation");
    is_no_message("{\"retain\":1,\"type\":\"a.v1\",\"body\":{}}", 999, LT_BAD_FILE,
                  "at /retain: wanted is true or false");
    is_no_message("{\"priority\":4,\"type\":\"a.v1\",\"body\":{}}", 999, LT_BAD_FILE,
                  "at /priority: wanted is one of thuong, khan, thuong-khan, hoa-toc");
    is_no_message("{\"re\":\"x\\u0000\",\"type\":\"a.v1\",\"body\":{}}", 999, LT_BAD_FILE,
                  "at /re: wanted is a UUID");
    is_no_message("{\"type\":\"a.v1\",\"type\":\"a.v1\",\"body\":{}}", 999, LT_BAD_FILE,
                  "duplicate");
    is_no_message("{\"type\":\"a.v1\",\"body\":{\"a\":\"0123456789\"}}", 10, LT_TOO_LARGE,
                  "too large");
    is_no_message("{\"type\":\"a.v1\",\"body\":{}}", 3, LT_TOO_LARGE, "too large");
}

Test(json, a_draft_is_written_without_what_is_yet_to_be_filled_in_and_read_again)
{
    const char *text = "{\"type\":\"notice.v1\",\"priority\":\"khan\",\"body\":{\"text\":\"a\"}}";
    struct lt_part part, again;
    struct lt_buffer room = {.max = 65536}, json = {.max = 65536}, other = {.max = 65536};
    cr_assert_eq(lt_json_to_part(lt_slice_of(text), NULL, &part, &room, NULL), LT_DONE);
    cr_assert_eq(lt_json_from_part(&part, &json, false, NULL), LT_DONE);
    lt_buffer_add(&json, "", 1);
    cr_expect_null(strstr((const char *)json.data, "from"));
    cr_expect_null(strstr((const char *)json.data, "\"id\""));
    json.size--;
    cr_expect_eq(lt_json_to_part(lt_buffer_slice(&json), NULL, &again, &other, NULL), LT_DONE);
    cr_expect(lt_slice_equal(part.body, again.body) && again.priority == LT_KHAN);
    lt_buffer_clear(&room);
    lt_buffer_clear(&json);
    lt_buffer_clear(&other);
}
