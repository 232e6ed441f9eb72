// An announcement, sentence by sentence: where sentences end, and where it goes on after an interruption.
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "reading.h"
#include "words/sentences.h"

static void splits(const char *text, const char *const *wanted)
{
    struct lt_slice rest = lt_slice_of(text), sentence;
    size_t count = 0;
    for (; sentences_next(&rest, &sentence); count++) {
        cr_assert(wanted[count], "of '%s' a sentence too many: '%.*s'", text, (int)sentence.size,
                  (const char *)sentence.data);
        cr_expect(lt_slice_is(sentence, wanted[count]), "'%.*s' in place of '%s'",
                  (int)sentence.size, (const char *)sentence.data, wanted[count]);
    }
    cr_expect_null(wanted[count], "of '%s' the sentence '%s' is missing", text, wanted[count]);
}

#define SPLITS(text, ...) splits(text, (const char *const[]){__VA_ARGS__, NULL})

Test(sentences, end_at_their_stops)
{
    SPLITS("Mời họp. Đến đúng giờ! Ai vắng? Ghi tên.", "Mời họp.", "Đến đúng giờ!", "Ai vắng?",
           "Ghi tên.");
    SPLITS("Họp ấp.\nMời bà con.\n", "Họp ấp.", "Mời bà con.");
    SPLITS("Không có dấu chấm", "Không có dấu chấm");
    SPLITS("Mất điện từ bảy giờ; có lại lúc mười giờ.", "Mất điện từ bảy giờ;",
           "có lại lúc mười giờ.");
    SPLITS("  \n Cháy!  ", "Cháy!");
    SPLITS("Thật sao?! Thật.", "Thật sao?!", "Thật.");
}

Test(sentences, an_abbreviations_full_stop_is_no_end)
{
    SPLITS("Gặp ông Nguyễn Văn A. Mang theo giấy tờ.", "Gặp ông Nguyễn Văn A. Mang theo giấy tờ.");
    SPLITS("Mang gạo, muối, v.v. để nấu ăn.", "Mang gạo, muối, v.v. để nấu ăn.");
    SPLITS("một. Mang nước. hai. Mang đèn.", "một. Mang nước.", "hai. Mang đèn.");
    SPLITS("Vào trang an.gov.vn để xem.", "Vào trang an.gov.vn để xem.");
    SPLITS("Gọi bà Lê Thị Đ. tại ấp.", "Gọi bà Lê Thị Đ. tại ấp.");
}

// What somebody has typed without a stop.
static void parts(const char *word, size_t times, const char *between)
{
    static char text[64 * 1024];
    size_t size = 0, whole = 0, count = 0;
    for (size_t i = 0; i < times; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", word,
                                 i % 20 == 19 ? between : " ");
    struct lt_slice rest = lt_slice_of(text), sentence;
    for (; sentences_next(&rest, &sentence); count++) {
        cr_expect_leq(sentence.size, 600);
        cr_expect(lt_utf8_valid(sentence), "nothing is cut within a letter");
        cr_expect(sentence.size >= strlen(word) && memcmp(sentence.data, word, strlen(word)) == 0,
                  "nor within a word: %.*s", (int)sentence.size, (const char *)sentence.data);
        bool breathes = sentence.data[sentence.size - 1] == ',' || *between == ' ' || !rest.size;
        cr_expect(breathes, "where there is a comma, there");
        whole += sentence.size + 1;
    }
    cr_expect_eq(whole, size + (text[size - 1] != ' '), "nothing is lost");
    cr_expect_gt(count, size / 700);
}

Test(sentences, a_text_without_stops_is_parted_where_it_breathes)
{
    parts("nước", 2000, ", ");
    parts("nước", 2000, " ");
    static char giant[4001];
    for (size_t i = 0; i + 2 < sizeof giant; i += 2)
        memcpy(giant + i, "đ", 2);
    struct lt_slice rest = lt_slice_of(giant), sentence;
    size_t whole = 0;
    for (; sentences_next(&rest, &sentence); whole += sentence.size)
        cr_expect(lt_utf8_valid(sentence) && sentence.size <= 600);
    cr_expect_eq(whole, 4000);
}

Test(sentences, there_are_none_in_nothing)
{
    struct lt_slice rest = lt_slice_of(" \n "), sentence;
    cr_expect_not(sentences_next(&rest, &sentence));
    rest = (struct lt_slice){0};
    cr_expect_not(sentences_next(&rest, &sentence));
}

static const char text[] = "Câu thứ nhất nói về nước. Câu thứ hai nói về điện. Câu thứ ba nói về "
                           "đường. Câu thứ tư là hết.";

static struct render_style style_of(void)
{
    return (struct render_style){.voice = "vi",
                                 .loudness = -20,
                                 .rate = 140,
                                 .chime = true,
                                 .volume = 100,
                                 .timeout_ms = 20000,
                                 .longest = 60 * SOUND_RATE};
}

static struct announcement announcement_of(unsigned repeat)
{
    struct announcement announcement = {
        .words = {.max = 4096}, .has_chime = true, .repeat = repeat, .volume = 100};
    lt_buffer_print(&announcement.words, "%s", text);
    return announcement;
}

static void read_until(struct reading *reading, const struct announcement *announcement,
                       size_t sentences)
{
    struct render_style style = style_of();
    struct lt_error error = {0};
    while (reading->sound.more && reading->mark_count < sentences) {
        struct pollfd wait = {.fd = reading_fd(reading), .events = POLLIN};
        if (wait.fd >= 0)
            poll(&wait, 1, 1000);
        cr_assert_neq(reading_turn(reading, &style, announcement, 0, &error), READING_FAILED, "%s",
                      error.text);
    }
}

static int16_t sample_of(const struct reading *reading, size_t at)
{
    int16_t sample = 1;
    cr_assert_eq(sound_copy(&reading->sound, at, &sample, 1), 1);
    return sample;
}

Test(reading, rings_before_a_word_is_made_and_marks_each_sentence)
{
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(2);
    struct reading reading = {0};
    cr_assert_eq(reading_start(&reading, &style, &announcement, NULL), LT_DONE);
    cr_expect_gt(sound_ms(reading.sound.count), 2000, "the chime");
    cr_expect(reading.sound.more);
    cr_expect_eq(reading.count, 4);
    size_t chime = reading.sound.count;
    read_until(&reading, &announcement, 100);
    cr_expect_not(reading.sound.more);
    cr_assert_eq(reading.mark_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct reading_mark *mark = &reading.marks[i];
        cr_expect_eq(mark->sentence, i % 4);
        cr_expect_eq(mark->round, i / 4);
        cr_expect_geq(mark->from, i ? mark[-1].end + SOUND_RATE / 4 : chime);
        cr_expect_eq(sample_of(&reading, mark->from), 0, "it begins without a click");
        cr_expect_eq(sample_of(&reading, mark->end - 1), 0, "and ends without one");
    }
    reading_clear(&reading);
    announcement_clear(&announcement);
}

static struct sound copy_of(const struct reading *reading, size_t mark)
{
    size_t from = reading->marks[mark].from, upto = reading->marks[mark].end, some = 0;
    struct sound copy = {.max = reading->sound.count};
    for (; from < upto; from += some) {
        const int16_t *samples = sound_at(&reading->sound, from, &some);
        some = some < upto - from ? some : upto - from;
        cr_assert(some > 0 && sound_add(&copy, samples, some));
    }
    return copy;
}

static void same(const struct reading *reading, size_t mark, const struct sound *wanted)
{
    struct sound found = copy_of(reading, mark);
    cr_assert_eq(found.count, wanted->count);
    cr_expect_arr_eq(found.samples, wanted->samples, wanted->count * sizeof *wanted->samples);
    sound_clear(&found);
}

Test(reading, goes_on_at_the_beginning_of_the_sentence_in_which_it_was_interrupted)
{
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(1);
    struct reading reading = {0};
    cr_assert_eq(reading_start(&reading, &style, &announcement, NULL), LT_DONE);
    read_until(&reading, &announcement, 3);
    struct sound second = copy_of(&reading, 1);
    size_t heard = reading.marks[1].from + second.count / 2;
    cr_expect_eq(reading_sentence(&reading, heard), 1);
    cr_expect(reading_has_words(&reading, heard));
    cr_expect_not(reading_is_said(&reading, heard));
    reading_rest(&reading);
    cr_assert_eq(reading_resume(&reading, &style, heard, NULL), LT_DONE);
    cr_expect_gt(sound_ms(reading.marks[0].from), 500, "a bell leads in");
    cr_expect_lt(sound_ms(reading.marks[0].from), 2000);
    cr_expect_eq(reading.marks[0].sentence, 1);
    same(&reading, 0, &second);
    read_until(&reading, &announcement, 100);
    cr_expect_not(reading.sound.more);
    cr_assert_eq(reading.mark_count, 3);
    cr_expect_eq(reading.marks[2].sentence, 3);
    cr_expect(reading_is_said(&reading, reading.marks[2].end));
    sound_clear(&second);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

Test(reading, interrupted_in_a_pause_it_goes_on_with_the_next_sentence)
{
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(1);
    struct reading reading = {0};
    cr_assert_eq(reading_start(&reading, &style, &announcement, NULL), LT_DONE);
    read_until(&reading, &announcement, 2);
    size_t heard = reading.marks[1].end + 10; // the third is not made yet
    cr_expect_eq(reading_sentence(&reading, heard), 2);
    reading_rest(&reading);
    cr_assert_eq(reading_resume(&reading, &style, heard, NULL), LT_DONE);
    cr_expect_eq(reading.mark_count, 0);
    read_until(&reading, &announcement, 100);
    cr_assert_eq(reading.mark_count, 2);
    cr_expect_eq(reading.marks[0].sentence, 2);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

Test(reading, interrupted_in_its_chime_or_its_lead_in_it_loses_nothing)
{
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(1);
    struct reading reading = {0};
    cr_assert_eq(reading_start(&reading, &style, &announcement, NULL), LT_DONE);
    read_until(&reading, &announcement, 1);
    size_t whole = reading.sound.count;
    cr_assert_eq(reading_resume(&reading, &style, SOUND_RATE, NULL), LT_DONE);
    cr_expect_eq(reading.sound.count, whole, "all of it again");
    cr_assert_eq(reading_resume(&reading, &style, reading.marks[0].from + 1, NULL), LT_DONE);
    whole = reading.sound.count;
    cr_assert_eq(reading_resume(&reading, &style, 100, NULL), LT_DONE);
    cr_expect_eq(reading.sound.count, whole, "one lead-in is enough");
    cr_expect_eq(reading.marks[0].sentence, 0);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

// A quarter of an hour in six zones would else be six times in memory, and the station ended by its unit's bound.
Test(reading, interrupted_it_does_not_become_too_long_by_the_bell_that_leads_in)
{
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(1);
    struct reading reading = {0};
    announcement.has_chime = false;
    cr_assert_eq(reading_start(&reading, &style, &announcement, NULL), LT_DONE);
    read_until(&reading, &announcement, 100);
    style.longest = reading.sound.count;
    for (int i = 0; i < 3; i++) {
        size_t heard = reading.marks[0].from + 1;
        cr_assert_eq(reading_resume(&reading, &style, heard, NULL), LT_DONE);
    }
    cr_expect_eq(reading.mark_count, 4);
    reading_clear(&reading);
    announcement_clear(&announcement);
}

Test(reading, two_that_say_the_same_have_its_samples_once_and_each_round_has_too)
{
    struct speeches speeches = {0};
    struct render_style style = style_of();
    struct announcement announcement = announcement_of(2);
    struct reading one = {0}, other = {0};
    style.speeches = &speeches;
    cr_assert_eq(reading_start(&one, &style, &announcement, NULL), LT_DONE);
    cr_assert_eq(reading_start(&other, &style, &announcement, NULL), LT_DONE);
    while (one.sound.more || other.sound.more) {
        struct pollfd wait = {.fd = reading_fd(&one), .events = POLLIN};
        if (wait.fd >= 0)
            poll(&wait, 1, 1000);
        cr_assert_neq(reading_turn(&one, &style, &announcement, 0, NULL), READING_FAILED);
        cr_assert_neq(reading_turn(&other, &style, &announcement, 0, NULL), READING_FAILED);
    }
    cr_assert_eq(one.mark_count, 8);
    cr_assert_eq(other.mark_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct leaf *first = sound_piece_at(&one.sound, one.marks[i % 4].from)->leaf;
        cr_expect(first);
        cr_expect_eq(sound_piece_at(&one.sound, one.marks[i].from)->leaf, first);
        cr_expect_eq(sound_piece_at(&other.sound, other.marks[i].from)->leaf, first);
    }
    reading_clear(&one);
    reading_clear(&other);
    speeches_clear(&speeches);
    announcement_clear(&announcement);
}
