// Words in Vietnamese, and command lines.
#include <criterion/criterion.h>
#include <stdlib.h>

#include <arguments.h>
#include <cli.h>
#include <words.h>

static void assert_slug(const char *name, const char *wanted)
{
    char *slug = NULL;
    struct lt_error error = {0};
    cr_assert_eq(words_slug(name, &slug, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(slug, wanted);
    free(slug);
}

Test(words, a_slug_has_no_diacritics_and_no_kind_of_place)
{
    assert_slug("Xã An Thạnh 1", "an-thanh-1");
    assert_slug("xã Đức Hòa Đông", "duc-hoa-dong");
    assert_slug("Phường 12", "12");
    assert_slug("  Ấp -- Ngã  Bảy ", "ap-nga-bay");
    assert_slug("Xã", "xa");
    assert_slug("Ư Ử Ữ Ự Ợ", "u-u-u-u-o");
}

Test(words, nothing_is_no_slug)
{
    char *slug = NULL;
    cr_assert_eq(words_slug("!!!", &slug, NULL), LT_BAD_USE);
    cr_assert_eq(words_slug("\xFF", &slug, NULL), LT_BAD_USE);
    cr_assert_null(slug);
}

Test(words, text_comes_out_in_nfc)
{
    char *nfc = NULL;
    cr_assert_eq(words_nfc("A\xCC\x82\xCC\x81p", "text", &nfc, NULL), LT_DONE); // A ^ ´ p
    cr_assert_str_eq(nfc, "Ấp");
    free(nfc);
    cr_assert_eq(words_nfc("\xC3", "text", &nfc, NULL), LT_BAD_USE);
}

Test(words, a_list_is_read_item_by_item)
{
    const char *list = "loa, zalo,,feed";
    char item[8];
    cr_assert(words_next(&list, item, sizeof item));
    cr_assert_str_eq(item, "loa");
    cr_assert(words_next(&list, item, sizeof item));
    cr_assert_str_eq(item, "zalo");
    cr_assert(words_next(&list, item, sizeof item));
    cr_assert_str_eq(item, "feed");
    cr_assert_not(words_next(&list, item, sizeof item));
    const char *long_item = "mot-ten-qua-dai";
    cr_assert_not(words_next(&long_item, item, sizeof item));
}

static enum lt_code read(char **argv, struct arguments *arguments, const struct command **command,
                         struct lt_error *error)
{
    *arguments = (struct arguments){0};
    return arguments_read(argv, cli_commands, arguments, command, error);
}

Test(arguments, options_stand_anywhere_and_take_their_value_both_ways)
{
    char *argv[] = {"-C",   "xa",     "notice", "--to=an-thuong", "Họp", "--urgency",
                    "khan", "--json", NULL};
    struct arguments arguments;
    const struct command *command = NULL;
    struct lt_error error = {0};
    cr_assert_eq(read(argv, &arguments, &command, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(command->name, "notice");
    cr_assert_str_eq(arguments_value(&arguments, "folder"), "xa");
    cr_assert_str_eq(arguments_value(&arguments, "to"), "an-thuong");
    cr_assert_str_eq(arguments_value(&arguments, "urgency"), "khan");
    cr_assert(arguments_has(&arguments, "json"));
    cr_assert_eq(arguments.word_count, 1);
}

Test(arguments, behind_two_dashes_all_is_words)
{
    char *argv[] = {"notice", "--to", "an-thuong", "--", "--drill", NULL};
    struct arguments arguments;
    const struct command *command = NULL;
    cr_assert_eq(read(argv, &arguments, &command, NULL), LT_DONE);
    cr_assert_str_eq(arguments.words[0], "--drill");
    cr_assert_not(arguments_has(&arguments, "drill"));
}

Test(arguments, mistakes_are_told)
{
    static const struct {
        char *argv[4];
        const char *why;
    } cases[] = {
        {{"grants", "--alle", NULL}, "did you mean --all"},
        {{"grants", "--all=1", NULL}, "takes no value"},
        {{"notice", "Họp", "--to", NULL}, "wants a value"},
        {{"grants", "hai", NULL}, "one word too many"},
        {{"status", NULL}, "too few words"},
        {{"grants", "-x", NULL}, "options are written --name"},
        {{"grantz", NULL}, "did you mean 'grants'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arguments arguments;
        const struct command *command = NULL;
        struct lt_error error = {0};
        char *argv[4];
        memcpy(argv, cases[i].argv, sizeof argv);
        cr_assert_eq(read(argv, &arguments, &command, &error), LT_BAD_USE);
        cr_assert_not_null(strstr(error.text, cases[i].why), "%s", error.text);
    }
}

Test(arguments, a_number_is_whole_and_within_its_bounds)
{
    static char *const wrong[] = {"", "x", "4", "0", "1.5", "2x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *argv[] = {"notice", "Họp", "--repeat", wrong[i], NULL};
        struct arguments arguments;
        const struct command *command = NULL;
        long number = 0;
        cr_assert_eq(read(argv, &arguments, &command, NULL), LT_DONE);
        cr_assert_eq(arguments_number(&arguments, "repeat", 1, 3, 1, &number, NULL), LT_BAD_USE,
                     "'%s'", wrong[i]);
    }
}
