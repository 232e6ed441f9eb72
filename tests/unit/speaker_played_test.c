// The play log: whole lines whatever happens to it.
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/json.h>
#include <lienthon/settings/file.h>

#include "played.h"

static char folder[64], path[128], old_path[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/lt-played-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/played.jsonl", folder);
    snprintf(old_path, sizeof old_path, "%s/played.jsonl.1", folder);
}

static void remove_folder(void)
{
    unlink(path);
    unlink(old_path);
    rmdir(folder);
}

TestSuite(played, .init = make_folder, .fini = remove_folder);

static const struct played usual = {.file = "20261128-170000",
                                    .from = "van-phong",
                                    .id = "0192",
                                    .zone = "loa.an-thuong.01",
                                    .output = "card file",
                                    .how = "whole",
                                    .why = "",
                                    .priority = 1,
                                    .arrived = 1,
                                    .begun = 2,
                                    .ended = 3,
                                    .heard_ms = 1234,
                                    .sentence = 1,
                                    .upto = 2,
                                    .of = 2};

static struct lt_buffer content_of(const char *file)
{
    struct lt_buffer text = {.max = 4 << 20};
    cr_assert_eq(lt_file_read(file, &text, NULL), LT_DONE);
    cr_assert(lt_buffer_add(&text, "", 1));
    return text;
}

static size_t lines_of(const char *file)
{
    struct lt_buffer text = content_of(file);
    size_t lines = 0;
    for (const char *at = (const char *)text.data; (at = strchr(at, '\n')); at++)
        lines++;
    cr_expect_eq(text.data[text.size - 2], '\n', "the last line has its end");
    lt_buffer_clear(&text);
    return lines;
}

static void leave(const char *text)
{
    FILE *file = fopen(path, "a");
    cr_assert(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static void expect_written(const struct played *played)
{
    struct lt_error error = {0};
    cr_expect_eq(played_write(path, played, &error), LT_DONE, "%s", error.text);
}

Test(played, says_who_what_where_when_and_how_long)
{
    expect_written(&usual);
    struct lt_buffer text = content_of(path);
    cr_expect_str_eq(
        (const char *)text.data,
        "{\"file\":\"20261128-170000\",\"from\":\"van-phong\",\"id\":\"0192\",\"zone\":"
        "\"loa.an-thuong.01\",\"output\":\"card "
        "file\",\"priority\":1,\"arrived\":1,\"begun\":2,\"ended\":3,\"heard_ms\":1234,"
        "\"sentence\":1,\"upto\":2,\"of\":2,\"how\":\"whole\"}\n");
    lt_buffer_clear(&text);
}

Test(played, what_would_break_a_line_is_escaped)
{
    struct played odd = usual;
    struct lt_buffer body = {.max = 4096};
    odd.how = "not-heard";
    odd.why = "card \"hai\": mất\\tiếng\nvà hết";
    odd.zone = "a\"b";
    expect_written(&odd);
    cr_expect_eq(lines_of(path), 1);
    struct lt_buffer text = content_of(path);
    cr_expect(strstr((const char *)text.data, "card \\\"hai\\\": mất\\\\tiếng\\nvà hết"));
    cr_expect_eq(lt_json_to_body((struct lt_slice){text.data, text.size - 2}, NULL, &body, NULL),
                 LT_DONE);
    lt_buffer_clear(&body);
    lt_buffer_clear(&text);
}

Test(played, a_line_that_a_power_cut_has_left_half_is_ended_first)
{
    leave("{\"file\":\"2026");
    expect_written(&usual);
    expect_written(&usual);
    cr_expect_eq(lines_of(path), 3);
    struct lt_buffer text = content_of(path);
    cr_expect(strstr((const char *)text.data, "{\"file\":\"2026\n{\"file\":\"20261128"));
    lt_buffer_clear(&text);
}

Test(played, what_a_full_disk_takes_in_part_is_taken_back)
{
    struct lt_error error = {0};
    struct stat found;
    signal(SIGXFSZ, SIG_IGN);
    expect_written(&usual);
    cr_assert_eq(stat(path, &found), 0);
    struct rlimit before, full;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = (rlim_t)found.st_size + 20;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    cr_expect_eq(played_write(path, &usual, &error), LT_IO);
    cr_expect(strstr(error.text, path));
    cr_expect_eq(lines_of(path), 1);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect_written(&usual);
    cr_expect_eq(lines_of(path), 2);
}

Test(played, turns_over_at_a_mebibyte_and_keeps_the_one_before)
{
    char line[1001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 1049; i++)
        leave(line);
    expect_written(&usual);
    cr_expect_eq(lines_of(path), 1);
    cr_expect_eq(lines_of(old_path), 1049);
    for (int i = 0; i < 1049; i++)
        leave(line);
    expect_written(&usual);
    cr_expect_eq(lines_of(old_path), 1050, "in place of that");
    cr_expect_eq(lines_of(path), 1);
}

Test(played, what_cannot_be_a_line_leaves_the_log_as_it_is)
{
    struct played broken = usual;
    struct lt_error error = {0};
    expect_written(&usual);
    broken.why = "\xff";
    cr_expect_neq(played_write(path, &broken, &error), LT_DONE);
    cr_expect_eq(lines_of(path), 1);
    cr_expect_eq(played_write("/dev/null/played.jsonl", &usual, &error), LT_IO);
}
