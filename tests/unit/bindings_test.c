// The generated structs of <lienthon/types.h>, as a bridge uses them.
#include <lienthon/json.h>
#include <lienthon/pack.h>
#include <lienthon/types.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void body_of(const char *type_name, const char *json, struct lt_buffer *body)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    const struct lt_type *type = lt_types_find(types, lt_slice_of(type_name));
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), type->schema, body, &error), LT_DONE, "%s",
                 error.text);
    lt_types_destroy(&types);
}

Test(bindings, a_notice_becomes_a_struct_of_views)
{
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 65536};
    body_of(
        "notice.v1",
        "{\"text\":\"Mời bà con họp\",\"channels\":[\"loa\",\"screen\"],"
        "\"speech\":{\"repeat\":2.0,\"chime\":false},\"late\":\"drop\","
        "\"schedule\":{\"at\":5,\"repeat\":{\"every\":\"month\",\"month_days\":[-1,15]}},"
        "\"attachments\":[{\"sha256\":\"AAECAw==\",\"size\":4,\"media\":\"a/b\",\"name\":\"x\"}]}",
        &body);
    struct lt_notice notice;
    cr_assert_eq(lt_notice_decode(lt_buffer_slice(&body), &notice, &error), LT_DONE, "%s",
                 error.text);
    cr_expect(lt_slice_is(notice.text, "Mời bà con họp"));
    cr_expect(notice.text.data > body.data && notice.text.data < body.data + body.size);
    cr_expect_null(notice.title.data);
    cr_expect_eq(notice.channels_count, 2);
    cr_expect_eq(notice.channels[1], LT_NOTICE_CHANNELS_SCREEN);
    cr_expect_str_eq(lt_notice_channels_name(notice.channels[1]), "screen");
    cr_expect(notice.has_speech);
    cr_expect(notice.speech.has_repeat && notice.speech.repeat == 2);
    cr_expect(notice.speech.has_chime && !notice.speech.chime);
    cr_expect_not(notice.speech.has_volume);
    cr_expect_eq(notice.late, LT_NOTICE_LATE_DROP);
    cr_expect_eq(notice.schedule.repeat.month_days[0], -1);
    cr_expect_eq(notice.schedule.calendar, LT_NOTICE_SCHEDULE_CALENDAR_ABSENT);
    cr_expect_null(lt_notice_schedule_calendar_name(notice.schedule.calendar));
    cr_expect_eq(notice.attachments_count, 1);
    cr_expect_eq(notice.attachments[0].sha256.size, 4);
    cr_expect_eq(notice.hamlets_count, 0);
    lt_buffer_clear(&body);
}

Test(bindings, what_is_needed_must_be_there)
{
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 65536};
    struct lt_receipt receipt = {.outcome = LT_RECEIPT_OUTCOME_DONE, .at = 5};
    cr_expect_eq(lt_receipt_encode(&receipt, &body, &error), LT_BAD_USE);
    cr_expect_str_eq(error.text, "'target' is needed");
    lt_buffer_empty(&body);
    receipt.target = lt_slice_of("an-thuong");
    cr_expect_eq(lt_receipt_encode(&receipt, &body, &error), LT_DONE, "%s", error.text);
    struct lt_buffer text = {.max = 4096};
    cr_expect_eq(lt_json_from_body(lt_buffer_slice(&body), &text, false, &error), LT_DONE);
    lt_buffer_add(&text, "", 1);
    cr_expect_str_eq((const char *)text.data,
                     "{\"outcome\":\"done\",\"target\":\"an-thuong\",\"at\":5}");
    receipt.outcome = LT_RECEIPT_OUTCOME_ABSENT;
    cr_expect_eq(lt_receipt_encode(&receipt, &body, &error), LT_BAD_USE);
    receipt.outcome = LT_RECEIPT_OUTCOME_DONE;
    receipt.target = lt_slice_of("\xff");
    cr_expect_eq(lt_receipt_encode(&receipt, &body, &error), LT_BAD_USE);
    lt_buffer_clear(&text);
    lt_buffer_clear(&body);
}

Test(bindings, more_entries_than_there_is_room_for_are_refused_both_ways)
{
    struct lt_error error = {0};
    struct lt_notice notice = {.text = lt_slice_of("x"), .hamlets_count = 65};
    struct lt_buffer body = {.max = 65536};
    cr_expect_eq(lt_notice_encode(&notice, &body, &error), LT_BAD_USE);
    lt_buffer_empty(&body);
    lt_pack_map(&body, 2);
    lt_pack_text(&body, "text");
    lt_pack_text(&body, "x");
    lt_pack_text(&body, "hamlets");
    lt_pack_array(&body, 65);
    for (int i = 0; i < 65; i++) {
        lt_pack_text(&body, "a");
    }
    cr_expect_eq(lt_notice_decode(lt_buffer_slice(&body), &notice, &error), LT_BODY_WRONG);
    lt_buffer_clear(&body);
}

static void refuses(const char *bytes, size_t size)
{
    struct lt_time value;
    struct lt_error error = {0};
    cr_expect_eq(lt_time_decode((struct lt_slice){(const uint8_t *)bytes, size}, &value, &error),
                 LT_BODY_WRONG);
    cr_expect_neq(error.text[0], '\0');
}

Test(bindings, what_is_not_of_the_shape_is_refused)
{
    refuses("\x80", 1);
    refuses("\x90", 1);
    refuses("", 0);
    refuses("\x83\xA3now\x01\xA4size\x01", 12);
    refuses("\x83\xA3now\x01\xA4size\x01\xA4root\xA0", 18);
    refuses("\x83\xA3now\xFF\xA4size\x01\xA4root\xC4\x00", 19);
    refuses("\x83\xA3nox\x01\xA4size\x01\xA4root\xC4\x00", 19);
    refuses("\x83\xA3now\x01\xA4size\x01\xA4root\xC4\x00\x00", 20);
    struct lt_time value;
    struct lt_error error = {0};
    cr_expect_eq(
        lt_time_decode(
            (struct lt_slice){(const uint8_t *)"\x83\xA3now\x01\xA4size\x01\xA4root\xC4\x00", 19},
            &value, &error),
        LT_DONE, "%s", error.text);
}
