// Grants into the file that the hub reads at its start.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>
#include <lienthon/settings/folder.h>

#include <issue.h>

enum { COMMANDS = 6, EACH = 12, NOW = 1000000 };

static const uint8_t seed[LT_SEED_SIZE] = {1};

static bool keep_one(const char *path, int command, int number)
{
    char name[64];
    struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
    lt_signer *root = lt_signer_new(seed);
    snprintf(name, sizeof name, "loa.an-thuong.%d-%d", command, number);
    const struct lt_grant grant = {
        .principal = lt_slice_of(name),
        .name = lt_slice_of("Loa"),
        .role = lt_slice_of("speaker"),
        .serial = 1,
        .not_before = NOW,
        .expires = NOW + 1000,
    };
    const bool kept =
        issue_seal(root, lt_slice_of("root"), &grant, NOW, &sealed, NULL) == LT_DONE &&
        issue_keep(path, &sealed, 1, NULL) == LT_DONE;
    lt_buffer_clear(&sealed);
    lt_signer_destroy(&root);
    return kept;
}

static int count_in(const char *path)
{
    struct lt_buffer bytes = {.max = ISSUE_BUNDLE_MAX};
    struct lt_bundle bundle;
    struct lt_slice sealed;
    int count = 0;
    cr_assert_eq(lt_file_read(path, &bytes, NULL), LT_DONE);
    cr_assert_eq(lt_bundle_open(lt_buffer_slice(&bytes), &bundle, NULL), LT_DONE);
    while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
        count++;
    }
    lt_buffer_clear(&bytes);
    return count;
}

Test(issue, commands_that_keep_grants_at_once_lose_none)
{
    char folder[] = "/tmp/lienthon-issue-XXXXXX";
    char path[64];
    cr_assert(sodium_init() >= 0);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/grants.ltb", folder);
    for (int command = 0; command < COMMANDS; command++) {
        const pid_t pid = fork();
        cr_assert(pid >= 0);
        if (pid == 0) {
            int kept = 0;
            for (int i = 0; i < EACH; i++) {
                kept += keep_one(path, command, i);
            }
            _exit(kept == EACH ? 0 : 1);
        }
    }
    for (int command = 0; command < COMMANDS; command++) {
        int status = -1;
        cr_assert(wait(&status) > 0);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    cr_assert_eq(count_in(path), COMMANDS * EACH);
    unlink(path);
    rmdir(folder);
}
