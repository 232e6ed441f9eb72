// What a notice or an alert makes a loudspeaker say, and what it says of itself.
#include <criterion/criterion.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>
#include <lienthon/type.h>

#include "announcement.h"
#include "state.h"

static void put(struct lt_buffer *out, const char *key, const char *text)
{
    lt_pack_text(out, key);
    lt_pack_text(out, text);
}

static enum lt_code read_as(const char *type, uint8_t priority, struct lt_buffer *buffer,
                            struct announcement *announcement, struct lt_error *error)
{
    struct lt_part part = {
        .type = lt_slice_of(type), .priority = priority, .body = lt_buffer_slice(buffer)};
    enum lt_code code = announcement_read(&part, NULL, announcement, error);
    lt_buffer_clear(buffer);
    return code;
}

static void says(const struct announcement *announcement, const char *words)
{
    cr_expect(lt_slice_is(lt_buffer_slice(&announcement->words), words), "it says: %.*s",
              (int)announcement->words.size, (const char *)announcement->words.data);
}

Test(announcement, says_the_title_before_the_text_and_ends_each)
{
    struct lt_buffer body = {.max = 4096};
    struct announcement announcement;
    lt_pack_map(&body, 2);
    put(&body, "text", "Mời bà con họp lúc 19h. Đến đúng giờ!");
    put(&body, "title", "Họp ấp");
    cr_assert_eq(read_as("notice.v1", LT_THUONG, &body, &announcement, NULL), LT_DONE);
    says(&announcement, "Họp ấp.\nMời bà con họp lúc mười chín giờ. Đến đúng giờ!\n");
    cr_expect(announcement.has_chime);
    cr_expect_eq(announcement.chime, CHIME_CALM);
    cr_expect_eq(announcement.repeat, 1);
    cr_expect_eq(announcement.volume, 100);
    announcement_clear(&announcement);
}

Test(announcement, does_as_speech_says)
{
    struct lt_buffer body = {.max = 4096};
    struct announcement announcement;
    lt_pack_map(&body, 2);
    put(&body, "text", "UBND");
    lt_pack_text(&body, "speech");
    lt_pack_map(&body, 5);
    put(&body, "text", "Ủy ban xã.");
    put(&body, "voice", "bac");
    lt_pack_text(&body, "repeat");
    lt_pack_uint(&body, 3);
    lt_pack_text(&body, "chime");
    lt_pack_bool(&body, false);
    lt_pack_text(&body, "volume");
    lt_pack_uint(&body, 60);
    cr_assert_eq(read_as("notice.v1", LT_HOA_TOC, &body, &announcement, NULL), LT_DONE);
    says(&announcement, "Ủy ban xã.\n");
    cr_expect_str_eq(announcement.voice, "vi");
    cr_expect_eq(announcement.repeat, 3);
    cr_expect_not(announcement.has_chime);
    cr_expect_eq(announcement.chime, CHIME_ALARM);
    cr_expect_eq(announcement.volume, 60);
    announcement_clear(&announcement);
}

Test(announcement, lets_no_voice_become_an_option_of_the_command)
{
    static const char *const voices[] = {"-w/etc/passwd", "../../x", "nữ", "male"};
    for (size_t i = 0; i < 4; i++) {
        struct lt_buffer body = {.max = 4096};
        struct announcement announcement;
        lt_pack_map(&body, 2);
        put(&body, "text", "a");
        lt_pack_text(&body, "speech");
        lt_pack_map(&body, 1);
        put(&body, "voice", voices[i]);
        cr_assert_eq(read_as("notice.v1", LT_THUONG, &body, &announcement, NULL), LT_DONE);
        cr_expect_str_eq(announcement.voice, "");
        announcement_clear(&announcement);
    }
}

Test(announcement, knows_what_is_not_to_be_said_late)
{
    struct lt_buffer body = {.max = 4096};
    struct announcement announcement;
    lt_pack_map(&body, 2);
    put(&body, "text", "a");
    put(&body, "late", "show-only");
    cr_assert_eq(read_as("notice.v1", LT_THUONG, &body, &announcement, NULL), LT_DONE);
    cr_expect(announcement.drop_late);
    announcement_clear(&announcement);
}

Test(announcement, leaves_a_schedule_to_the_plan)
{
    struct lt_buffer body = {.max = 4096};
    struct announcement announcement;
    lt_pack_map(&body, 2);
    put(&body, "text", "a");
    lt_pack_text(&body, "schedule");
    lt_pack_map(&body, 0);
    cr_expect_eq(read_as("notice.v1", LT_THUONG, &body, &announcement, NULL), LT_DONE);
    cr_expect(announcement.words.size > 0);
    announcement_clear(&announcement);
}

static struct lt_buffer alert(const char *status, const char *kind)
{
    struct lt_buffer body = {.max = 4096};
    lt_pack_map(&body, 5);
    put(&body, "status", status);
    put(&body, "msgType", kind);
    put(&body, "instruction", "Đưa trẻ em lên nơi cao.");
    put(&body, "headline", "Triều cường vượt báo động III");
    put(&body, "description", "Đỉnh triều 2,1 m lúc 17 giờ 30.");
    return body;
}

Test(announcement, says_headline_description_and_instruction_of_an_alert)
{
    struct lt_buffer body = alert("Actual", "Alert");
    struct announcement announcement;
    cr_assert_eq(read_as("alert.v1", LT_THUONG_KHAN, &body, &announcement, NULL), LT_DONE);
    says(&announcement, "Triều cường vượt báo động ba.\nĐỉnh triều hai phẩy một mét lúc mười bảy "
                        "giờ ba mươi.\nĐưa trẻ "
                        "em lên nơi cao.\n");
    announcement_clear(&announcement);
}

Test(announcement, lets_only_actual_alerts_be_heard)
{
    static const char *const unheard[][2] = {{"Exercise", "Alert"}, {"Test", "Alert"},
                                             {"Draft", "Update"},   {"System", "Alert"},
                                             {"Actual", "Ack"},     {"Actual", "Error"}};
    for (size_t i = 0; i < 6; i++) {
        struct lt_buffer body = alert(unheard[i][0], unheard[i][1]);
        struct announcement announcement;
        struct lt_error error = {0};
        cr_expect_eq(read_as("alert.v1", LT_HOA_TOC, &body, &announcement, &error), LT_NOT_ALLOWED);
        cr_expect(strstr(error.text, "không phát"));
        announcement_clear(&announcement);
    }
}

static void fits(const struct speaker_state *state)
{
    struct lt_error error = {0};
    struct lt_buffer body = {.max = 4096};
    lt_types *types = lt_types_new(&error);
    cr_assert(types, "%s", error.text);
    cr_assert(speaker_state_write(state, NULL, 0, &body));
    cr_expect_eq(lt_schema_check(lt_types_find(types, lt_slice_of("speaker-state.v1"))->schema,
                                 lt_buffer_slice(&body), &error),
                 LT_DONE, "%s", error.text);
    lt_buffer_clear(&body);
    lt_types_destroy(&types);
}

Test(state, fits_its_type_whatever_the_loudspeaker_does)
{
    struct said said = {.from = "van-phong", .id = {7}};
    fits(&(struct speaker_state){.state = "idle", .at = 1, .volume = 100, .output = "file"});
    fits(&(struct speaker_state){.state = "speaking",
                                 .at = 1,
                                 .queue = 3,
                                 .speaks = true,
                                 .playing = said,
                                 .volume = 80,
                                 .output = "card"});
    said.at = 5;
    said.outcome = "done";
    fits(&(struct speaker_state){.state = "fault",
                                 .at = 1,
                                 .last = said,
                                 .volume = 80,
                                 .output = "card file",
                                 .muted = true,
                                 .fault = "không có thẻ âm thanh"});
    fits(&(struct speaker_state){
        .state = "stopped", .at = 1, .last = said, .volume = 80, .output = "both"});
}

Test(state, its_hours_fit_whatever_they_are)
{
    struct hours hours;
    struct hours_kept kept = {.hours = &hours, .hamlet = ""};
    const struct speaker_state state = {
        .state = "idle", .at = 1, .volume = 100, .output = "file", .hours = &kept};
    hours_default(&hours);
    fits(&state);
    kept = (struct hours_kept){&hours, "an-lac", true, 1700000000000};
    hours.quiet = (struct hours_span){21 * 60, 4 * 60};
    hours.programmes[1].days = 1U << 7;
    hours.programmes[1].closing = false;
    hours.volumes[0] = (struct hours_volume){{0, 6 * 60}, 50};
    hours.volume_count = 1;
    fits(&state);
    for (hours.programme_count = 0; hours.programme_count < HOURS_PROGRAMMES;)
        hours.programmes[hours.programme_count++] =
            (struct hours_programme){"trua", 11 * 60, 240, 1U << 1, false};
    fits(&state);
    hours_at_once(&hours);
    fits(&state);
}
