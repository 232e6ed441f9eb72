// Secrets that a settings file names and never holds.
#include <lienthon/settings/option.h>
#include <lienthon/settings/secret.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct named {
    char *secret;
    char folder[32], path[64], name[80];
};

static const struct lt_option named_options[] = {
    LT_OPTION_SECRET("token", struct named, secret, NULL, "The far side's token"), LT_OPTION_END};

static void write_secret(struct named *named, const char *text, mode_t mode)
{
    FILE *file = fopen(named->path, "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(named->path, mode), 0);
}

static void begin_named(struct named *named)
{
    *named = (struct named){.folder = "/tmp/lt-secret-XXXXXX"};
    cr_assert(mkdtemp(named->folder) != NULL);
    snprintf(named->path, sizeof named->path, "%s/token", named->folder);
    snprintf(named->name, sizeof named->name, "file:%s", named->path);
}

static void end_named(struct named *named)
{
    unlink(named->path);
    rmdir(named->folder);
    lt_options_clear(named_options, named);
}

Test(named_secret, a_value_in_its_place_is_refused_and_not_told)
{
    struct named named = {0};
    struct lt_error error = {0};
    const struct lt_option_set set = {named_options, &named};
    const enum lt_code code =
        lt_options_parse(lt_slice_of("token: EAAGm0PX4ZCpsBAxyz\n"), "a.yaml", &set, 1, &error);
    cr_expect_eq(code, LT_BAD_FILE);
    cr_expect(strncmp(error.text, "a.yaml:1:8: 'token'", 19) == 0, "%s", error.text);
    cr_expect(strstr(error.text, "file:PATH or credential:NAME") != NULL, "%s", error.text);
    cr_expect(strstr(error.text, "EAAG") == NULL, "%s", error.text);
    cr_expect_eq(lt_options_parse(lt_slice_of("token: file:keys/a\n"), "a.yaml", &set, 1, &error),
                 LT_DONE);
    cr_expect_str_eq(named.secret, "file:keys/a");
    lt_options_clear(named_options, &named);
}

Test(named_secret, is_read_from_a_file_that_its_owner_alone_reads)
{
    struct named named;
    struct lt_error error = {0};
    lt_secret *secret = NULL;
    begin_named(&named);
    write_secret(&named, "bí mật\n", 0600);
    cr_assert_eq(lt_secret_open(named.name, &secret, &error), LT_DONE, "%s", error.text);
    cr_expect(lt_slice_is(lt_secret_bytes(secret), "bí mật"));
    lt_secret_close(&secret);
    cr_assert_eq(chmod(named.path, 0644), 0);
    cr_expect_eq(lt_secret_open(named.name, &secret, &error), LT_BAD_FILE);
    cr_expect(strstr(error.text, "chmod 600") != NULL, "%s", error.text);
    write_secret(&named, "\n", 0600);
    cr_expect_eq(lt_secret_open(named.name, &secret, &error), LT_BAD_FILE);
    unlink(named.path);
    cr_expect_eq(lt_secret_open(named.name, &secret, &error), LT_NOT_FOUND);
    cr_expect(secret == NULL);
    end_named(&named);
}

Test(named_secret, a_pipe_in_its_place_is_refused_and_not_waited_for, .timeout = 10)
{
    struct named named;
    struct lt_error error = {0};
    lt_secret *secret = NULL;
    begin_named(&named);
    cr_assert_eq(mkfifo(named.path, 0600), 0);
    cr_expect_eq(lt_secret_open(named.name, &secret, &error), LT_BAD_FILE);
    cr_expect(strstr(error.text, "is no file") != NULL, "%s", error.text);
    cr_expect_null(secret);
    end_named(&named);
}

Test(named_secret, is_read_from_what_the_service_manager_has_laid_there)
{
    static const char *const wrong[] = {
        "token", "file:", "credential:", "credential:..", "credential:a/b", ""};
    struct named named;
    struct lt_error error = {0};
    lt_secret *secret = NULL;
    begin_named(&named);
    write_secret(&named, "mã", 0440);
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_expect_eq(lt_secret_open("credential:token", &secret, &error), LT_NOT_FOUND);
    cr_expect(strstr(error.text, "LoadCredential=token") != NULL, "%s", error.text);
    setenv("CREDENTIALS_DIRECTORY", named.folder, 1);
    cr_assert_eq(lt_secret_open("credential:token", &secret, &error), LT_DONE, "%s", error.text);
    cr_expect(lt_slice_is(lt_secret_bytes(secret), "mã"));
    lt_secret_close(&secret);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(lt_secret_open(wrong[i], &secret, &error), LT_BAD_USE, "%s", wrong[i]);
    }
    unsetenv("CREDENTIALS_DIRECTORY");
    end_named(&named);
}
