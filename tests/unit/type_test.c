// The registry of types, and the rules that a message keeps because of its type.
#include <lienthon/json.h>
#include <lienthon/pack.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct lt_type *find(const lt_types *types, const char *name)
{
    const struct lt_type *type = lt_types_find(types, lt_slice_of(name));
    cr_assert_not_null(type, "%s", name);
    return type;
}

static enum lt_code check(const char *name, const char *json, struct lt_part part,
                          struct lt_error *error)
{
    lt_types *types = lt_types_new(error);
    cr_assert_not_null(types, "%s", error->text);
    const struct lt_type *type = find(types, name);
    struct lt_buffer body = {.max = 65536};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), type->schema, &body, error), LT_DONE, "%s",
                 error->text);
    part.body = lt_buffer_slice(&body);
    const enum lt_code code = lt_type_check(type, &part, error);
    lt_buffer_clear(&body);
    lt_types_destroy(&types);
    return code;
}

Test(type, the_built_in_ones_are_there)
{
    static const char *const names[] = {"alert.v1",         "approval.v1",      "grant.v1",
                                        "health.v1",        "notice.v1",        "receipt.v1",
                                        "speaker-hours.v1", "speaker-state.v1", "time.v1"};
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    cr_assert_not_null(types, "%s", error.text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_expect_str_eq(lt_types_at(types, i)->name, names[i]);
        cr_expect_eq(find(types, names[i]), lt_types_at(types, i));
    }
    cr_expect_null(lt_types_at(types, sizeof names / sizeof names[0]));
    cr_expect_null(lt_types_find(types, lt_slice_of("notice.v2")));
    cr_expect_null(lt_types_find(types, lt_slice_of("notice.v")));
    cr_expect_null(lt_types_find(types, lt_slice_of("")));
    cr_expect_not_null(strstr(find(types, "notice.v1")->text, "\"lienthon\""));
    lt_types_destroy(&types);
    cr_expect_null(types);
}

Test(type, a_notice_of_the_vectors_fits)
{
    struct lt_error error = {0};
    const char *json = "{\"title\":\"Họp dân\",\"text\":\"Mời bà con ấp An Thường họp lúc 19 giờ "
                       "tại nhà văn hóa.\",\"lang\":\"vi\",\"channels\":[\"loa\",\"zalo\"]}";
    cr_expect_eq(check("notice.v1", json, (struct lt_part){.created = 1}, &error), LT_DONE, "%s",
                 error.text);
    cr_expect_eq(check("notice.v1", "{\"text\":\"a\",\"channels\":[\"loa\",\"zalo\",\"loaa\"]}",
                       (struct lt_part){.created = 1}, &error),
                 LT_BODY_WRONG);
    cr_expect_str_eq(error.text, "body.channels[2]: 'loaa' is not one of loa, zalo, facebook, "
                                 "screen, feed");
}

Test(type, of_a_key_that_is_not_known_all_that_are_allowed_are_told)
{
    struct lt_error error = {0};
    const struct lt_part part = {.created = 1, .expires = 2};
    cr_assert_eq(check("alert.v1", "{\"headlien\": \"Nước lên\"}", part, &error), LT_BODY_WRONG);
    cr_expect_not_null(strstr(error.text, "the key 'headlien' is not known; allowed: "), "%s",
                       error.text);
    cr_expect_not_null(strstr(error.text, "urgency"), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "status"), "%s", error.text);
    cr_expect_null(strstr(error.text, "…"), "%s", error.text);
    cr_expect_gt(strlen(error.text), (size_t)LT_TEXT_MAX);
}

Test(type, a_cancellation_may_be_empty_and_nothing_else_may)
{
    struct lt_error error = {0};
    struct lt_part part = {.created = 1, .relation = LT_CANCELS};
    cr_expect_eq(check("notice.v1", "{}", part, &error), LT_DONE, "%s", error.text);
    part.relation = LT_REPLACES;
    cr_expect_eq(check("notice.v1", "{}", part, &error), LT_BODY_WRONG);
    part.relation = LT_NOTHING;
    cr_expect_eq(check("notice.v1", "{}", part, &error), LT_BODY_WRONG);
    part.relation = LT_CANCELS;
    cr_expect_eq(check("notice.v1", "{\"x\":1}", part, &error), LT_BODY_WRONG);
    cr_expect_eq(check("notice.v1", "{\"text\":\"nhầm ngày\"}", part, &error), LT_DONE);
}

Test(type, what_may_not_be_retained_is_refused)
{
    struct lt_error error = {0};
    struct lt_part part = {.created = 1, .flags = LT_RETAIN | LT_RECEIPT};
    cr_expect_eq(check("notice.v1", "{\"text\":\"a\"}", part, &error), LT_BODY_WRONG);
    cr_expect_str_eq(error.text, "part[12] flags: a notice.v1 may not be retained");
    cr_expect_eq(check("health.v1", "{\"state\":\"well\",\"at\":1}", part, &error), LT_DONE, "%s",
                 error.text);
}

#define ALERT                                                                                         \
    "{\"event\":\"Vỡ đê\",\"status\":\"Actual\",\"msgType\":\"Alert\",\"urgency\":\"Immediate\"," \
    "\"severity\":\"Extreme\",\"certainty\":\"Observed\",\"headline\":\"Vỡ đê bao ấp An Lạc\"}"

Test(type, what_must_expire_must_do_so_in_time)
{
    struct lt_error error = {0};
    struct lt_part part = {.created = 1000};
    cr_expect_eq(check("alert.v1", ALERT, part, &error), LT_BODY_WRONG);
    cr_expect_str_eq(error.text,
                     "part[8] expires: a alert.v1 must expire within 604800 s of when it was made");
    part.expires = 1000 + UINT64_C(604800000);
    cr_expect_eq(check("alert.v1", ALERT, part, &error), LT_DONE, "%s", error.text);
    part.expires++;
    cr_expect_eq(check("alert.v1", ALERT, part, &error), LT_BODY_WRONG);
    part.expires = 1;
    cr_expect_eq(check("alert.v1", ALERT, part, &error), LT_DONE);
}

#define RULES(retain, life, label)                                                                 \
    "{\"lienthon\":{\"retain\":\"" retain "\",\"max_life\":" life ",\"label\":" label "}}"

Test(type, the_lowest_label_is_kept)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    const char *text = RULES("never", "null", "1");
    cr_assert_eq(lt_types_add(types, "secret.v1", text, strlen(text), "secret.v1.json", &error),
                 LT_DONE, "%s", error.text);
    const struct lt_type *type = find(types, "secret.v1");
    struct lt_part part = {.body = {(const uint8_t *)"\x80", 1}};
    cr_expect_eq(lt_type_check(type, &part, &error), LT_BODY_WRONG);
    cr_expect_str_eq(error.text, "part[6] label: a secret.v1 must have the label 1 at the least");
    part.label = LT_NOI_BO;
    cr_expect_eq(lt_type_check(type, &part, &error), LT_DONE);
    lt_types_destroy(&types);
}

Test(type, what_is_no_body_is_refused_before_the_schema_is_asked)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    const char *text = RULES("never", "null", "0");
    cr_assert_eq(lt_types_add(types, "any.v1", text, strlen(text), "any.v1.json", &error), LT_DONE);
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {
        {"\x90", 1}, {"\x81\x01\x01", 3}, {"\x82\xA1x\x01\xA1x\x02", 7}, {"\x80\x80", 2}, {"", 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct lt_part part = {.body = {(const uint8_t *)wrong[i].bytes, wrong[i].size}};
        cr_expect_eq(lt_type_check(find(types, "any.v1"), &part, &error), LT_BODY_WRONG, "%zu", i);
    }
    lt_types_destroy(&types);
}

Test(type, another_can_be_added_once_with_its_rules)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    const char *text = RULES("state", "60", "0");
    cr_expect_eq(lt_types_add(types, "switch.v1", text, strlen(text), "switch.v1.json", &error),
                 LT_DONE, "%s", error.text);
    cr_expect_eq(find(types, "switch.v1")->retain, LT_RETAIN_STATE);
    cr_expect_eq(find(types, "switch.v1")->max_life_s, 60);
    cr_expect_eq(lt_types_add(types, "switch.v1", text, strlen(text), "switch.v1.json", &error),
                 LT_BAD_USE);
    cr_expect_eq(lt_types_add(types, "notice.v1", text, strlen(text), "notice.v1.json", &error),
                 LT_BAD_USE);
    cr_expect_eq(lt_types_add(types, "Switch", text, strlen(text), "x.json", &error), LT_BAD_USE);
    cr_expect_eq(lt_types_add(types, "a.v1", "{}", 2, "a.v1.json", &error), LT_BAD_FILE);
    cr_expect_not_null(strstr(error.text, "a type needs \"lienthon\""));
    cr_expect_eq(lt_types_add(types, "a.v1", "{\"x\":1}", 7, "a.v1.json", &error), LT_BAD_FILE);
    cr_expect_str_eq(error.text, "a.v1.json:1:2: at /: unknown keyword 'x'");
    cr_expect_null(lt_types_find(types, lt_slice_of("a.v1")));
    lt_types_destroy(&types);
}

Test(type, a_grant_of_ours_fits_its_schema)
{
    struct lt_error error = {0};
    const char *json =
        "{\"principal\":\"loa.an-thuong.01\",\"serial\":1,\"name\":\"Loa\",\"role\":\"speaker\","
        "\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
        "\"curve\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
        "\"publish\":[{\"topics\":[\"x/+/#\"],\"types\":[\"*\"],\"max_priority\":3,\"max_label\":1,"
        "\"hands\":2}],\"subscribe\":[{\"topics\":[\"$lt/time\"],\"max_label\":0}],"
        "\"rights\":[\"enrol\"],\"scope\":{\"principals\":[\"loa.*.**\"],\"publish\":[],"
        "\"subscribe\":[],\"rights\":[],\"max_expires\":5},\"not_before\":0,\"expires\":5,"
        "\"revoked\":false}";
    cr_expect_eq(check("grant.v1", json, (struct lt_part){.flags = LT_RETAIN}, &error), LT_DONE,
                 "%s", error.text);
}
