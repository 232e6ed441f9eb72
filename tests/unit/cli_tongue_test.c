// What people read, in their language: finished sentences are known by the form that they were made in.
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tongue.h"

static void speak(const char *locale)
{
    unsetenv("LANGUAGE");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
    setenv("LC_ALL", locale, 1);
}

// The sentence in Vietnamese; "" where the catalog has none.
static const char *said(const char *english)
{
    static char text[4096];
    struct lt_buffer out = {.max = sizeof text - 1};
    speak("vi_VN.UTF-8");
    const bool known = tongue_sentence(english, &out);
    snprintf(text, sizeof text, "%.*s", known ? (int)out.size : 0, (const char *)out.data);
    lt_buffer_clear(&out);
    return text;
}

Test(tongue, a_text_is_looked_up_by_its_english)
{
    speak("vi_VN.UTF-8");
    cr_assert_str_eq(tongue("nothing was changed"), "không có gì thay đổi");
    cr_assert_str_eq(tongue("nobody has translated this"), "nobody has translated this");
    speak("en_US.UTF-8");
    cr_assert_str_eq(tongue("nothing was changed"), "nothing was changed");
}

Test(tongue, a_finished_sentence_keeps_what_stands_in_it)
{
    cr_assert_str_eq(said("there is no hamlet 'xyz' in commune.yaml; did you mean an-hoa?"),
                     "không có ấp 'xyz' trong commune.yaml; có phải an-hoa không?");
    cr_assert_str_eq(said("--repeat 4: a whole number from 1 to 3 is allowed"),
                     "--repeat 4: chỉ nhận số nguyên từ 1 đến 3");
}

Test(tongue, holes_may_change_places)
{
    cr_assert_str_eq(said("cannot rename /a/b: Permission denied"),
                     "không làm được với /a/b (rename): không được phép");
}

Test(tongue, a_sentence_inside_a_sentence_is_said_too)
{
    cr_assert_str_eq(
        said("the hub refuses the new grant, nothing was changed: the grant of a.b is revoked"),
        "hub từ chối giấy quyền mới, không có gì thay đổi: giấy quyền của a.b đã bị thu");
}

Test(tongue, what_health_says_of_streams_is_known)
{
    cr_assert_str_eq(said("nothing leaves through eth0: it is down"),
                     "không có gì ra được qua eth0: đang tắt");
    cr_assert_str_eq(
        said("nothing can be sent through any interface: Network is unreachable (look at "
             "rtp-interface)"),
        "không gửi được gì qua mọi cổng mạng: không có đường mạng đến đó (hãy xem rtp-interface)");
    cr_assert_str_eq(said("the stream to http://10.0.0.2:8000/khan.mp3 was cut off: the server has "
                          "taken too little for long"),
                     "luồng đến http://10.0.0.2:8000/khan.mp3 bị đứt: máy chủ đã lâu nhận quá ít");
}

Test(tongue, a_number_with_its_unit_is_known)
{
    cr_assert_str_eq(said("the last backup, /a/b, is 12 days old"),
                     "bản sao lưu cuối, /a/b, đã cũ 12 ngày");
    cr_assert_str_eq(said("the mayor is tall"), "");
}

Test(tongue, a_name_before_a_sentence_stays)
{
    cr_assert_str_eq(said("body.channels[2]: 'loaa' is not one of loa, zalo"),
                     "body.channels[2]: 'loaa' không phải một trong loa, zalo");
    cr_assert_str_eq(said("commune.yaml:3:1: 'hub' is missing"), "commune.yaml:3:1: thiếu 'hub'");
}

Test(tongue, a_name_is_never_translated_whatever_else_it_means)
{
    cr_assert_str_eq(said("there is no hamlet 'no' in commune.yaml; did you mean done?"),
                     "không có ấp 'no' trong commune.yaml; có phải done không?");
}

Test(tongue, a_sentence_that_was_cut_at_its_end_is_still_known)
{
    struct lt_error error = {0};
    lt_fail(&error, LT_NOT_ALLOWED,
            "this is not the passphrase of %s. If it is lost, the key is: what was granted goes "
            "on; for new rights make a new commune (lienthon init) and invite everybody again",
            "/a/folder/with/a/very/long/name/as/there/are/some/on/machines/of/communes/somewhere/"
            "in/the/south/keys/root.seed");
    const char *cut = error.text;
    cr_assert_eq(strlen(cut), LT_TEXT_MAX);
    cr_assert(strstr(said(cut), "đây không phải cụm mật khẩu của /a/folder") != NULL);
}

Test(tongue, what_a_library_said_is_said_inside_a_bridge_s_own_words)
{
    cr_assert_str_eq(
        said("chưa phát được, sẽ phát lại: không phát được qua card:z5: the sound card 'z5' does "
             "not answer (does its sound server hang?)"),
        "chưa phát được, sẽ phát lại: không phát được qua card:z5: card âm thanh 'z5' không trả "
        "lời (máy chủ âm thanh của nó có bị treo không?)");
    cr_assert_str_eq(
        said("an-lac, file: less than 1 MiB is left for /srv/loa; an-hoa, icecast:/a.mp3: the "
             "stream to http://10.0.0.2:8000/a.mp3 was cut off: the server closed the connection"),
        "an-lac, file: còn chưa đến 1 MiB cho /srv/loa; an-hoa, icecast:/a.mp3: luồng đến "
        "http://10.0.0.2:8000/a.mp3 bị đứt: máy chủ đã đóng kết nối");
    cr_assert_str_eq(
        said("chưa phát được, sẽ phát lại: không phát được qua card: cannot open the sound card "
             "'x': Connection refused (`aplay -L` lists what there is); đã phát 3 giây"),
        "chưa phát được, sẽ phát lại: không phát được qua card: không mở được card âm thanh 'x': "
        "bị từ chối kết nối (`aplay -L` cho biết có những card nào); đã phát 3 giây");
    cr_assert_str_eq(said("đã phát 5,8 giây; không ai nghe luồng /khan.mp3"), "");
}

Test(tongue, what_nobody_has_translated_is_said_in_english)
{
    struct lt_buffer out = {.max = 256};
    speak("vi");
    cr_assert_not(tongue_sentence("the moon is full", &out));
    cr_assert(lt_slice_is(lt_buffer_slice(&out), "the moon is full"));
    lt_buffer_clear(&out);
}

Test(tongue, the_catalog_is_sorted_and_each_phrase_finds_itself)
{
    speak("vi");
    for (size_t i = 0; i < tongue_phrase_count; i++) {
        const struct tongue_phrase *phrase = &tongue_phrases[i];
        cr_assert(i == 0 || strcmp(tongue_phrases[i - 1].english, phrase->english) < 0);
        cr_assert_str_eq(tongue(phrase->english), phrase->vietnamese);
    }
}

Test(tongue, a_sentence_that_wants_much_of_the_search_ends)
{
    char text[2048];
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i + 8 < sizeof text; i += 8) {
        memcpy(text + i, "of %s: ", 7);
    }
    said(text);
}
