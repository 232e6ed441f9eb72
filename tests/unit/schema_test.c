// The validator against its own table (schema_cases.json), and what a table in JSON cannot hold: bytes, paths, bounds.
#include <lienthon/cursor.h>
#include <lienthon/json.h>
#include <lienthon/pack.h>

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *load_cases(void)
{
    json_error_t why;
    json_t *cases = json_load_file(LT_SCHEMA_CASES, JSON_ALLOW_NUL, &why);
    cr_assert_not_null(cases, "%s:%d: %s", LT_SCHEMA_CASES, why.line, why.text);
    return cases;
}

static lt_schema *compile(const char *text)
{
    struct lt_error error = {0};
    lt_schema *schema = NULL;
    cr_assert_eq(lt_schema_compile(text, strlen(text), "x.json", &schema, &error), LT_DONE, "%s",
                 error.text);
    return schema;
}

// Any JSON value as MessagePack: what stands behind "v" in the body {"v": value}.
static struct lt_slice pack_value(json_t *value, struct lt_buffer *room)
{
    json_t *wrapped = json_pack("{s:O}", "v", value);
    char *text = json_dumps(wrapped, 0);
    struct lt_error error = {0};
    cr_assert_eq(lt_json_to_body(lt_slice_of(text), NULL, room, &error), LT_DONE, "%s: %s", text,
                 error.text);
    free(text);
    json_decref(wrapped);
    struct lt_slice found;
    cr_assert(lt_map_find(lt_buffer_slice(room), "v", &found));
    return found;
}

Test(schema, decides_every_case_of_the_table)
{
    json_t *cases = load_cases();
    size_t count = 0;
    size_t index = 0;
    json_t *group = NULL;
    json_array_foreach(json_object_get(cases, "groups"), index, group)
    {
        char *text = json_dumps(json_object_get(group, "schema"), 0);
        const char *keyword = json_string_value(json_object_get(group, "keyword"));
        lt_schema *schema = compile(text);
        const json_t *list = json_object_get(group, "cases");
        for (size_t i = 0; i < json_array_size(list); i++) {
            json_t *instance = json_array_get(json_array_get(list, i), 0);
            const bool fits = json_is_true(json_array_get(json_array_get(list, i), 1));
            struct lt_buffer room = {.max = 65536};
            struct lt_error error = {0};
            const enum lt_code code = lt_schema_check(schema, pack_value(instance, &room), &error);
            char *shown = json_dumps(instance, JSON_ENCODE_ANY);
            cr_expect_eq(code, fits ? LT_DONE : LT_BODY_WRONG, "%s: %s: %s: %s", keyword, text,
                         shown, error.text);
            cr_expect(fits || strncmp(error.text, "body", 4) == 0, "%s", error.text);
            free(shown);
            lt_buffer_clear(&room);
            count++;
        }
        lt_schema_destroy(&schema);
        free(text);
    }
    cr_assert_gt(count, 500);
    json_decref(cases);
}

Test(schema, is_unusable_with_its_place_where_it_is_not_understood)
{
    json_t *cases = load_cases();
    const json_t *list = json_object_get(cases, "unusable");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(json_array_get(list, i), 0));
        const char *says = json_string_value(json_array_get(json_array_get(list, i), 1));
        struct lt_error error = {0};
        lt_schema *schema = NULL;
        cr_expect_eq(lt_schema_compile(text, strlen(text), "x.json", &schema, &error), LT_BAD_FILE,
                     "%s", text);
        cr_expect_null(schema);
        cr_expect_not_null(strstr(error.text, says), "%s\nsays: %s", text, error.text);
        cr_expect_eq(strncmp(error.text, "x.json:", 7), 0, "%s", error.text);
    }
    cr_assert_gt(json_array_size(list), 50);
    json_decref(cases);
}

Test(schema, every_keyword_of_the_table_is_there)
{
    static const char *const keywords[] = {"type",
                                           "properties",
                                           "required",
                                           "additionalProperties",
                                           "enum",
                                           "const",
                                           "minimum",
                                           "maximum",
                                           "exclusiveMinimum",
                                           "exclusiveMaximum",
                                           "multipleOf",
                                           "minLength",
                                           "maxLength",
                                           "pattern",
                                           "items",
                                           "prefixItems",
                                           "minItems",
                                           "maxItems",
                                           "uniqueItems",
                                           "contains",
                                           "anyOf",
                                           "oneOf",
                                           "allOf",
                                           "not",
                                           "if",
                                           "then",
                                           "else",
                                           "$ref",
                                           "$defs",
                                           "format"};
    json_t *cases = load_cases();
    char *text = json_dumps(json_object_get(cases, "groups"), JSON_COMPACT);
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        char quoted[40];
        snprintf(quoted, sizeof quoted, "\"%s\":", keywords[i]);
        cr_expect_not_null(strstr(text, quoted), "%s has no case", keywords[i]);
    }
    free(text);
    json_decref(cases);
}

static void says(const lt_schema *schema, const char *json, const char *sentence)
{
    struct lt_buffer body = {.max = 65536};
    struct lt_error error = {0};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), schema, &body, &error), LT_DONE, "%s",
                 error.text);
    cr_expect_eq(lt_schema_check(schema, lt_buffer_slice(&body), &error), LT_BODY_WRONG, "%s",
                 json);
    cr_expect_str_eq(error.text, sentence);
    lt_buffer_clear(&body);
}

Test(schema, names_the_path_and_what_is_allowed)
{
    lt_schema *schema =
        compile("{\"type\":\"object\",\"required\":[\"text\"],\"additionalProperties\":false,"
                "\"properties\":{"
                "\"text\":{\"type\":\"string\",\"maxLength\":5,\"pattern\":\"^[a-z]*$\"},"
                "\"channels\":{\"type\":\"array\",\"maxItems\":3,\"uniqueItems\":true,"
                "\"items\":{\"enum\":[\"loa\",\"zalo\",\"facebook\",\"screen\"]}},"
                "\"speech\":{\"properties\":{\"repeat\":{\"type\":\"integer\",\"maximum\":3}}},"
                "\"at\":{\"format\":\"date\"},\"to\":{\"not\":{\"const\":\"root\"}},"
                "\"key\":{\"type\":\"string\",\"contentEncoding\":\"base64\",\"minBytes\":2,"
                "\"maxBytes\":2},"
                "\"kind\":{\"oneOf\":[{\"type\":\"string\"},{\"const\":1},{\"minimum\":1}]},"
                "\"max\":{\"maximum\":9007199254740990}}}");
    says(schema, "{}", "body: 'text' is missing");
    says(schema, "{\"text\":\"a\",\"channels\":[\"loa\",\"zalo\",\"loaa\"]}",
         "body.channels[2]: 'loaa' is not one of loa, zalo, facebook, screen");
    says(schema, "{\"text\":\"a\",\"channels\":[\"loa\",\"loa\"]}",
         "body.channels: [1] is the same as [0]");
    says(schema, "{\"text\":\"a\",\"channels\":[1,2,3,4]}",
         "body.channels: has 4 entries; at most 3 are allowed");
    says(schema, "{\"text\":\"a\",\"channel\":[]}",
         "body: the key 'channel' is not known; allowed: at, channels, key, kind, max, speech, "
         "text, to");
    says(schema, "{\"text\":\"a\",\"speech\":{\"repeat\":4}}", "body.speech.repeat: 4 is above 3");
    says(schema, "{\"text\":\"a\",\"speech\":{\"repeat\":1.5}}",
         "body.speech.repeat: 1.5 is not a whole number");
    says(schema, "{\"text\":5}", "body.text: 5 is not a text");
    says(schema, "{\"text\":\"ABC\"}", "body.text: 'ABC' does not match ^[a-z]*$");
    says(schema, "{\"text\":\"abcdef\"}", "body.text: has 6 characters; at most 5 are allowed");
    says(schema, "{\"text\":\"a\",\"at\":\"22/11/2026\"}",
         "body.at: '22/11/2026' is not a date as 2026-11-22");
    says(schema, "{\"text\":\"a\",\"to\":\"root\"}", "body.to: 'root' is what it must not be");
    says(schema, "{\"text\":\"a\",\"key\":\"AAEC\"}",
         "body.key: has 3 bytes; at most 2 are allowed");
    says(schema, "{\"text\":\"a\",\"kind\":1}",
         "body.kind: fits more than one form; it must be exactly one");
    says(schema, "{\"text\":\"a\",\"max\":9007199254740991}",
         "body.max: 9007199254740991 is above 9007199254740990");
    lt_schema_destroy(&schema);
}

static enum lt_code check_bytes(const char *schema_text, const void *bytes, size_t size)
{
    lt_schema *schema = compile(schema_text);
    struct lt_error error = {0};
    const enum lt_code code = lt_schema_check(schema, (struct lt_slice){bytes, size}, &error);
    lt_schema_destroy(&schema);
    return code;
}

#define KEY "{\"type\":\"string\",\"contentEncoding\":\"base64\",\"minBytes\":2,\"maxBytes\":3}"

Test(schema, bytes_fit_a_schema_of_bytes_and_texts_do_not)
{
    cr_expect_eq(check_bytes(KEY, "\xC4\x02xy", 4), LT_DONE);
    cr_expect_eq(check_bytes(KEY, "\xC5\x00\x03xyz", 6), LT_DONE);
    cr_expect_eq(check_bytes(KEY, "\xC4\x01x", 3), LT_BODY_WRONG);
    cr_expect_eq(check_bytes(KEY, "\xC4\x04wxyz", 6), LT_BODY_WRONG);
    cr_expect_eq(check_bytes(KEY, "\xA2xy", 3), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"type\":\"string\"}", "\xC4\x02xy", 4), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"type\":\"string\"}", "\xA2xy", 3), LT_DONE);
    cr_expect_eq(check_bytes("{\"enum\":[\"eHk=\",\"xy\"]}", "\xC4\x02xy", 4), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"uniqueItems\":true}", "\x92\xC4\x02xy\xC5\x00\x02xy", 10),
                 LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"uniqueItems\":true}", "\x92\xC4\x02xy\xA2xy", 8), LT_DONE);
    cr_expect_eq(
        check_bytes("{\"type\":[\"string\",\"null\"],\"contentEncoding\":\"base64\"}", "\xC0", 1),
        LT_DONE);
    cr_expect_eq(check_bytes("{\"anyOf\":[" KEY ",{\"type\":\"string\"}]}", "\xA2xy", 3), LT_DONE);
    cr_expect_eq(check_bytes("{\"anyOf\":[" KEY ",{\"type\":\"string\"}]}", "\xC4\x02xy", 4),
                 LT_DONE);
}

Test(schema, every_width_of_a_number_is_the_same_number)
{
    static const struct {
        const char *bytes;
        size_t size;
    } fives[] = {{"\x05", 1},
                 {"\xCC\x05", 2},
                 {"\xCD\x00\x05", 3},
                 {"\xCE\x00\x00\x00\x05", 5},
                 {"\xCF\x00\x00\x00\x00\x00\x00\x00\x05", 9},
                 {"\xD0\x05", 2},
                 {"\xD3\x00\x00\x00\x00\x00\x00\x00\x05", 9},
                 {"\xCA\x40\xA0\x00\x00", 5},
                 {"\xCB\x40\x14\x00\x00\x00\x00\x00\x00", 9}};
    for (size_t i = 0; i < sizeof fives / sizeof fives[0]; i++) {
        cr_expect_eq(check_bytes("{\"type\":\"integer\",\"const\":5,\"multipleOf\":2.5}",
                                 fives[i].bytes, fives[i].size),
                     LT_DONE, "%zu", i);
    }
}

Test(schema, what_is_cut_off_or_has_more_behind_it_does_not_fit)
{
    cr_expect_eq(check_bytes("{}", "\x92\x01", 2), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{}", "\x01\x01", 2), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{}", "", 0), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{}", "\xDD\xDD\xDD\xDD\xDD\x0A\x2B", 7), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"properties\":{\"a\":{}}}", "\x81\x01\x01", 3), LT_BODY_WRONG);
}

// An attacker's body must not keep the hub busy: what costs too much is refused, and never taken.
Test(schema, a_body_that_costs_too_much_is_refused, .timeout = 20)
{
    struct lt_buffer body = {.max = 1U << 20};
    const uint32_t count = 200000;
    lt_pack_array(&body, count);
    for (uint32_t i = 0; i < count; i++) {
        lt_pack_uint(&body, i);
    }
    cr_expect_eq(check_bytes("{\"uniqueItems\":true}", body.data, body.size), LT_BODY_WRONG);
    cr_expect_eq(check_bytes("{\"not\":{\"uniqueItems\":true}}", body.data, body.size),
                 LT_BODY_WRONG);
    lt_buffer_clear(&body);
    body = (struct lt_buffer){.max = 1U << 20};
    char *text = malloc(600001);
    memset(text, 'a', 600000);
    text[600000] = '\0';
    lt_pack_text(&body, text);
    cr_expect_eq(check_bytes("{\"pattern\":\"^(a?){200}b$\"}", body.data, body.size),
                 LT_BODY_WRONG);
    free(text);
    lt_buffer_clear(&body);
}

Test(schema, hostile_bytes_never_crash_it)
{
    lt_types *types = lt_types_new(NULL);
    const struct lt_type *type = lt_types_find(types, lt_slice_of("notice.v1"));
    const char *json =
        "{\"text\":\"Mời bà con họp\",\"channels\":[\"loa\"],\"speech\":{\"repeat\":2},"
        "\"schedule\":{\"at\":5,\"repeat\":{\"every\":\"day\",\"times\":[\"17:00\"]}},"
        "\"attachments\":[{\"sha256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"size\":1,"
        "\"media\":\"a/b\",\"name\":\"x\"}]}";
    struct lt_buffer body = {.max = 65536};
    struct lt_error error = {0};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), type->schema, &body, &error), LT_DONE);
    cr_assert_eq(lt_schema_check(type->schema, lt_buffer_slice(&body), &error), LT_DONE, "%s",
                 error.text);
    uint8_t *copy = malloc(body.size);
    unsigned random = 1;
    for (int round = 0; round < 200000; round++) {
        memcpy(copy, body.data, body.size);
        for (int k = 0; k < 3; k++) {
            random = random * 1103515245U + 12345U;
            copy[(random >> 8) % body.size] = (uint8_t)(random >> 24);
        }
        error = (struct lt_error){0};
        const enum lt_code code =
            lt_schema_check(type->schema, (struct lt_slice){copy, body.size}, &error);
        cr_assert(code == LT_DONE || code == LT_BODY_WRONG);
        cr_assert(lt_utf8_valid(lt_slice_of(error.text)), "%s", error.text);
    }
    free(copy);
    lt_buffer_clear(&body);
    lt_types_destroy(&types);
}
